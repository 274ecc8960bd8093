"""Frames of AWS HealthImaging's shape: every level from the shortest prefix, one byte less is an error."""

from __future__ import annotations

import numpy as np
import pytest

import htj2k
from images import ct_like, hard_edges, noise
from prefixes import as_healthimaging, check_prefixes, openjpeg_reduced

FRAMES = {
    "CT": ct_like((96, 130)),
    "signed, overshooting": hard_edges((65, 66), "i2"),
    "12 bits": (noise((70, 51), "u2", bits=12), {"bits_stored": 12}),
    "RGB": noise((41, 67, 3), "u1"),
    "RGB without transform": (noise((41, 67, 3), "u1"), {"color_transform": False}),
    "a column": noise((300, 1), "u1"),
    "precincts": (ct_like((300, 280)), {"precinct_sizes": [(128, 128), (256, 256)]}),
}


def pixels_and_options(frame):
    pixels, options = frame if isinstance(frame, tuple) else (frame, {})
    return pixels, {"num_decompositions": 3} | options


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
def test_every_level_from_its_prefix(frame):
    pixels, options = pixels_and_options(frame)
    codestream = htj2k.encode(pixels, **options)
    check_prefixes(codestream, pixels)
    boxed = as_healthimaging(codestream)
    info = htj2k.read_info(boxed)
    assert info.container == "jp2"
    assert not info.has_tlm
    assert [part.num_parts for part in info.tile_parts] == [0] * 4
    check_prefixes(boxed, pixels)


@pytest.mark.parametrize("pixels", [noise((120, 96), "u2"), noise((72, 136, 3), "u1"), hard_edges((64, 64), "u1")])
@pytest.mark.parametrize("color_transform", [None, False])
def test_openjpeg_decodes_the_same_levels(pixels, color_transform):
    codestream = htj2k.encode(pixels, num_decompositions=3, color_transform=color_transform)
    for reduce in range(4):
        assert np.array_equal(openjpeg_reduced(codestream, reduce), htj2k.decode(codestream, reduce=reduce))


def test_a_cut_box_header_and_main_header_are_told():
    boxed = as_healthimaging(htj2k.encode(ct_like((96, 130))))
    for n in range(1, htj2k.read_info(boxed).main_header[1]):
        with pytest.raises((htj2k.TruncatedError, htj2k.NotHTJ2KError)):
            htj2k.read_info(boxed[:n])
