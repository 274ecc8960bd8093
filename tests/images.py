"""Seeded pixels for the tests."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from htj2k.bench.frames import ct as ct_like

__all__ = ["DTYPES", "SHAPES", "ct_like", "hard_edges", "noise"]

DTYPES = ("u1", "i1", "u2", "i2")
# One sample, single rows and columns, odd sizes, far from square, and around the default block size.
SHAPES = ((1, 1), (1, 2), (3, 1), (1, 77), (91, 1), (4096, 1), (37, 53), (64, 64), (65, 129), (200, 31))


def noise(shape: tuple[int, ...], dtype: str, seed: int = 1, bits: int | None = None) -> NDArray[Any]:
    """Incompressible samples over the whole range of `bits` (default: of the dtype)."""
    kind = np.dtype(dtype)
    width = bits or 8 * kind.itemsize
    low = -(2 ** (width - 1)) if kind.kind == "i" else 0
    return np.random.default_rng(seed).integers(low, low + 2**width, shape).astype(kind)


def hard_edges(shape: tuple[int, int], dtype: str) -> NDArray[Any]:
    """The pattern whose 5/3 low pass overshoots most: samples at both ends of the range."""
    info = np.iinfo(dtype)
    row = np.array([info.max, info.max, info.min, info.max], dtype)
    return np.resize(row, shape[::-1][0:1])[None, :].repeat(shape[0], axis=0)
