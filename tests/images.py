"""Seeded pixels for the tests."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

DTYPES = ("u1", "i1", "u2", "i2")
# One sample, single rows and columns, odd sizes, far from square, and around the default block size.
SHAPES = ((1, 1), (1, 2), (3, 1), (1, 77), (91, 1), (4096, 1), (37, 53), (64, 64), (65, 129), (200, 31))


def noise(shape: tuple[int, ...], dtype: str, seed: int = 1, bits: int | None = None) -> NDArray[Any]:
    """Incompressible samples over the whole range of `bits` (default: of the dtype)."""
    kind = np.dtype(dtype)
    width = bits or 8 * kind.itemsize
    low = -(2 ** (width - 1)) if kind.kind == "i" else 0
    return np.random.default_rng(seed).integers(low, low + 2**width, shape).astype(kind)


def ct_like(shape: tuple[int, int] = (512, 512), seed: int = 1) -> NDArray[np.int16]:
    """A body of soft tissue with bone and noise in air, in Hounsfield units."""
    rows, columns = shape
    y, x = np.mgrid[0:rows, 0:columns]
    r = np.hypot((y - rows / 2) / (0.42 * rows), (x - columns / 2) / (0.46 * columns))
    body = np.where(r < 1, 40 + 60 * np.sin(x / 23) * np.cos(y / 31), -1000)
    bone = np.hypot((y - rows * 0.7) / (0.08 * rows), (x - columns / 2) / (0.07 * columns)) < 1
    hounsfield = np.where(bone, 900, body) + np.random.default_rng(seed).normal(0, 12, shape)
    return np.round(hounsfield).clip(-1024, 3071).astype(np.int16)


def hard_edges(shape: tuple[int, int], dtype: str) -> NDArray[Any]:
    """The pattern whose 5/3 low pass overshoots most: samples at both ends of the range."""
    info = np.iinfo(dtype)
    row = np.array([info.max, info.max, info.min, info.max], dtype)
    return np.resize(row, shape[::-1][0:1])[None, :].repeat(shape[0], axis=0)
