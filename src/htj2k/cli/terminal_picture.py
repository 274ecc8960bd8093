"""Pictures of characters: two pixels a character cell in colour, shades of ink where there is no colour."""

from __future__ import annotations

from typing import Any

import numpy as np
from rich.color import Color
from rich.console import Console
from rich.segment import Segment, Segments
from rich.style import Style

Shades = np.ndarray[Any, np.dtype[np.uint8]]

_UPPER_HALF = "\u2580"
_INK = " .:-=+*#%@"


def size_for(console: Console, rows: int, columns: int) -> tuple[int, int]:
    """(rows, columns) of pixels to draw: as large as the terminal takes, never larger than the image."""
    scale = min(1.0, console.width / columns, 2 * max(console.height - 2, 8) / rows)
    return max(1, round(rows * scale)), max(1, round(columns * scale))


def draw(console: Console, shades: Shades) -> None:
    """Print (rows, columns) or (rows, columns, 3) shades, shrunk to the terminal."""
    rows, columns = size_for(console, *shades.shape[:2])
    small = _shrunk(shades, rows, columns)
    if console.color_system is None:
        for line in _ink(small):
            console.print(line, soft_wrap=True)
        return
    console.print(Segments([part for pair in _pairs(small) for part in _cells(*pair)]), end="")


def _shrunk(shades: Shades, rows: int, columns: int) -> Shades:
    """The sample in the middle of each cell: nothing is invented."""
    height, width = shades.shape[:2]
    y = (2 * np.arange(rows) + 1) * height // (2 * rows)
    x = (2 * np.arange(columns) + 1) * width // (2 * columns)
    small: Shades = shades[y][:, x]
    return small


def _pairs(small: Shades) -> list[tuple[Shades, Shades]]:
    color = small if small.ndim == 3 else np.repeat(small[..., None], 3, axis=2)
    if len(color) % 2:
        color = np.concatenate([color, np.zeros_like(color[:1])])
    return list(zip(color[0::2], color[1::2], strict=True))


def _cells(above: Shades, below: Shades) -> list[Segment]:
    colors = zip(above.tolist(), below.tolist(), strict=True)
    cells = [Segment(_UPPER_HALF, Style(color=_color(upper), bgcolor=_color(lower))) for upper, lower in colors]
    return [*cells, Segment.line()]


def _color(rgb: list[int]) -> Color:
    return Color.from_rgb(*rgb)


def _ink(small: Shades) -> list[str]:
    """A character is about twice as high as wide, so every second row is left out."""
    grey = small if small.ndim == 2 else small.mean(axis=2)
    index = (grey[::2].astype(int) * len(_INK)) // 256
    return ["".join(_INK[i] for i in row) for row in index]
