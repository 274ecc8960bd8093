"""Packets of known pixels in other packages: quality layers, progression changes, packed headers, SOP and EPH.

No encoder at hand writes HT codeblocks so. They come from `subsampled.encode_alone`.
"""

from __future__ import annotations

import random
import struct
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import subsampled
from packet_headers import Band, Block, PacketWriter, read_packet
from streams import COD, POC, PPM, PPT, QCC, QCD, SOD, SOT, patch, segment, segments
from subsampled import ORDERS, Component, Grid, Rect, ceil_div

Key = tuple[int, int, int]  # resolution, component, precinct
Packet = tuple[int, Key]  # layer, and of which precinct
Change = tuple[int, int, int, int, int, str]  # resolutions, components, each from and to; layers up to; order


@dataclass
class Packing:
    """How packets are put into a codestream; `random` decides what is free."""

    random: random.Random
    layers: int = 1
    refine: tuple[int, ...] = ()  # components whose blocks get refinement passes of random bytes
    refinement: random.Random = field(default_factory=lambda: random.Random(0))  # which
    placeholders: bool = False
    changes: list[Change] = field(default_factory=list)
    changes_in_tiles: bool = False
    sop: bool = False
    eph: bool = False
    packed: str = ""  # PPM or PPT
    most_parts: int = 1


def bands_of(component: Component, tile: Rect, grid: Grid, key: Key) -> list[Band]:
    """The grids of codeblocks in a precinct (B.7)."""
    r, _, k = key
    rect = component.rect(tile)
    level = grid.levels - r + (r > 0)
    log_y, log_x = grid.log_precinct(r)
    x0, y0, *_ = subsampled.resolution_rect(rect, grid.levels, r)
    across = subsampled.precinct_grid(rect, grid, r)[1]
    cell_y, cell_x = (y0 >> log_y) + k // across, (x0 >> log_x) + k % across
    bands = []
    for xo, yo in [(0, 0)] if r == 0 else [(1, 0), (0, 1), (1, 1)]:
        half = (1 << level) >> 1
        bx0, by0, bx1, by1 = (ceil_div(n - half * o, 1 << level) for n, o in zip(rect, (xo, yo) * 2, strict=True))
        rows = _blocks(by0, by1, cell_y, log_y - (r > 0), grid.block_size[0].bit_length() - 1)
        columns = _blocks(bx0, bx1, cell_x, log_x - (r > 0), grid.block_size[1].bit_length() - 1)
        bands.append(Band((rows, columns) if rows and columns else (0, 0)))
    return bands


def _blocks(start: int, stop: int, cell: int, log_cell: int, log_block: int) -> int:
    start, stop = max(start, cell << log_cell), min(stop, cell + 1 << log_cell)
    log_block = min(log_block, log_cell)
    return max(0, ceil_div(stop, 1 << log_block) - (start >> log_block)) if start < stop else 0


def precincts_of(components: list[Component], tile: Rect, grid: Grid) -> dict[Key, list[Band]]:
    """All codeblocks of a tile."""
    found = {}
    for c, component in enumerate(components):
        rect = component.rect(tile)
        if rect[0] == rect[2] or rect[1] == rect[3]:
            continue
        alone = subsampled.encode_alone(component, tile, grid, progression_order="LRCP")
        at = _last_body(alone)
        for r in range(grid.levels + 1):
            down, across = subsampled.precinct_grid(rect, grid, r)
            for k in range(down * across):
                found[r, c, k] = bands_of(component, tile, grid, (r, c, k))
                at = read_packet(alone, at, found[r, c, k])
        assert at == len(alone) - 2
    return found


def _last_body(codestream: bytes) -> int:
    start = segments(codestream)[-1][2]
    while True:
        length = struct.unpack_from(">I", codestream, start + 6)[0]
        if start + length == len(codestream) - 2:
            return start + 14
        start += length


def spread(block: Block, packing: Packing, *, refine: bool) -> None:
    """Gives the block more passes, and its passes to layers."""
    choose, content = packing.random, packing.refinement
    if refine:
        block.num_refinements = content.randint(0, 2)
        least = max(0, block.num_refinements - 1)  # two such passes without a byte are refused
        block.refinement = bytes(content.randrange(128) for _ in range(content.randint(least, 9)))
        block.refinement *= block.num_refinements > 0
        block.cut = choose.randint(0, len(block.refinement))
    if packing.placeholders:
        block.placeholders = 3 * choose.randint(0, min(block.missing, 12))
    total = block.placeholders + 1 + block.num_refinements
    layers = sorted(choose.sample(range(packing.layers), min(packing.layers, choose.randint(1, total), 4)))
    cuts = [0, *sorted(choose.sample(range(1, total), len(layers) - 1)), total]
    block.passes = {layer: b - a for layer, (a, b) in zip(layers, pairwise(cuts), strict=True)}


def tile_order(components: list[Component], tile: Rect, grid: Grid, packing: Packing) -> list[Packet]:
    """The loops of B.12, each limited as POC says; no packet comes twice."""
    whole: Change = (0, 33, 0, len(components), packing.layers, grid.order)
    x0, y0, x1, y1 = tile
    starts = [
        (r, y, x, c, k)
        for y in range(y0, y1)
        for x in range(x0, x1)
        for c, component in enumerate(components)
        for r in range(grid.levels + 1)
        if (k := subsampled.precinct_at(component, tile, grid, r, y, x)) is not None
    ]
    order: dict[Packet, None] = {}
    for r0, r1, c0, c1, layers, name in packing.changes or [whole]:
        some = [s for s in starts if r0 <= s[0] < r1 and c0 <= s[3] < c1]
        packets = [(layer, *s) for s in some for layer in range(min(layers, packing.layers))]
        packets.sort(key=lambda p: _rank(name, *p))
        order.update({(layer, (r, c, k)): None for layer, r, _, _, c, k in packets})
    return list(order)


def _rank(order: str, layer: int, r: int, y: int, x: int, c: int, k: int) -> tuple[int, ...]:
    return {
        "LRCP": (layer, r, c, k),
        "RLCP": (r, layer, c, k),
        "RPCL": (r, y, x, c, layer),
        "PCRL": (y, x, c, r, layer),
        "CPRL": (c, y, x, r, layer),
    }[order]


def _raise_exponents(header: bytes, code: int, at: int) -> bytes:
    """One more bit-plane for the subbands of the segment at `at`, below those that are there."""
    length = struct.unpack_from(">H", header, at + 2)[0]
    first = at + (5 if code == QCD else 6)
    raised = bytes(byte + 8 for byte in header[first : at + 2 + length])
    return header[:first] + raised + header[at + 2 + length :]


def main_header(components: list[Component], grid: Grid, packing: Packing) -> bytes:
    header = subsampled._main_header(components, grid)
    header = patch(header, COD, 4, 1 | packing.sop << 1 | packing.eph << 2)
    header = patch(header, COD, 5, ORDERS.index(grid.order))
    header = patch(header, COD, 6, packing.layers, 2)
    for code, start, _ in segments(header):
        component = 0 if code == QCD else header[start + 4] if code == QCC else None
        if component in packing.refine:
            header = _raise_exponents(header, code, start)
    return header + (b"" if packing.changes_in_tiles else poc(packing.changes))


def poc(changes: list[Change]) -> bytes:
    fields = [(r0, c0, layers, r1, c1 % 256, ORDERS.index(o)) for r0, r1, c0, c1, layers, o in changes]
    return segment(POC, b"".join(struct.pack(">BBHBBB", *change) for change in fields)) if changes else b""


def _packets(components: list[Component], tile: Rect, grid: Grid, packing: Packing) -> list[tuple[bytes, bytes]]:
    """Header and body of each packet, in their order. SOP stays with the body where headers are packed."""
    precincts = precincts_of(components, tile, grid)
    for (_, c, _), bands in precincts.items():
        for band in bands:
            for block in band.blocks.values():
                spread(block, packing, refine=c in packing.refine)
    writers = {key: PacketWriter(bands, packing.random.randint(0, 2)) for key, bands in precincts.items()}
    packets = []
    for number, (layer, key) in enumerate(tile_order(components, tile, grid, packing)):
        header, body = writers[key].packet(layer, say_nothing=packing.random.random() < 0.5)
        sop = struct.pack(">HHH", 0xFF91, 4, number % 65536) if packing.sop else b""
        header += b"\xff\x92" if packing.eph else b""
        packets.append((header, sop + body) if packing.packed else (sop + header, body))
    assert len(packets) == len(precincts) * packing.layers
    return packets


def _split(items: Any, most: int, choose: random.Random) -> list[Any]:
    """The items in up to `most` runs."""
    cuts = sorted(choose.randint(0, len(items)) for _ in range(choose.randint(0, most - 1)))
    return [items[a:b] for a, b in pairwise([0, *cuts, len(items)])]


def _packed_segments(code: int, data: bytes, first: int, packing: Packing) -> list[bytes]:
    pieces = _split(data, 3, packing.random)
    return [segment(code, bytes([first + i]) + piece) for i, piece in enumerate(pieces)]


def repack(components: list[Component], grid: Grid, packing: Packing) -> bytes:
    """The codestream, of the pixels that `subsampled.compose` gives, but for the passes that refine them."""
    choose = packing.random
    parts: list[list[Any]] = []  # of each tile
    for index, tile in enumerate(grid.tiles()):
        runs = _split(_packets(components, tile, grid, packing), packing.most_parts, choose)
        parts.append([(index, i, len(runs), run) for i, run in enumerate(runs)])
    out, held = b"", b""
    num_ppt = [0] * len(parts)
    while any(parts):
        index, i, count, run = choose.choice([p for p in parts if p]).pop(0)
        own = poc(packing.changes) if packing.changes_in_tiles and i == 0 else b""
        headers = b"".join(header for header, _ in run)
        body = b"".join((b"" if packing.packed else header) + b for header, b in run)
        if packing.packed == "PPT":
            ppt = _packed_segments(PPT, headers, num_ppt[index], packing)
            num_ppt[index] += len(ppt)
            choose.shuffle(ppt)
            own += b"".join(ppt)
        held += struct.pack(">I", len(headers)) + headers
        length = 14 + len(own) + len(body)
        sot = segment(SOT, struct.pack(">HIBB", index, length, i, choose.choice([0, count])))
        out += sot + own + struct.pack(">H", SOD) + body
    header = main_header(components, grid, packing)
    if packing.packed == "PPM":
        ppm = _packed_segments(PPM, held, 0, packing)
        choose.shuffle(ppm)
        header += b"".join(ppm)
    return header + out + b"\xff\xd9"
