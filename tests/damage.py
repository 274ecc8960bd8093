"""Damage whose extent is known: codeblocks that cannot decode, and the pixels that depend on them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import htj2k
from htj2k import _core

Mask = NDArray[np.int8]
Flags = NDArray[np.bool_]
Rect = tuple[int, ...]  # x0, y0, x1, y1


@dataclass(frozen=True)
class Codeblock:
    tile: int
    component: int
    resolution: int
    band: int  # of HL, LH, HH
    column: int
    row: int
    area: Rect  # in the subband
    pieces: tuple[tuple[int, int], ...]  # (offset, size) of its bytes

    @property
    def stop(self) -> int:
        return max((offset + size for offset, size in self.pieces), default=0)

    @property
    def name(self) -> str:
        band = "LL" if self.resolution == 0 else ("HL", "LH", "HH")[self.band]
        return f"{band} codeblock ({self.column}, {self.row})"


def codeblocks(codestream: bytes) -> list[Codeblock]:
    return [Codeblock(*found[:7], tuple(found[7])) for found in _core._codeblocks(codestream)]


def spoil(codestream: bytes, blocks: Iterable[Codeblock]) -> bytes:
    """Zero the last 12 bits of cleanup segments, which tell the bytes of MEL and VLC: 2 or more (T.814 7.1.1)."""
    spoilt = bytearray(codestream)
    for block in blocks:
        offset, size = block.pieces[0]
        spoilt[offset + size - 2 : offset + size] = bytes(2)
    return bytes(spoilt)


def tile_rects(codestream: bytes) -> list[Rect]:
    """The tiles of an image that begins at the origin."""
    info = htj2k.read_info(codestream)
    columns, rows = info.tile_size[1], info.tile_size[0]
    return [
        (x, y, min(x + columns, info.width), min(y + rows, info.height))
        for y in range(0, info.height, rows)
        for x in range(0, info.width, columns)
    ]


def reduced(edges: tuple[int, ...], by: int) -> tuple[int, ...]:
    return tuple(-(-edge // (1 << by)) for edge in edges)


def _lift(flags: Flags, start: int, parity: int) -> None:
    """Rows of one parity depend on both neighbours, mirrored at the edges."""
    count = len(flags)
    if count == 1:
        return
    for i in range((parity - start) % 2, count, 2):
        flags[i] |= flags[i - 1 if i > 0 else 1] | flags[i + 1 if i + 1 < count else count - 2]


def _synthesize(flags: Flags, x0: int, y0: int, reversible: bool) -> Flags:
    """What depends on the flagged coefficients of interleaved subbands: lifting, one step after the other."""
    for parity in (0, 1) if reversible else (0, 1, 0, 1):
        _lift(flags.T, x0, parity)
    for parity in (0, 1) if reversible else (0, 1, 0, 1):
        _lift(flags, y0, parity)
    return flags


def _lost_in_tile(rect: Rect, lost: list[Codeblock], top: int, levels: int, reversible: bool) -> Flags:
    """Of the samples of one tile-component at resolution `top`: those that depend on a lost block."""
    flags = None
    for r in range(top + 1):
        x0, y0, x1, y1 = reduced(rect, levels - r)
        own = np.zeros((y1 - y0, x1 - x0), np.bool_)
        if flags is not None:
            own[y0 % 2 :: 2, x0 % 2 :: 2] = flags
        for block in (b for b in lost if b.resolution == r):
            left, upper, right, lower = block.area
            step, odd_x, odd_y = (1, 0, 0) if r == 0 else (2, (block.band + 1) & 1, (block.band + 1) >> 1)
            rows = slice(step * upper + odd_y - y0, step * lower + odd_y - y0, step)
            own[rows, step * left + odd_x - x0 : step * right + odd_x - x0 : step] = True
        flags = own if r == 0 else _synthesize(own, x0, y0, reversible)
    assert flags is not None
    return flags


def expected_mask(codestream: bytes, lost: list[Codeblock], reduce: int = 0) -> Mask:
    """`whole_up_to` of an image at the origin: the highest r of which no block up to r matters to the pixel."""
    info = htj2k.read_info(codestream)
    levels = info.num_decompositions
    mask = np.full(reduced((info.height, info.width), reduce), levels - reduce, np.int8)
    for tile, rect in enumerate(tile_rects(codestream)):
        x0, y0, x1, y1 = reduced(rect, reduce)
        part = mask[y0:y1, x0:x1]
        for component in range(len(info.components)):
            own = [b for b in lost if (b.tile, b.component) == (tile, component)]
            for r in range(levels - reduce, -1, -1):
                up_to_r = [b for b in own if b.resolution <= r]
                if up_to_r:
                    flags = _lost_in_tile(rect, up_to_r, levels - reduce, levels, info.reversible)
                    part[flags] = np.minimum(part[flags], r - 1)
    return mask


def covering(codestream: bytes, shape: tuple[int, ...], by: int) -> tuple[NDArray[Any], NDArray[Any], Flags]:
    """(row, column), `by` resolutions lower, of the sample of its own tile that lies at or before each pixel, or
    else of the tile's first; and whether the tile has any."""
    rows, columns = np.indices(shape)
    exists = np.zeros(shape, np.bool_)
    for rect in tile_rects(codestream):
        left, upper, right, lower = reduced(rect, by)
        part = np.s_[rect[1] : rect[3], rect[0] : rect[2]]
        rows[part] = np.maximum(rows[part] >> by, upper)
        columns[part] = np.maximum(columns[part] >> by, left)
        exists[part] = left < right and upper < lower
    return rows, columns, exists
