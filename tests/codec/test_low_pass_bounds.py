"""Images that drive the low passes to the largest numbers they can reach, at the depths where integers are narrow.

The worst image for a linear filter has the extreme of the sign of every coefficient.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import htj2k
import oracle
from htj2k import _core
from images import noise
from streams import patch

SIZE, LEVELS = 256, 5
Matrix = npt.NDArray[np.float64]


def high(x: Matrix) -> Matrix:
    even, odd = x[::2], x[1::2]
    return odd - (even + np.vstack([even[1:], even[-1:]])) / 2


def low(x: Matrix) -> Matrix:
    h = high(x)
    return x[::2] + (np.vstack([h[:1], h[:-1]]) + h) / 4


def middle_signs(matrix: Matrix) -> npt.NDArray[np.bool_]:
    return matrix[len(matrix) // 2] > 0


def worst(level: int, vertical: bool) -> npt.NDArray[np.bool_]:
    """Where samples must be large for the largest sum of two high-pass samples at that level."""
    lows = np.eye(SIZE)
    for _ in range(level):
        lows = low(lows)
    highs = high(lows)
    pairs = highs[1:] + highs[:-1]
    across = lows if vertical else low(lows)  # columns are transformed first
    pattern = middle_signs(pairs)[:, None] == middle_signs(across)[None, :]
    return pattern if vertical else pattern.T


def check(pixels: npt.NDArray[Any], bits: int) -> None:
    color = pixels.ndim == 3
    options: dict[str, Any] = {"num_decompositions": LEVELS, "color_transform": color}
    expected = oracle.checksums(pixels, LEVELS, bits_stored=bits, color_transform=color)
    encoded = htj2k.encode_with_checksums(pixels, bits_stored=bits, **options)
    for found in (
        htj2k.pixel_checksums(pixels, bits_stored=bits, **options),
        htj2k.codestream_checksums(encoded.codestream),
        encoded.checksums,
    ):
        assert [(c.width, c.height, c.checksum) for c in found] == expected


@pytest.mark.parametrize("vertical", [True, False])
@pytest.mark.parametrize("level", range(LEVELS))
@pytest.mark.parametrize("bits", [11, 12, 13])
def test_one_component(bits: int, level: int, vertical: bool) -> None:
    pattern = worst(level, vertical)
    for large in (pattern, ~pattern):
        check(np.where(large, 2**bits - 1, 0).astype("u2"), bits)
        check(np.where(large, 2 ** (bits - 1) - 1, -(2 ** (bits - 1))).astype("i2"), bits)


@pytest.mark.parametrize("vertical", [True, False])
@pytest.mark.parametrize("level", range(LEVELS))
@pytest.mark.parametrize("bits", [8, 11, 12])
def test_color_differences(bits: int, level: int, vertical: bool) -> None:
    pattern = worst(level, vertical)
    for large in (pattern, ~pattern):
        green = np.where(large, 0, 2**bits - 1)
        others = np.where(large, 2**bits - 1, 0)
        check(np.stack([others, green, others], axis=2).astype("u1" if bits == 8 else "u2"), bits)


@pytest.mark.parametrize("value", [4096, 32767, 32768, 65535])
def test_the_range_of_samples_beyond_their_bits(value: int) -> None:
    pixels = np.zeros((5, 7), "u2")
    pixels[3, 2] = value
    assert _core.pixel_checksums(pixels, 12, 1, False, False)[1:] == (0, value)
    with pytest.raises(ValueError, match=rf"sample {value} at index \(3, 2\) does not fit in 12 bits"):
        htj2k.pixel_checksums(pixels, bits_stored=12)


def test_a_codestream_whose_samples_leave_their_declared_depth() -> None:
    """As anyone can make one: encoded as 16 bits, then SIZ says 12."""
    middle = 2**15 - 2**11  # what decodes as 0 when the middle of the range is said to be 2**11
    pixels = noise((SIZE, SIZE), "u2", bits=12) + np.uint16(middle)
    pixels[::7, ::5] = 65535  # decodes as more than an int16 holds
    stream = patch(htj2k.encode(pixels, num_decompositions=LEVELS), 0xFF51, 40, 12 - 1)  # Ssiz
    assert htj2k.read_info(stream).components[0].bit_depth == 12
    found = htj2k.codestream_checksums(stream)
    assert found == htj2k.codestream_checksums(stream, decode_each_level=True)
    assert [c.checksum for c in found] == [
        oracle.checksum(htj2k.decode(stream, reduce=LEVELS - r)) for r in range(LEVELS + 1)
    ]


def test_verifying_from_a_reduced_decode_whose_samples_leave_their_depth() -> None:
    pixels = np.where(worst(3, True), 4095, 0).astype("u2")
    encoded = htj2k.encode_with_checksums(pixels, bits_stored=12, num_decompositions=LEVELS)
    for reduce in range(LEVELS):
        got = htj2k.decode_verified(encoded.codestream, encoded.checksums, reduce=reduce)
        assert oracle.checksum(got) == encoded.checksums[LEVELS - reduce].checksum
