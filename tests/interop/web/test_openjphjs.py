"""Cornerstone's codec under Node: our codestreams there, and theirs here.

Exact means: the original samples at full size, and numpy's 5/3 low pass of them (`oracle`) below; neither codec is
judged by the other.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from openjphjs import OpenJphJs
from viewer_frames import hard_edges_12_bits

import htj2k
import oracle
from images import ct_like, hard_edges, noise
from streams import wrap_in_boxes

Pixels = NDArray[Any]

# Samples and their bits.
IMAGES: dict[str, tuple[Pixels, int]] = {
    "ct": (ct_like(), 16),
    "int16-noise": (noise((65, 129), "i2"), 16),
    "int16-edges": (hard_edges((128, 96), "i2"), 16),
    "int12": (noise((77, 50), "i2", bits=12), 12),
    "uint16": (noise((200, 31), "u2"), 16),
    "uint12-edges": (hard_edges_12_bits(), 12),
    "uint9": (noise((37, 53), "u2", bits=9), 9),
    "uint8": (noise((64, 64), "u1"), 8),
    "uint8-edges": (hard_edges((96, 128), "u1"), 8),
    "uint1": (noise((40, 41), "u1", bits=1), 1),
    "row": (noise((1, 77), "u1"), 8),
    "column": (noise((91, 1), "i2"), 16),
    "sample": (noise((1, 1), "u2"), 16),
    "rgb8": (noise((101, 67, 3), "u1"), 8),
    "rgb8-edges": (np.dstack([hard_edges((96, 128), "u1")] * 2 + [noise((96, 128), "u1")]), 8),
    "rgb16": (noise((50, 61, 3), "u2"), 16),
    "rgb-signed": (noise((50, 61, 3), "i2", bits=11), 11),
}
OURS: dict[str, dict[str, Any]] = {
    "default": {},
    "jph": {"container": "jph"},
    "one tile-part, no TLM": {"tile_parts": "", "tlm": False},
    "7 levels": {"num_decompositions": 7},
    "LRCP": {"progression_order": "LRCP"},
    "RLCP": {"progression_order": "RLCP"},
    "PCRL": {"progression_order": "PCRL"},
    "CPRL": {"progression_order": "CPRL"},
    "blocks": {"block_size": (16, 256)},
    "precincts": {"precinct_sizes": [(128, 128), (256, 256)]},
}
THEIRS: dict[str, dict[str, Any]] = {
    "default": {},
    "as DICOM has it": {"num_decompositions": 2, "tlm": True, "tile_part_per_resolution": True},
    "LRCP": {"progression_order": "LRCP"},
    "RLCP": {"progression_order": "RLCP", "tile_part_per_resolution": True},
    "PCRL": {"progression_order": "PCRL"},
    "CPRL": {"progression_order": "CPRL"},
    "blocks": {"block_size": (32, 128)},
    "precincts": {"precinct_sizes": ((64, 128), (128, 256), (256, 512)), "num_decompositions": 2},
}


def pyramid(pixels: Pixels, data: bytes, bits: int, clamp: str) -> list[Pixels]:
    info = htj2k.read_info(data)
    options = {"bits_stored": bits, "color_transform": info.color_transform, "clamp": clamp}
    return oracle.pyramid(pixels, info.num_decompositions, **options)  # type: ignore[arg-type]


def assert_exact_there(openjphjs: OpenJphJs, data: bytes, pixels: Pixels, bits: int) -> None:
    levels = pyramid(pixels, data, bits, "container")
    for reduce, expected in enumerate(reversed(levels)):
        decoded = openjphjs.decode(data, reduce)
        assert decoded.dtype == expected.dtype
        np.testing.assert_array_equal(decoded, expected, err_msg=f"reduce={reduce}")
    np.testing.assert_array_equal(levels[-1], pixels)


@pytest.mark.parametrize("syntax", OURS)
@pytest.mark.parametrize("image", IMAGES)
def test_ours_decode_exactly_there(openjphjs: OpenJphJs, image: str, syntax: str) -> None:
    pixels, bits = IMAGES[image]
    assert_exact_there(openjphjs, htj2k.encode(pixels, bits_stored=bits, **OURS[syntax]), pixels, bits)


def test_frames_in_the_shape_of_healthimaging_decode_there(openjphjs: OpenJphJs) -> None:
    pixels, bits = IMAGES["ct"]
    data = wrap_in_boxes(htj2k.encode(pixels, tlm=False), brand=b"jp2 ")
    assert htj2k.read_info(data).container == "jp2"
    assert_exact_there(openjphjs, data, pixels, bits)


@pytest.mark.parametrize("image", ["ct", "uint12-edges", "rgb8"])
def test_each_resolution_decodes_there_from_its_bytes_alone(openjphjs: OpenJphJs, image: str) -> None:
    pixels, bits = IMAGES[image]
    data = htj2k.encode(pixels, bits_stored=bits)
    expected = pyramid(pixels, data, bits, "container")
    for resolution, level in zip(htj2k.read_info(data).resolutions, expected, strict=True):
        assert resolution.byte_range is not None
        decoded = openjphjs.decode(data[: resolution.byte_range[1]], resolution.reduce)
        np.testing.assert_array_equal(decoded, level)


def test_tiles_decode_exactly_there(openjphjs: OpenJphJs) -> None:
    pixels, bits = IMAGES["int12"]
    data = htj2k.encode(pixels, bits_stored=bits, tile_size=(40, 24), num_decompositions=2)
    rows = [np.vsplit(column, [40]) for column in np.hsplit(pixels, [24, 48])]
    tiles = [
        [oracle.pyramid(rows[x][y], 2, bits_stored=bits, clamp="container") for x in range(3)] for y in range(2)
    ]
    for reduce in range(3):
        expected = np.block([[tile[-1 - reduce] for tile in line] for line in tiles])
        np.testing.assert_array_equal(openjphjs.decode(data, reduce), expected)


def test_the_clamp_conventions_differ(openjphjs: OpenJphJs) -> None:
    """The codec clamps to the container; `verify` finds that out and says so."""
    pixels, bits = IMAGES["uint12-edges"]
    data = htj2k.encode(pixels, bits_stored=bits)
    theirs = openjphjs.decode(data, 1)
    np.testing.assert_array_equal(theirs, htj2k.decode(data, reduce=1, clamp="container"))
    np.testing.assert_array_equal(theirs.clip(max=4095), htj2k.decode(data, reduce=1, clamp="precision"))
    assert theirs.max() > 4095


# What the encoder gets right: one component of any bits but signed bytes, and three bytes with the transform.
ENCODED_THERE = [name for name, (pixels, _) in IMAGES.items() if pixels.ndim == 2] + ["rgb8", "rgb8-edges"]


@pytest.mark.parametrize("syntax", THEIRS)
@pytest.mark.parametrize("image", ENCODED_THERE)
def test_theirs_decode_exactly_here(openjphjs: OpenJphJs, image: str, syntax: str) -> None:
    pixels, bits = IMAGES[image]
    data = openjphjs.encode(pixels, bits_stored=bits, color_transform=pixels.ndim == 3, **THEIRS[syntax])
    expected = pyramid(pixels, data, bits, "precision")
    info = htj2k.read_info(data)
    assert info.components[0].bit_depth == bits
    for name in THEIRS[syntax].keys() - {"tlm", "tile_part_per_resolution"}:
        assert getattr(info, name) == THEIRS[syntax][name]
    for reduce, level in enumerate(reversed(expected)):
        decoded = htj2k.decode(data, reduce=reduce)
        assert decoded.dtype == level.dtype
        np.testing.assert_array_equal(decoded, level, err_msg=f"reduce={reduce}")
    np.testing.assert_array_equal(expected[-1], pixels)
    if syntax == "as DICOM has it" and min(pixels.shape[:2]) <= 256:
        assert info.check_htj2k_lossless_rpcl() == []
