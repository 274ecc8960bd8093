"""Lossless is lossless: whole ranges, incompressible data, extremes, every depth and number of levels."""

from __future__ import annotations

import itertools
import time
from typing import Any

import numpy as np
import pytest

import htj2k
from htj2k.errors import UnsupportedError
from images import noise
from lossless import MAX_REDUCED_BITS, check_decodes, check_lossless, encodes_natively
from oracle import decoded_dtype

SIGNS = ["u", "i"]


def ends(bits: int, sign: str) -> tuple[int, int]:
    low = -(1 << bits - 1) if sign == "i" else 0
    return low, low + (1 << bits) - 1


def checkerboard(shape: tuple[int, int], bits: int, sign: str) -> np.ndarray:
    y, x = np.mgrid[: shape[0], : shape[1]]
    return np.where((y + x) % 2, *ends(bits, sign)).astype(decoded_dtype(bits, sign == "i"))


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2"])
def test_full_ramps(dtype: str) -> None:
    """WP-01: every code that the dtype has."""
    low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    side = 1 << 4 * np.dtype(dtype).itemsize
    ramp = np.arange(low, high + 1).astype(dtype).reshape(side, side)
    check_lossless(ramp)
    check_lossless(np.ascontiguousarray(ramp.T))
    check_lossless(np.random.default_rng(1).permutation(ramp.ravel()).reshape(side, side))


def test_negative_samples_of_the_recipe() -> None:
    check_lossless(np.array([[100, -1], [200, -32768]], np.int16))


@pytest.mark.parametrize("bits", [24, 32])
@pytest.mark.parametrize("sign", SIGNS)
def test_ramps_of_wide_samples(bits: int, sign: str) -> None:
    low, high = ends(bits, sign)
    dtype = decoded_dtype(bits, sign == "i")
    ramp = np.linspace(low, high, 64 * 64).astype(np.int64)
    special = [low, low + 1, -1, 0, 1, high - 1, high, (low + high) // 2]
    ramp[: len(special)] = np.clip(special, low, high)
    assert {ramp.min(), ramp.max()} == {low, high}
    check_lossless(ramp.reshape(64, 64).astype(dtype), bits_stored=bits)


@pytest.mark.parametrize("bits", range(1, 33))
@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("components", [1, 3])
def test_every_depth(bits: int, sign: str, components: int) -> None:
    """WP-02: noise over the whole range, and its ends only; with RCT, which needs a bit more."""
    dtype = decoded_dtype(bits, sign == "i").str
    check_lossless(noise((37, 45, components), dtype, bits=bits), bits_stored=bits, num_decompositions=3)
    rng = np.random.default_rng(bits)
    check_lossless(rng.choice(ends(bits, sign), (37, 45, components)).astype(dtype), bits_stored=bits)


@pytest.mark.parametrize("levels", range(1, 33))
@pytest.mark.parametrize("color_transform", [True, False])
def test_every_number_of_levels(levels: int, color_transform: bool) -> None:
    for bits, sign in itertools.product((8, 16, 25, 28, 29, 31, 32), SIGNS):
        pixels = noise((35, 21, 3), decoded_dtype(bits, sign == "i").str, bits=bits)
        check_lossless(pixels, bits_stored=bits, num_decompositions=levels, color_transform=color_transform)


@pytest.mark.parametrize("bits", range(2, 33))
@pytest.mark.parametrize("sign", SIGNS)
def test_no_levels_at_every_depth(bits: int, sign: str) -> None:
    """Lossless, or refused by OpenJPH's encoder where a sample is the range's minimum."""
    low, high = ends(bits, sign)
    dtype = decoded_dtype(bits, sign == "i")
    pixels = np.random.default_rng(bits).integers(low + 1, high + 1, (20, 31)).astype(dtype)
    options = {"bits_stored": bits, "num_decompositions": 0}
    if (bits, sign) == (32, "u"):  # OpenJPH has no code for any of them
        with pytest.raises(ValueError, match="num_decompositions=0 is not lossless for these pixels"):
            htj2k.encode(pixels, **options)
        return
    check_lossless(pixels, **options)
    pixels[11, 17] = low
    if encodes_natively(pixels, **options):
        check_lossless(pixels, **options)
        return
    with pytest.raises(ValueError, match=rf"pixels\[11, 17\] is {low} "):
        htj2k.encode(pixels, **options)


@pytest.mark.parametrize("components", [1, 2, 3, 4])
def test_no_levels_of_one_bit(components: int) -> None:
    """OpenJPH's encoder lacks a bit, which only the component transform adds; ours adds it itself."""
    pixels = noise((8, 9, components), "u1", bits=1).astype(bool)
    if components == 3 or encodes_natively(pixels):
        check_lossless(pixels, num_decompositions=0)
    else:
        with pytest.raises(ValueError, match="no bits for samples of 1 bit"):
            htj2k.encode(pixels, num_decompositions=0)


@pytest.mark.parametrize("bits", range(MAX_REDUCED_BITS + 1, 33))
@pytest.mark.parametrize("sign", SIGNS)
def test_reduced_sizes_beyond_28_bits_are_refused(bits: int, sign: str) -> None:
    pixels = checkerboard((40, 41), bits, sign)
    stream = htj2k.encode(pixels, bits_stored=bits, num_decompositions=3)
    for reduce in (1, 2, 3):
        for decode in (htj2k.decode, htj2k.decode_partial, htj2k.decode_with_checksum):
            with pytest.raises(UnsupportedError, match=f"{bits} bits decode at full size only"):
                decode(stream, reduce=reduce)
    assert np.array_equal(htj2k.decode(stream), pixels)


@pytest.mark.parametrize("bits", [8, 16, 24, 32])
@pytest.mark.parametrize("sign", SIGNS)
def test_incompressible_noise(bits: int, sign: str) -> None:
    """WP-10: coefficients that use all their bits."""
    pixels = noise((512, 512), decoded_dtype(bits, sign == "i").str, bits=bits)
    stream = check_lossless(pixels, bits_stored=bits)
    assert len(stream) > 512 * 512 * bits // 8


@pytest.mark.parametrize("bits", [1, 8, 12, 16, 24, 28, 32])
@pytest.mark.parametrize("sign", SIGNS)
def test_checkerboards(bits: int, sign: str) -> None:
    """WP-10: the largest coefficients that there are."""
    for shape in ((64, 64), (67, 129)):
        board = checkerboard(shape, bits, sign)
        stripes = np.ascontiguousarray(np.broadcast_to(board[:1], shape))
        columns = np.ascontiguousarray(np.broadcast_to(board[:, :1], shape))
        for pixels in (board, board[:, ::-1], stripes, columns):
            check_lossless(pixels, bits_stored=bits, num_decompositions=2)


@pytest.mark.parametrize("dtype", ["u1", "u2", "i2", "i4"])
def test_an_impulse_at_every_position_of_a_codeblock(dtype: str) -> None:
    """WP-10: each subband is one codeblock of 64x64; diagonal neighbours fall into the four of them in turn."""
    info = np.iinfo(dtype)
    pixels = np.full((128, 128), info.min, dtype)
    for row, column in np.ndindex(64, 64):
        at = (2 * row + column % 2, 2 * column + row % 2)
        pixels[at] = info.max
        stream = htj2k.encode(pixels, num_decompositions=1)
        if not np.array_equal(htj2k.decode(stream), pixels):
            pytest.fail(f"impulse at {at}")
        pixels[at] = info.min


@pytest.mark.parametrize("dtype", ["u1", "i2"])
def test_openjpeg_reads_an_impulse_at_every_position_of_a_codeblock(dtype: str) -> None:
    """4096 codeblocks of each subband side by side; in block (i, j) of the image the impulse is at (i, j)."""
    info = np.iinfo(dtype)
    pixels = np.full((64, 64, 64, 64), info.min, dtype)  # block and sample of rows, of columns
    row, column = np.mgrid[:64, :64]
    pixels[row, row, column, column] = info.max
    pixels = pixels.reshape(4096, 4096)
    check_decodes(htj2k.encode(pixels, num_decompositions=1, block_size=(32, 32)), pixels)


@pytest.mark.parametrize("bits", [1, 2, 8, 9, 16, 17, 24, 25, 28, 29, 31, 32])
@pytest.mark.parametrize("sign", SIGNS)
def test_extremes_in_images_of_a_few_samples(bits: int, sign: str) -> None:
    """Small sizes have levels of one sample, which passes unchanged or doubled (T.800 F.4.6)."""
    low, high = ends(bits, sign)
    dtype = decoded_dtype(bits, sign == "i")
    for rows, columns in itertools.product(range(1, 10), range(1, 10)):
        y, x = np.mgrid[:rows, :columns]
        for pattern in (y * 0, y * 0 + 1, y + x, y + x + 1, y, x):
            pixels = np.where(pattern % 2, low, high).astype(dtype)
            color = np.stack([pixels, low + high - pixels.astype(np.int64), pixels], -1).astype(dtype)
            for levels, image in itertools.product((1, 2, 5), (pixels, color)):
                stream = htj2k.encode(image, bits_stored=bits, num_decompositions=levels)
                assert np.array_equal(htj2k.decode(stream), image), (rows, columns, levels)


@pytest.mark.parametrize(("bits", "sign"), [(1, "u"), (8, "u"), (16, "i"), (32, "i")])
def test_extremes_in_small_tiles(bits: int, sign: str) -> None:
    """Tiles that start at odd coordinates, of one sample, row or column: lossless, or refused."""
    dtype = decoded_dtype(bits, sign == "i")
    tiles = ((1, 2), (2, 1), (3, 1), (2, 2), (3, 3), (5, 3))
    for tile_size, rows, columns in itertools.product(tiles, range(1, 8), range(1, 8)):
        y, x = np.mgrid[:rows, :columns]
        for pattern in (y * 0, y + x, y + x + 1, y, x):
            pixels = np.where(pattern % 2, *ends(bits, sign)[::-1]).astype(dtype)
            for levels in (1, 3):
                options = {"bits_stored": bits, "num_decompositions": levels, "tile_size": tile_size}
                try:
                    stream = htj2k.encode(pixels, **options)
                except ValueError as e:
                    assert "single sample at odd coordinates" in str(e) or bits == 1  # noqa: PT017
                    assert bits == 1 or rows % tile_size[0] == columns % tile_size[1] == 1 or 1 in tile_size
                    continue
                assert np.array_equal(htj2k.decode(stream), pixels), (tile_size, pixels)


def filter_signs(length: int, level: int, *, first: bool) -> np.ndarray[Any, Any]:
    """Signs of the samples' weights in the first or middle coefficient of a high band: what makes it largest."""
    x = np.eye(length)
    for _ in range(level):
        n = len(x)
        right = np.abs((n - 1) - np.abs((n - 1) - (2 * np.arange(n // 2) + 2)))
        high = x[1::2] - (x[0 : n - n % 2 : 2] + x[right]) / 2
        around = np.arange((n + 1) // 2)
        x = x[::2] + (high[np.maximum(around - 1, 0)] + high[np.minimum(around, n // 2 - 1)]) / 4
    return np.sign(high[0 if first else len(high) // 2])


@pytest.mark.parametrize("bits", [1, 2, 3, 4, 5, 8, 11, 12, 13, 16, 24])
@pytest.mark.parametrize("level", range(1, 7))
def test_the_largest_coefficients(bits: int, level: int) -> None:
    """Images with the signs of a subband's filter; with few bits, what rounding adds can be too much."""
    low, high = ends(bits, "u")
    lengths = [n for n in (9, 23, 33, 64, 112) if n >> level - 1 >= 2]
    for rows, columns, sign, zero, first in itertools.product(lengths, lengths, (1, -1), (1, -1), (True, False)):
        weights = sign * np.outer(*(filter_signs(n, level, first=first) for n in (rows, columns)))
        pixels = np.where(np.where(weights == 0, zero, weights) > 0, high, low).astype(decoded_dtype(bits, False))
        for levels in (level, level + 1):
            try:
                stream = htj2k.encode(pixels, bits_stored=bits, num_decompositions=levels)
            except ValueError as e:
                assert bits == 1
                assert not encodes_natively(pixels, bits_stored=bits)
                assert f"1-bit samples with num_decompositions={levels} are not lossless" in str(e)  # noqa: PT017
                continue
            assert np.array_equal(htj2k.decode(stream), pixels)


@pytest.mark.parametrize("bits", [10, 11, 12, 23])
@pytest.mark.parametrize("levels", [1, 2, 5, 6])
def test_the_largest_coefficients_of_chroma(bits: int, levels: int) -> None:
    """The ends of the range, red and blue against green."""
    signs = np.outer(*[filter_signs(112, levels, first=False)] * 2)
    low, high = ends(bits, "u")
    for above in (signs > 0, signs < 0):
        planes = [np.where(side, high, low) for side in (above, ~above, above)]
        check_lossless(np.stack(planes, -1).astype("u4"), bits_stored=bits, num_decompositions=levels)


def test_one_bit_image_for_which_openjph_has_no_code() -> None:
    signs = np.outer(*[filter_signs(33, 3, first=True)] * 2)
    for pixels in (signs > 0, signs < 0):
        if encodes_natively(pixels):
            check_lossless(pixels, num_decompositions=4)
            continue
        with pytest.raises(ValueError, match="1-bit samples with num_decompositions=4 are not lossless"):
            htj2k.encode(pixels, num_decompositions=4)
        assert np.array_equal(htj2k.decode(htj2k.encode(pixels, num_decompositions=2)), pixels)


@pytest.mark.parametrize("dtype", ["u1", "u2", "i4", "u4"])
def test_tiles_of_a_single_row_or_column(dtype: str) -> None:
    """Lossless, or refused: at odd coordinates OpenJPH loses the top bit of some unsigned 32-bit samples."""
    rng = np.random.default_rng(1)
    for seed in range(1500):
        rows, columns, *tile = (int(n) for n in [*rng.integers(1, 12, 2), *rng.integers(1, 5, 2)])
        pixels = noise((rows, columns), dtype, seed)
        options = {"num_decompositions": int(rng.integers(1, 5)), "tile_size": tuple(tile)}
        try:
            stream = htj2k.encode(pixels, **options)
        except ValueError as e:
            assert not encodes_natively(pixels, **options)
            assert dtype == "u4" or pixels.min() == np.iinfo(dtype).min
            assert "of a single row or column" in str(e)  # noqa: PT017
            continue
        assert np.array_equal(htj2k.decode(stream), pixels), (rows, columns, tile)


def test_lost_sample_of_a_large_image_is_named() -> None:
    pixels = np.full((3000, 1000), 5, np.int32)
    pixels[2500, 7] = -(2**31)
    with pytest.raises(ValueError, match=r"pixels\[2500, 7\] is -2147483648 "):
        htj2k.encode(pixels, num_decompositions=0)


@pytest.mark.parametrize("bits", [1, 2, 8, 16])
def test_tiles_that_shrink_to_a_single_sample(bits: int) -> None:
    """Lossless, or refused: with one bit, what rounding adds and is then doubled can be too much."""
    rng = np.random.default_rng(bits)
    refused = 0
    for _ in range(4000):
        rows, columns, *tile = (int(n) for n in [*rng.integers(1, 30, 2), *rng.integers(2, 14, 2)])
        pixels = rng.choice(ends(bits, "u"), (rows, columns)).astype(decoded_dtype(bits, False))
        levels = int(rng.integers(1, 6))
        try:
            stream = htj2k.encode(pixels, bits_stored=bits, num_decompositions=levels, tile_size=tuple(tile))
        except ValueError as e:
            refused += "not lossless" in str(e)
            continue
        assert np.array_equal(htj2k.decode(stream), pixels), (tile, pixels)
    if encodes_natively(pixels, bits_stored=bits):
        assert refused == 0
    else:
        assert refused > 0 or bits > 1


@pytest.mark.parametrize("shape", [(1144, 31), (4096, 1), (1, 4096), (1, 1), (2, 1), (1, 3)])
@pytest.mark.parametrize("levels", [0, 1, 5, 6, 10, 32])
def test_every_aspect_and_number_of_levels_in_time(shape: tuple[int, int], levels: int) -> None:
    """WP-08: empty subbands neither hang nor disturb."""
    pixels = noise(shape, "u2").clip(1)  # as the minimum is refused without a level
    start = time.perf_counter()
    check_lossless(pixels, num_decompositions=levels)
    assert time.perf_counter() - start < 5


@pytest.mark.parametrize(
    ("shape", "dtype", "options"),
    [
        ((1024, 1024), "u2", {}),
        ((256, 256), "u4", {}),
        ((128, 128), "u1", {"block_size": (4, 4), "tile_size": (16, 16)}),
        ((64, 64), "i4", {"block_size": (4, 4), "tile_size": (8, 8)}),
        ((40, 4000), "i2", {"block_size": (1024, 4)}),
    ],
)
def test_codestreams_larger_than_the_image(shape: tuple[int, int], dtype: str, options: Any) -> None:
    """WP-16: no buffer of a guessed size."""
    pixels = noise(shape, dtype)
    assert len(check_lossless(pixels, **options)) > pixels.nbytes
