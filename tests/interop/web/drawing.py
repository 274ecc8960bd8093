"""Samples to pixels of the screen: what viewer/drawing.mjs does, in numpy."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def draw(pixels: NDArray[Any], window: tuple[int, int] | None) -> NDArray[np.uint8]:
    """RGBA of (rows, columns, 4), opaque.

    Grey goes through DICOM's linear window (PS3.3 C.11.2.1.2) of an integer centre and width, rounded down; three
    components of 8 bits are drawn as they are.
    """
    if window is None:
        shown = pixels
    else:
        center, width = window
        span = 2 * (width - 1)
        above = np.clip(2 * (pixels.astype(np.int64) - center) + width, 0, span)
        shown = (255 * above // span).astype(np.uint8)[..., None].repeat(3, axis=-1)
    return np.concatenate([shown, np.full_like(shown[..., :1], 255)], axis=-1)
