"""Seeded frames with the shapes, depths and statistics of the modalities.

They are the same on every machine, but for single samples where a library's sines round otherwise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[Any]
Shape = tuple[int, int]


@dataclass(frozen=True)
class Frame:
    """A frame that is made when it is needed."""

    make: Callable[[Shape, int], Pixels]  # (rows, columns), seed
    shape: Shape
    bits_stored: int

    def pixels(self, seed: int = 1) -> Pixels:
        """The samples, (rows, columns) or (rows, columns, 3)."""
        return self.make(self.shape, seed)


def _grid(shape: Shape) -> tuple[Pixels, Pixels]:
    """Row and column of each pixel, from -1 to 1, to be broadcast."""
    rows, columns = shape
    y = np.linspace(-1, 1, rows, dtype=np.float32)[:, None]
    return y, np.linspace(-1, 1, columns, dtype=np.float32)[None, :]


def _noise(shape: tuple[int, ...], seed: int, sigma: float) -> Pixels:
    return np.random.default_rng(seed).standard_normal(shape, np.float32) * np.float32(sigma)


def _rounded(values: Pixels, bits: int) -> Pixels:
    kind = np.uint8 if bits <= 8 else np.uint16
    return np.round(values).clip(0, (1 << bits) - 1).astype(kind)


def _within(y: Pixels, x: Pixels, height: float, width: float) -> Pixels:
    """Where an ellipse in the middle of the grid is."""
    inside: Pixels = (y / height) ** 2 + (x / width) ** 2 < 1
    return inside


def ct(shape: Shape = (512, 512), seed: int = 1) -> NDArray[np.int16]:
    """Computed tomography: soft tissue with bone and noise in air, in Hounsfield units."""
    rows, columns = shape
    y, x = np.mgrid[0:rows, 0:columns]
    r = np.hypot((y - rows / 2) / (0.42 * rows), (x - columns / 2) / (0.46 * columns))
    body = np.where(r < 1, 40 + 60 * np.sin(x / 23) * np.cos(y / 31), -1000)
    bone = np.hypot((y - rows * 0.7) / (0.08 * rows), (x - columns / 2) / (0.07 * columns)) < 1
    hounsfield = np.where(bone, 900, body) + np.random.default_rng(seed).normal(0, 12, shape)
    return np.round(hounsfield).clip(-1024, 3071).astype(np.int16)


def mr(shape: Shape, seed: int = 1) -> Pixels:
    """Magnetic resonance, 12 bits: a head under a coil's bias field, with the noise of a magnitude image."""
    y, x = _grid(shape)
    folds = 0.8 + 0.2 * np.sin(19 * x + 3 * np.sin(7 * y)) * np.cos(17 * y)
    signal = np.where(_within(y, x, 0.9, 0.72), 900.0, 0.0)
    signal = np.where(_within(y, x, 0.78, 0.6), 700 * folds, signal) * (1.1 - 0.4 * x)
    return _rounded(np.hypot(signal + _noise(shape, seed, 18), _noise(shape, seed + 1000, 18)), 12)


def dx(shape: Shape, seed: int = 1) -> Pixels:
    """Digital radiography, 12 bits: lungs behind ribs, with noise that falls with the dose."""
    y, x = _grid(shape)
    lungs = _within(y, np.abs(x) - 0.42, 0.75, 0.36)
    ribs = np.sin(14 * y + 5 * x * x) > 0.55
    dense = 1500 + 500 * np.cos(2.2 * x) + 250 * np.cos(1.7 * y)
    dense = dense - 900 * lungs + 260 * ribs + 700 * (np.abs(x) < 0.1)
    return _rounded(dense + _noise(shape, seed, 1) * (6 + dense / 220), 12)


def mg(shape: Shape, seed: int = 1) -> Pixels:
    """Mammography, 14 bits: a breast against the edge of a detector whose rest is zero, as presented."""
    y, x = _grid(shape)
    breast = _within(y, x + 1, 0.85, 1.2)
    strands = np.sin(23 * x + 9 * np.sin(5 * y)) * np.sin(31 * y + 7 * np.sin(4 * x))
    tissue = 7200 + 2400 * np.cos(1.3 * (x + 1)) + 900 * strands + _noise(shape, seed, 70)
    return _rounded(np.where(breast, tissue, 0), 14)


def us(shape: Shape, seed: int = 1) -> Pixels:
    """Ultrasound, RGB: grey speckle in a sector on black, and a box of coloured flow."""
    y, x = _grid(shape)
    depth = np.hypot(x, (y + 1.1) / 2)
    sector = (depth > 0.12) & (depth < 1) & (np.abs(x) < 0.8 * (y + 1.1) / 2)
    echo = 55 + 40 * np.sin(9 * depth) * np.cos(6 * x)
    speckle = np.hypot(_noise(shape, seed, 0.7), _noise(shape, seed + 1000, 0.7))
    image = np.repeat(np.where(sector, echo * speckle, 0)[:, :, None], 3, axis=2)
    flow = (np.abs(x - 0.05) < 0.18) & (np.abs(y - 0.1) < 0.2) & (np.sin(14 * x + 11 * y) > 0.6)
    image[flow] += (150, 30, 0)
    return _rounded(image, 8)


def wsi(shape: Shape, seed: int = 1) -> Pixels:
    """A tile of a whole slide, RGB: stained tissue, smooth colours with nuclei and noise."""
    rows, columns = shape
    y, x = np.mgrid[0:rows, 0:columns]
    nuclei = np.zeros(shape)
    for cy, cx in np.random.default_rng(seed).integers(0, shape, (rows * columns // 2500, 2)):
        nuclei[cy : cy + 12, cx : cx + 12] = 70
    base = 200 + 20 * np.sin(x / 97) * np.cos(y / 71) - nuclei
    colors = np.stack([base, base - 60 - 0.3 * nuclei, base - 10], -1)
    return _rounded(colors + _noise(colors.shape, seed, 3), 8)


def nm(shape: Shape, seed: int = 1) -> Pixels:
    """Nuclear medicine, 16 bits: few counts, Poisson distributed."""
    y, x = _grid(shape)
    activity = 3 + 60 * _within(y, x, 0.8, 0.5) + 300 * _within(y + 0.2, x - 0.15, 0.2, 0.15)
    counts: Pixels = np.random.default_rng(seed).poisson(activity).astype(np.uint16)
    return counts


def seg(shape: Shape, seed: int = 1) -> Pixels:
    """Segmentation, a single bit: some round regions."""
    y, x = _grid(shape)
    mask = np.zeros(shape, bool)
    for cy, cx, radius in np.random.default_rng(seed).uniform((-0.7, -0.7, 0.05), (0.7, 0.7, 0.3), (6, 3)):
        mask |= _within(y - cy, x - cx, radius, radius)
    return mask.astype(np.uint8)


#: What is measured, by the name that reports give it.
FRAMES = {
    "NM 64x64": Frame(nm, (64, 64), 16),
    "MR 256x256": Frame(mr, (256, 256), 12),
    "CT 512x512": Frame(ct, (512, 512), 16),
    "SEG 512x512": Frame(seg, (512, 512), 1),
    "WSI 512x512 RGB": Frame(wsi, (512, 512), 8),
    "US 800x600 RGB": Frame(us, (600, 800), 8),
    "DX 2048x2500": Frame(dx, (2500, 2048), 12),
    "MG 3328x4096": Frame(mg, (4096, 3328), 14),
}


def enlarged(pixels: Pixels, shape: Shape) -> Pixels:
    """A frame of any size, of copies of a smaller one, mirrored so that they meet without an edge."""
    row = np.concatenate([pixels, pixels[:, ::-1]], axis=1)
    both = np.concatenate([row, row[::-1]])
    counts = [-(-wanted // have) for wanted, have in zip(shape, both.shape, strict=False)]
    tiled: Pixels = np.tile(both, (*counts, 1)[: both.ndim])[: shape[0], : shape[1]]
    return np.ascontiguousarray(tiled)
