"""Samples to shades: the linear window of DICOM PS3.3 C.11.2.1.2."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Pixels = np.ndarray[Any, np.dtype[Any]]

#: Percentiles of the samples that become black and white when no window is given.
DEFAULT_PERCENTILES = (1, 99)


def default_window(pixels: Pixels) -> tuple[float, float]:
    """(center, width) that spread almost all samples, without the few extremes, over all shades."""
    low, high = np.percentile(pixels, DEFAULT_PERCENTILES)
    return (low + high + 1) / 2, max(high - low + 1, 2)


def require_window(center: float, width: float) -> None:
    """Refuse what is no window."""
    if not (math.isfinite(center) and math.isfinite(width)):
        raise ValueError(f"--window: center {center:g} and width {width:g} must be finite numbers")
    if width < 1:
        raise ValueError(f"--window: the width is {width:g}; it must be at least 1")


def to_shades(pixels: Pixels, center: float, width: float) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """0 to 255; samples outside the window are black or white."""
    require_window(center, width)
    spread = max(width - 1, np.finfo(np.float64).tiny)  # of width 1: black below the center, white above
    scaled = (pixels.astype(np.float64) - (center - 0.5)) / spread + 0.5
    shades: np.ndarray[Any, np.dtype[np.uint8]] = np.round(scaled.clip(0, 1) * 255).astype(np.uint8)
    return shades
