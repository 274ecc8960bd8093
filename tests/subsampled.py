"""Codestreams whose components differ in size, depth and sign: no encoder at hand writes them.

Each tile-component is encoded alone, as the last tile of an image of one component, and its packets are put in the
order of T.800 B.12, whose loops over the reference grid are written out here as the standard has them.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

import htj2k
from htj2k import _core
from oracle import decoded_dtype
from streams import CAP, COD, QCC, QCD, SIZ, find, segment, tile_part

ORDERS = ("LRCP", "RLCP", "RPCL", "PCRL", "CPRL")
Rect = tuple[int, int, int, int]  # x0, y0, x1, y1


def ceil_div(n: int, d: int) -> int:
    return -(-n // d)


@dataclass(frozen=True)
class Component:
    """Samples from the origin of the reference grid on, each `dx` columns and `dy` rows from the next."""

    samples: NDArray[Any]
    dx: int = 1
    dy: int = 1
    bits: int | None = None

    @property
    def depth(self) -> int:
        return self.bits or 8 * self.samples.itemsize

    def rect(self, area: Rect) -> Rect:
        x0, y0, x1, y1 = area
        return ceil_div(x0, self.dx), ceil_div(y0, self.dy), ceil_div(x1, self.dx), ceil_div(y1, self.dy)


@dataclass(frozen=True)
class Grid:
    """The reference grid and how all components are coded; sizes are (rows, columns), log2 for precincts."""

    area: Rect
    tile_size: tuple[int, int] | None = None
    levels: int = 2
    order: str = "RPCL"
    precincts: tuple[tuple[int, int], ...] = ((15, 15),)  # base first, the last one repeats
    block_size: tuple[int, int] = (4, 4)
    part_per_resolution: bool = False
    style: dict[str, Any] = field(default_factory=dict)

    def log_precinct(self, r: int) -> tuple[int, int]:
        return self.precincts[min(r, len(self.precincts) - 1)]

    def tiles(self) -> list[Rect]:
        """Tiles start at the origin; those before the image's area are not there, so it starts in the first."""
        x0, y0, x1, y1 = self.area
        rows, columns = self.tile_size or (y1, x1)
        return [
            (max(x, x0), max(y, y0), min(x + columns, x1), min(y + rows, y1))
            for y in range(0, y1, rows)
            for x in range(0, x1, columns)
        ]

    def encode_options(self) -> dict[str, Any]:
        return {
            "num_decompositions": self.levels,
            "precinct_sizes": [(1 << y, 1 << x) for y, x in self.precincts[: self.levels + 1]],
            "block_size": self.block_size,
        }


def encode_alone(component: Component, area: Rect, grid: Grid, **options: Any) -> bytes:
    """The tile-component with this area is the last tile of the result."""
    x0, y0, x1, y1 = component.rect(area)
    return htj2k.encode(
        component.samples[:y1, :x1],
        bits_stored=component.bits,
        tile_size=(y0 or y1, x0 or x1),
        tile_parts=None,
        tlm=False,
        **grid.encode_options(),
        **options,
    )


def split_packets(codestream: bytes) -> list[bytes]:
    """The packets of the last tile."""
    info = htj2k.read_info(codestream)
    at, stop = info.tile_parts[-1].body_start, len(codestream) - 2
    packets = []
    while at < stop:
        end = _end_of_packet(codestream, at, info.num_decompositions)
        packets.append(codestream[at:end])
        at = end
    return packets


def _end_of_packet(codestream: bytes, start: int, levels: int) -> int:
    for n in range(start + 1, len(codestream)):
        if htj2k.decode_partial(codestream[:n], reduce=levels).bytes_used == n:
            return n
        needed = _core.look_at(codestream[:n], None)[1]
        if needed > n:
            return needed
    raise AssertionError("the packet does not end")


def resolution_rect(rect: Rect, levels: int, r: int) -> Rect:
    x0, y0, x1, y1 = (ceil_div(n, 1 << levels - r) for n in rect)
    return x0, y0, x1, y1


def precinct_grid(rect: Rect, grid: Grid, r: int) -> tuple[int, int]:
    """How many precincts there are (down, across) at resolution r (B-16)."""
    x0, y0, x1, y1 = resolution_rect(rect, grid.levels, r)
    y, x = grid.log_precinct(r)
    if x0 == x1 or y0 == y1:
        return 0, 0
    return ceil_div(y1, 1 << y) - (y0 >> y), ceil_div(x1, 1 << x) - (x0 >> x)


def packets_by_resolution(component: Component, area: Rect, grid: Grid) -> list[list[bytes]]:
    x0, y0, x1, y1 = rect = component.rect(area)
    if x0 == x1 or y0 == y1:
        return [[] for _ in range(grid.levels + 1)]
    packets = split_packets(encode_alone(component, area, grid, progression_order="LRCP"))
    found = []
    for r in range(grid.levels + 1):
        down, across = precinct_grid(rect, grid, r)
        found.append(packets[: down * across])
        packets = packets[down * across :]
    assert not packets
    return found


def precinct_at(component: Component, tile: Rect, grid: Grid, r: int, y: int, x: int) -> int | None:
    """The precinct that position (y, x) of the reference grid brings up, if any (B.12.1.3, B-20)."""
    above = grid.levels - r
    log_y, log_x = grid.log_precinct(r)
    x0, y0, *_ = resolution_rect(component.rect(tile), grid.levels, r)
    down, across = precinct_grid(component.rect(tile), grid, r)
    starts = (
        y % (component.dy << log_y + above) == 0 or (y == tile[1] and (y0 << above) % (1 << log_y + above) != 0)
    ) and (
        x % (component.dx << log_x + above) == 0 or (x == tile[0] and (x0 << above) % (1 << log_x + above) != 0)
    )
    if not starts or not down:
        return None
    column = (ceil_div(x, component.dx << above) >> log_x) - (x0 >> log_x)
    row = (ceil_div(y, component.dy << above) >> log_y) - (y0 >> log_y)
    return row * across + column


def packet_order(components: list[Component], tile: Rect, grid: Grid) -> Iterator[tuple[int, int, int]]:
    """(resolution, component, precinct) of each packet of a tile: the loops of B.12.1.1 to B.12.1.5."""
    all_c, all_r = range(len(components)), range(grid.levels + 1)
    x0, y0, x1, y1 = tile
    positions = [(y, x) for y in range(y0, y1) for x in range(x0, x1)]

    def found(c: int, r: int, y: int, x: int) -> Iterator[tuple[int, int, int]]:
        k = precinct_at(components[c], tile, grid, r, y, x)
        if k is not None:
            yield r, c, k

    if grid.order in ("LRCP", "RLCP"):  # with one layer they are the same
        for r in all_r:
            for c in all_c:
                down, across = precinct_grid(components[c].rect(tile), grid, r)
                yield from ((r, c, k) for k in range(down * across))
    elif grid.order == "RPCL":
        for r in all_r:
            for y, x in positions:
                for c in all_c:
                    yield from found(c, r, y, x)
    elif grid.order == "PCRL":
        for y, x in positions:
            for c in all_c:
                for r in all_r:
                    yield from found(c, r, y, x)
    else:
        for c in all_c:
            for y, x in positions:
                for r in all_r:
                    yield from found(c, r, y, x)


def payload_of(codestream: bytes, code: int) -> bytes:
    start = find(codestream, code)
    return codestream[start + 4 : start + 2 + struct.unpack_from(">H", codestream, start + 2)[0]]


def _main_header(components: list[Component], grid: Grid) -> bytes:
    whole = (0, 0, *grid.area[2:])
    alone = [encode_alone(c, whole, grid, progression_order=grid.order) for c in components]
    x0, y0, x1, y1 = grid.area
    rows, columns = grid.tile_size or (y1, x1)
    siz = struct.pack(">H8IH", 0x4000, x1, y1, x0, y0, columns, rows, 0, 0, len(components))
    for c in components:
        siz += struct.pack("BBB", c.depth - 1 | (128 if c.samples.dtype.kind == "i" else 0), c.dx, c.dy)
    cap = max(payload_of(a, CAP) for a in alone)  # Ccap15 grows with the magnitude bits
    header = b"\xff\x4f" + segment(SIZ, siz) + segment(CAP, cap) + segment(COD, payload_of(alone[0], COD))
    header += segment(QCD, payload_of(alone[0], QCD))
    for index, a in enumerate(alone[1:], start=1):
        header += segment(QCC, bytes([index]) + payload_of(a, QCD))
    return header


def compose(components: list[Component], grid: Grid) -> bytes:
    """The codestream, lossless."""
    out = _main_header(components, grid)
    for index, tile in enumerate(grid.tiles()):
        packets = [packets_by_resolution(c, tile, grid) for c in components]
        order = list(packet_order(components, tile, grid))
        assert len(set(order)) == len(order) == sum(len(r) for c in packets for r in c)
        bodies = [b""] * (grid.levels + 1 if grid.part_per_resolution else 1)
        for r, c, k in order:
            bodies[r if grid.part_per_resolution else 0] += packets[c][r][k]
        for part, body in enumerate(bodies):
            out += tile_part(index, part, 0, body)
    return out + b"\xff\xd9"


def expected_components(components: list[Component], grid: Grid, reduce: int = 0) -> list[NDArray[Any]]:
    """What each component decodes to: its tiles as they decode alone, side by side."""
    result = []
    for c in components:
        x0, y0, x1, y1 = (ceil_div(n, 1 << reduce) for n in c.rect(grid.area))
        pixels = np.zeros((y1 - y0, x1 - x0), decoded_dtype(c.depth, c.samples.dtype.kind == "i"))
        for tile in grid.tiles():
            left, top, right, bottom = (ceil_div(n, 1 << reduce) for n in c.rect(tile))
            if left < right and top < bottom:
                alone = htj2k.decode(encode_alone(c, tile, grid), reduce=reduce)
                pixels[top - y0 : bottom - y0, left - x0 : right - x0] = alone[top:bottom, left:right]
        if reduce == 0:
            assert np.array_equal(pixels, c.samples[y0:y1, x0:x1])
        result.append(pixels)
    return result


def interleaved(planes: list[NDArray[Any]], components: list[Component], size: tuple[int, int]) -> NDArray[Any]:
    """(rows, columns, components) of `size`, each sample repeated over the pixels that it covers."""
    rows, columns = np.ogrid[: size[0], : size[1]]
    return np.stack([p[rows // c.dy, columns // c.dx] for p, c in zip(planes, components, strict=True)], axis=-1)
