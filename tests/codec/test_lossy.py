"""Lossy codestreams: how far the samples may be off, clamping at both ends, and what has no bits left."""

from __future__ import annotations

import itertools
from typing import Any

import imagecodecs
import numpy as np
import pytest

import htj2k
from images import ct_like, noise
from oracle import decoded_dtype
from oracle_lossy import ICT_GAIN, low_pass_2d, tolerance

DEPTHS = [*range(1, 17), 17, 20, 24, 28, 31, 32]
STEPS = [1e-5, 1e-3, 0.01, 0.05, 0.3]
# Lengths around every number of rows that a level can have: one, two, odd, even, beyond a codeblock.
LENGTHS = [1, 2, 3, 4, 5, 8, 9, 17, 33, 65, 70]


def sample_range(bits: int, sign: str) -> tuple[int, int]:
    low = -(1 << bits - 1) if sign == "i" else 0
    return low, low + (1 << bits) - 1


def largest_error(decoded: Any, pixels: Any) -> float:
    return float(np.abs(decoded.astype(np.float64) - pixels).max())


def extremes(shape: tuple[int, ...], bits: int, sign: str, seed: int = 1) -> np.ndarray:
    """Samples at the ends of the range only: the most that a transform can overshoot."""
    low, high = sample_range(bits, sign)
    return (
        np.random.default_rng(seed).choice(np.array([low, high]), shape).astype(decoded_dtype(bits, sign == "i"))
    )


@pytest.mark.parametrize("bits", DEPTHS)
@pytest.mark.parametrize("sign", ["u", "i"])
def test_error_is_bounded_at_every_depth_and_nothing_wraps(bits: int, sign: str) -> None:
    levels, dtype = 3, decoded_dtype(bits, sign == "i").str
    for step in STEPS:
        for pixels in (noise((64, 50), dtype, bits=bits), extremes((64, 50), bits, sign)):
            decoded = htj2k.decode(htj2k.encode(pixels, qstep=step, bits_stored=bits, num_decompositions=levels))
            assert decoded.dtype == pixels.dtype
            low, high = sample_range(bits, sign)
            assert low <= decoded.min()
            assert decoded.max() <= high
            assert largest_error(decoded, pixels) <= tolerance(bits, step, levels)


@pytest.mark.parametrize("bits", [b for b in DEPTHS if b <= 28])
@pytest.mark.parametrize("sign", ["u", "i"])
def test_clamps_at_reduced_sizes(bits: int, sign: str) -> None:
    """WP-03, WP-04: against the 9/7 low pass of the original.

    OpenJPH itself clamps lossy samples to the bit depth, but for those that round to the next integer above it.
    """
    levels, step = 3, 0.002
    pixels = np.kron(extremes((6, 7), bits, sign), np.ones((11, 13), "u1"))  # its edges overshoot at every level
    stream = htj2k.encode(pixels, qstep=step, bits_stored=bits, num_decompositions=levels)
    low, high = sample_range(bits, sign)
    exact = pixels.astype(np.float64)
    for reduce in range(levels + 1):
        decoded = htj2k.decode(stream, reduce=reduce)
        expected = np.clip(exact, low, high)
        assert largest_error(decoded, expected) <= tolerance(bits, step, levels, reduce=reduce)
        container = htj2k.decode(stream, reduce=reduce, clamp="container").astype(np.int64)
        assert np.array_equal(np.clip(container, low, high), decoded)
        assert low <= container.min()
        assert container.max() <= high + 1
        assert reduce == 0 or (exact.min() < low and exact.max() > high)  # or the test would show nothing
        exact = low_pass_2d(exact)


@pytest.mark.parametrize("levels", range(1, 7))
@pytest.mark.parametrize("step", [1 / 1024, 1 / 256, 1 / 32])
def test_error_is_bounded_for_small_tall_and_narrow_images(levels: int, step: float) -> None:
    """WP-07: levels of one or two rows, or of a single high-pass row."""
    for rows, columns in itertools.product(LENGTHS, LENGTHS):
        y, x = np.mgrid[0:rows, 0:columns]
        ripple = np.random.default_rng(rows * 71 + columns).integers(-3, 4, (rows, columns))
        pixels = (60 + x // 2 + y + ripple).astype(np.uint8)
        decoded = htj2k.decode(htj2k.encode(pixels, qstep=step, num_decompositions=levels))
        assert largest_error(decoded, pixels) <= tolerance(8, step, levels), (rows, columns)


@pytest.mark.parametrize("step", [0.001, 0.02])
@pytest.mark.parametrize("tile_size", [(1, 1), (1, 5), (3, 3), (5, 2), (7, 64)])
def test_error_is_bounded_in_tiles_that_start_at_odd_coordinates(tile_size: tuple[int, int], step: float) -> None:
    for pixels in (extremes((22, 23), 8, "u"), noise((22, 23), "i2")):
        stream = htj2k.encode(pixels, qstep=step, num_decompositions=4, tile_size=tile_size)
        bits = 8 * pixels.dtype.itemsize
        assert largest_error(htj2k.decode(stream), pixels) <= tolerance(bits, step, 4)


@pytest.mark.parametrize("bits", [8, 12, 16, 24])
@pytest.mark.parametrize("color_transform", [True, False])
def test_error_of_colors_is_bounded(bits: int, color_transform: bool) -> None:
    gain = ICT_GAIN if color_transform else 1
    for step, pixels in itertools.product(
        STEPS, (noise((40, 41, 3), "u4", bits=bits), extremes((40, 41, 4), bits, "u"))
    ):
        stream = htj2k.encode(pixels, qstep=step, bits_stored=bits, color_transform=color_transform)
        assert largest_error(htj2k.decode(stream), pixels) <= tolerance(bits, step, 1, gain=gain)


@pytest.mark.parametrize("bits", [8, 12, 16])
def test_openjpeg_decodes_lossy_alike(bits: int) -> None:
    dtype = decoded_dtype(bits, False).str
    shapes = [(1, 1), (1, 9), (2, 2), (3, 70), (70, 2), (17, 33), (96, 80), (33, 34, 3)]
    for shape, step in itertools.product(shapes, [1 / 1024, 1 / 100]):
        pixels = noise(shape, dtype, bits=bits) // 2 + (1 << bits - 2)
        stream = htj2k.encode(pixels, qstep=step, bits_stored=bits, num_decompositions=3)
        other = imagecodecs.jpeg2k_decode(stream).reshape(shape)
        # Both compute in 32-bit floats, in another order.
        assert largest_error(htj2k.decode(stream), other) <= (2 if bits == 16 else 1), shape


def test_bright_noise_stays_bright() -> None:
    """WP-03: a peer's decode has black pixels here."""
    rng = np.random.default_rng(3)
    pixels = np.clip(240 + rng.integers(-15, 16, (128, 128)), 0, 255).astype(np.uint8)
    for step in (0.005, 0.02, 0.05):
        assert htj2k.decode(htj2k.encode(pixels, qstep=step)).min() >= 225 - 2 * 256 * step


@pytest.mark.parametrize("levels", [0, 1, 5])
@pytest.mark.parametrize("step", [1e-5, 0.01, 1.0])
def test_constant_one_bit_and_bool_images(levels: int, step: float) -> None:
    for bits, value in itertools.product([1, 2, 8, 16, 32], [0, 1]):
        dtype = decoded_dtype(bits, False)
        pixels = np.full((20, 30), (2**bits - 1) * value, dtype)
        decoded = htj2k.decode(htj2k.encode(pixels, qstep=step, bits_stored=bits, num_decompositions=levels))
        assert largest_error(decoded, pixels) <= tolerance(bits, step, levels)
    mask = noise((20, 30), "u1", bits=1).astype(bool)
    decoded = htj2k.decode(htj2k.encode(mask, qstep=0.01, num_decompositions=levels))
    assert np.array_equal(decoded, mask)


@pytest.mark.parametrize(
    ("bits", "options"),
    [
        (16, {"qstep": 1e-5, "num_decompositions": 14}),
        (16, {"qstep": 1e-3, "num_decompositions": 20}),
        (8, {"qstep": 1.0, "num_decompositions": 32}),
        (16, {"reversible": False, "num_decompositions": 14}),
        (32, {"qfactor": 100}),
        (16, {"qfactor": 100, "num_decompositions": 14}),
        (8, {"qfactor": 1, "num_decompositions": 32}),
    ],
)
@pytest.mark.parametrize("components", [1, 3])
def test_steps_that_the_codestream_cannot_hold_are_refused(bits: int, options: Any, components: int) -> None:
    """OpenJPH would write other exponents than it means, and crash or show grey."""
    with pytest.raises(ValueError, match="steps below 2\\^-30 of the range"):
        htj2k.encode(noise((30, 31, components), "u4", bits=bits), bits_stored=bits, **options)


@pytest.mark.parametrize("bits", [1, 8, 16, 24])
@pytest.mark.parametrize("components", [1, 3])
def test_every_number_of_levels_that_is_accepted_decodes(bits: int, components: int) -> None:
    pixels = noise((34, 33, components), "u4", bits=bits)
    for quality in ({"qstep": s} for s in (1e-5, 3e-5, 1e-3, 1.0)):
        for levels in range(33):
            try:
                stream = htj2k.encode(pixels, bits_stored=bits, num_decompositions=levels, **quality)
            except ValueError:
                assert levels > 12
                break
            expected = pixels if components > 1 else pixels[..., 0]
            gain = ICT_GAIN if components > 1 else 1
            error = largest_error(htj2k.decode(stream), expected)
            assert error <= tolerance(bits, quality["qstep"], levels, gain=gain)
        else:
            pytest.fail("32 levels are never possible")


@pytest.mark.parametrize("components", [1, 3])
def test_qfactor_is_monotone(components: int) -> None:
    pixels = noise((64, 64, components), "u1", bits=6) * 4
    streams = [htj2k.encode(pixels, qfactor=q) for q in range(1, 101)]
    sizes = [len(s) for s in streams]
    errors = [np.square(htj2k.decode(s).reshape(pixels.shape).astype(float) - pixels).mean() for s in streams]
    # A step that is a little finer may happen to fit some samples worse.
    assert all(finer >= 0.99 * coarser for coarser, finer in itertools.pairwise(sizes))
    assert all(finer <= 1.02 * coarser for coarser, finer in itertools.pairwise(errors))
    assert errors[-1] < 1 < errors[49] < errors[0]


def test_qstep_is_monotone() -> None:
    pixels = ct_like((128, 120))
    steps = np.geomspace(1e-5, 1, 60)
    sizes = [len(htj2k.encode(pixels, qstep=float(step))) for step in steps]
    assert sizes == sorted(sizes, reverse=True)
