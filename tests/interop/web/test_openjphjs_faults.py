"""What Cornerstone's codec gets wrong, each with proof of what it does. When one is mended, its test fails."""

from __future__ import annotations

import zlib
from typing import Any

import imagecodecs
import numpy as np
import pytest
from numpy.typing import NDArray
from openjphjs import OpenJphJs

import htj2k
from images import ct_like, noise

Pixels = NDArray[Any]


def rows_by_component(pixels: Pixels) -> Pixels:
    """(components * rows, columns): all rows of the first component, then of the second, ..."""
    return np.moveaxis(pixels, -1, 0).reshape(-1, pixels.shape[1])


def rows_by_line(pixels: Pixels) -> Pixels:
    """(rows * components, columns): the first row of each component, then the second, ..."""
    return np.moveaxis(pixels, -1, 1).reshape(-1, pixels.shape[1])


@pytest.mark.parametrize("components", [2, 3, 4])
def test_components_without_transform_come_back_in_another_order(openjphjs: OpenJphJs, components: int) -> None:
    """It asks OpenJPH for one component after the other and takes the rows as if they alternated, both ways."""
    pixels = noise((37, 53, components), "u1")
    theirs = openjphjs.decode(htj2k.encode(pixels, color_transform=False))
    np.testing.assert_array_equal(rows_by_line(theirs), rows_by_component(pixels))
    ours = htj2k.decode(openjphjs.encode(pixels))
    np.testing.assert_array_equal(rows_by_component(ours), rows_by_line(pixels))


def test_negative_bytes_come_back_as_0(openjphjs: OpenJphJs) -> None:
    pixels = noise((64, 64), "i1")
    np.testing.assert_array_equal(openjphjs.decode(htj2k.encode(pixels)), pixels.clip(min=0))


def test_three_components_of_16_bits_are_encoded_from_the_wrong_samples(openjphjs: OpenJphJs) -> None:
    """All three are read as if the buffer held one: the samples of the first third of the lines, one by one."""
    pixels = noise((50, 61, 3), "u2")
    read = pixels.reshape(-1)[: 50 * 61].reshape(50, 61)
    decoded = htj2k.decode(openjphjs.encode(pixels, color_transform=True))
    np.testing.assert_array_equal(decoded, np.dstack([read] * 3))


def test_without_decompositions_a_bit_is_lost(openjphjs: OpenJphJs) -> None:
    """Its own decoder, ours and OpenJPEG find the same samples in the codestream, and they are not the image's."""
    pixels = noise((64, 64), "u1")
    data = openjphjs.encode(pixels, num_decompositions=0)
    decoded = htj2k.decode(data)
    np.testing.assert_array_equal(openjphjs.decode(data), decoded)
    np.testing.assert_array_equal(imagecodecs.jpeg2k_decode(data), decoded)
    assert not np.array_equal(decoded, pixels)


def test_more_than_16_bits_are_refused(openjphjs: OpenJphJs) -> None:
    with pytest.raises(RuntimeError, match="17 bits: the codec writes 16 at most"):
        openjphjs.decode(htj2k.encode(noise((8, 8), "u4", bits=17), bits_stored=17))


def test_cut_and_changed_codestreams_decode_without_an_error(openjphjs: OpenJphJs) -> None:
    """So a viewer needs the checksums; `verify` finds each of them."""
    pixels = ct_like()
    data = htj2k.encode(pixels)
    changed = bytearray(data)
    changed[len(data) // 2] ^= 0x10
    for bad in (data[: len(data) // 2], bytes(changed)):
        decoded = openjphjs.decode(bad)
        assert decoded.shape == pixels.shape
        assert zlib.crc32(decoded.tobytes()) != zlib.crc32(pixels.tobytes())
        assert not htj2k.verify(bad, htj2k.pixel_checksums(pixels)).ok


@pytest.mark.parametrize("data", [b"", b"\xff\x4f\xff\x51", htj2k.encode(ct_like())[:60]])
def test_unreadable_headers_are_errors_and_the_worker_goes_on(openjphjs: OpenJphJs, data: bytes) -> None:
    with pytest.raises(RuntimeError, match=r"error reading (SIZ|COD)"):
        openjphjs.decode(data)
    pixels = noise((9, 7), "u1")
    np.testing.assert_array_equal(openjphjs.decode(htj2k.encode(pixels)), pixels)
