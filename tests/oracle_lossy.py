"""The irreversible 9/7 transform in plain numpy, as ITU-T T.800 Annex F writes it, and what follows from it: how
far a lossy decode can be from the original. In 64-bit floating point and apart from the C++, as oracle.py is.
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

# Table F.4: lifting parameters and the scaling factor.
ALPHA, BETA, GAMMA, DELTA, K = (
    -1.586134342059924,
    -0.052980118572961,
    0.882911075530934,
    0.443506852043971,
    1.230174104914001,
)
# What one unit in luma, Cb and Cr adds to R, G and B at most: the largest sum of a row of equations G-12 to G-14.
ICT_GAIN = 1 + 1.772


def _lift(x: Array, first: int, factor: float) -> None:
    """Add `factor` times both neighbours to every second sample, under whole-sample symmetric extension."""
    last = len(x) - 1
    index = np.arange(first, last + 1, 2)
    right = np.where(index == last, index - 1, np.minimum(index + 1, last))
    x[index] += factor * (x[np.abs(index - 1)] + x[right])


def low_pass(x: Array, axis: int) -> Array:
    """The low-pass half of 1D_SD (F.4.8.2) along an axis of a signal that starts at an even coordinate."""
    x = np.moveaxis(x, axis, 0).copy()
    if len(x) > 1:
        for first, factor in ((1, ALPHA), (0, BETA), (1, GAMMA), (0, DELTA)):
            _lift(x, first, factor)
        x = x[::2] / K
    return np.moveaxis(x, 0, axis)


def low_pass_2d(x: Array) -> Array:
    return low_pass(low_pass(x, 0), 1)


def synthesis(low: Array, high: Array) -> Array:
    """1D_SR (F.3.8.2) along the first axis."""
    x = np.empty((len(low) + len(high), *low.shape[1:]))
    x[::2], x[1::2] = low * K, high / K
    for first, factor in ((0, -DELTA), (1, -GAMMA), (0, -BETA), (1, -ALPHA)):
        _lift(x, first, factor)
    return x


@functools.cache
def gains(levels: int) -> tuple[Array, Array, Array, Array]:
    """For d = 1..levels: what errors of one in all samples of the low (high) band of level d can add up to in a
    sample of the image, and the Euclidean norm of the change that one such sample makes. One-dimensional.
    """
    n = 32 << levels  # long enough for the middle to be free of the ends
    found: list[list[float]] = []
    for d in range(1, levels + 1):
        count, middle = n >> d, (n >> d) // 2
        row = []
        for is_high in (False, True):
            band = np.zeros(count)
            band[middle] = 1
            zero = np.zeros(count)
            x = synthesis(zero, band) if is_high else synthesis(band, zero)
            for _ in range(d - 1):
                x = synthesis(x, np.zeros(len(x)))
            # Samples of the band are 2^d apart: folding one response sums those of all samples.
            row += [np.abs(x).reshape(-1, 1 << d).sum(0).max(), float(np.linalg.norm(x))]
        found.append(row)
    low_sum, low_norm, high_sum, high_norm = np.array(found).T
    return low_sum, low_norm, high_sum, high_norm


def error_bound(levels: int, reduce: int = 0) -> float:
    """Largest error of a sample, in units of qstep times the sample range, without a component transform.

    A coefficient is off by less than its step (T.800 E.1.1: the dead zone reaches that far). OpenJPH's step of a
    subband is qstep over the norm of the change that a coefficient makes, with 11 bits of mantissa.
    """
    if levels == 0:
        return 1.0
    if levels > 10:  # the steps of further levels are too small to matter
        return 1.01 * error_bound(10, reduce)
    low_sum, low_norm, high_sum, high_norm = gains(levels)
    base = np.r_[1, low_sum][levels - reduce] / low_norm[-1]
    # The bands of level d are as many levels below what is decoded as d is above `reduce`.
    low, high = low_sum[: levels - reduce] / low_norm[reduce:], high_sum[: levels - reduce] / high_norm[reduce:]
    return float(base**2 + np.sum(2 * low * high + high**2)) * (1 + 2.0**-11)


def tolerance(bits: int, step: float, levels: int, *, reduce: int = 0, gain: float = 1) -> float:
    """Largest error of a sample: the transform's bound, rounding to integers, and OpenJPH's 32-bit floats."""
    return 2.0**bits * (step * gain * error_bound(levels, reduce) + 2.0**-20) + 0.5


def error_bound_of_steps(steps: list[float], reduce: int = 0) -> float:
    """Largest error of a sample, of the steps of the subbands: LL, then HL, LH and HH from the base up."""
    levels = (len(steps) - 1) // 3
    low_sum, _, high_sum, _ = gains(levels)
    bound = np.r_[1, low_sum][levels - reduce] ** 2 * steps[0]
    for d in range(reduce + 1, levels + 1):
        hl, lh, hh = steps[1 + 3 * (levels - d) : 4 + 3 * (levels - d)]
        low, high = low_sum[d - reduce - 1], high_sum[d - reduce - 1]
        bound += low * high * (hl + lh) + high**2 * hh
    return float(bound)
