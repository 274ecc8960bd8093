"""Frames shaped as AWS HealthImaging serves them, and what a prefix of any frame must decode to."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import PIL.Image
import pytest
from numpy.typing import NDArray

import htj2k
from oracle import checksums, pyramid
from streams import SOT, TLM, remove, segment, segments, wrap_in_boxes

SOT_SIZE = len(segment(SOT, bytes(8)))


def as_healthimaging(codestream: bytes) -> bytes:
    """In a JP2 file whose last box has length 0, without TLM, and no tile-part says how many there are (TNsot)."""
    while any(code == TLM for code, *_ in segments(codestream)):
        codestream = remove(codestream, TLM)
    data = bytearray(codestream)
    for part in htj2k.read_info(codestream).tile_parts:
        data[part.byte_range[0] + 11] = 0
    return wrap_in_boxes(bytes(data), length=0, brand=b"jp2 ")


def check_prefixes(stream: bytes, pixels: NDArray[Any]) -> None:
    """A lossless stream decodes from the shortest prefix that it promises, at every level, as `pixels` say."""
    info = htj2k.read_info(stream)
    levels = info.num_decompositions
    expected = pyramid(
        pixels, levels, bits_stored=info.components[0].bit_depth, color_transform=info.color_transform
    )
    stops = [resolution.byte_range[1] for resolution in info.resolutions]
    assert stops == sorted(set(stops))
    for resolution, stop, level in zip(info.resolutions, stops, expected, strict=True):
        reduce = resolution.reduce
        prefix = stream[:stop]
        decoded = htj2k.decode(prefix, reduce=reduce)
        assert decoded.dtype == level.dtype
        assert np.array_equal(decoded, level)
        assert np.array_equal(decoded, htj2k.decode(stream, reduce=reduce))
        with pytest.raises(htj2k.TruncatedError) as caught:
            htj2k.decode(prefix[:-1], reduce=reduce)
        assert caught.value.bytes_needed == stop
        assert caught.value.resolutions_complete == levels - reduce
    _check_promises(stream, stops)
    found = [(c.width, c.height, c.checksum) for c in htj2k.codestream_checksums(stream, decode_each_level=True)]
    assert found == checksums(
        pixels, levels, bits_stored=info.components[0].bit_depth, color_transform=info.color_transform
    )


def _check_promises(stream: bytes, stops: list[int]) -> None:
    """What is fetched already tells how much more to fetch: by TLM, or by the next SOT."""
    info = htj2k.read_info(stream)
    have = info.main_header[1]
    for r, stop in enumerate(stops[:-1]):
        known = htj2k.read_info(stream[: have + (2 if info.has_tlm else SOT_SIZE)])  # SOT ends the main header
        assert known.resolutions[r].byte_range is not None
        assert known.resolutions[r].byte_range[1] == stop
        have = stop


def openjpeg_reduced(codestream: bytes, reduce: int) -> NDArray[Any]:
    """OpenJPEG's own decode of a lower resolution, through Pillow: unsigned samples of 8 or 16 bits."""
    with PIL.Image.open(io.BytesIO(codestream)) as image:
        image.reduce = reduce
        return np.asarray(image)
