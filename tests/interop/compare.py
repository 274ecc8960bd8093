"""Decoded pixels against expected ones: the verdict, and what went wrong."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from cases import Case

Array = np.ndarray[Any, Any]


class Verdict(NamedTuple):
    """`state` is "exact", "unclamped", "differs", "refuses", "crashes", "hangs" or "cannot"."""

    state: str
    why: str = ""


def judge(decoded: Array, case: Case, reduce: int, tolerance: float = 0) -> Verdict:
    """Exact; within the bound, if lossy; exact but for clamping to the container instead of the depth; or not."""
    expected = case.expected(reduce)
    if decoded.shape != expected.shape:
        return Verdict("differs", "another shape: {} for {}".format(*(_size(a) for a in (decoded, expected))))
    values = decoded.astype(np.int64)
    if np.all(np.abs(values - expected) <= tolerance):
        return Verdict("exact")
    raw = case.expected(reduce, clamped=False)
    container = np.iinfo(case.samples.dtype)
    if np.all(np.abs(values - np.clip(raw, container.min, container.max)) <= tolerance):
        return Verdict("unclamped", "samples beyond the depth are kept")
    return Verdict("differs", _fault(values, expected, raw, case, tolerance))


def _fault(values: Array, expected: Array, raw: Array, case: Case, tolerance: float) -> str:
    bits = case.samples.bits
    low, high = case.samples.ends
    wrong = np.abs(values - expected) > tolerance
    if not np.any(wrong & (raw >= low + tolerance) & (raw <= high - tolerance)):
        return "samples beyond the range wrap"
    difference = values - np.round(expected).astype(np.int64)
    span = 1 << bits
    if np.all(np.abs((difference + span // 2) % span - span // 2) <= tolerance):
        return "sign lost" if case.samples.is_signed else "top bit taken for a sign"
    if np.all(np.abs(difference - (span >> 1)) <= tolerance):
        return "signed samples are shifted to unsigned ones"
    if np.all(np.abs(values - np.maximum(expected, 0)) <= tolerance):
        return "negative samples are lost"
    if values.ndim == 3 and np.array_equal(np.sort(values, None), np.sort(expected, None)):
        return "samples in other places"
    return f"{np.mean(wrong):.0%} of the samples are wrong"


def _size(pixels: Array) -> str:
    return "x".join(str(n) for n in pixels.shape)
