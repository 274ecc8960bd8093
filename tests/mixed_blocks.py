"""Codestreams whose codeblocks are HT or Part 1 ones, block by block: no encoder at hand writes them.

Both kinds are encoded apart, by encode() and by OpenJPEG, and put together packet by packet. All subbands have one
codeblock, so images have at most 64 << levels rows and columns.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

import htj2k
from packets import Block, Part, announce, bit_planes, read_packets, write_packet
from streams import COD, QCD, find, patch, with_body

MIXED = 0xC00F  # Ccap15


def encode_ht(pixels: NDArray[Any], levels: int) -> bytes:
    return htj2k.encode(
        pixels,
        num_decompositions=levels,
        tile_parts=None,
        tlm=False,
        progression_order="LRCP",
        block_size=(64, 64),
        color_transform=False,
    )


def encode_part1(pixels: NDArray[Any], levels: int) -> bytes:
    return imagecodecs.jpeg2k_encode(
        pixels, codecformat="j2k", reversible=True, level=0, resolutions=levels + 1, mct=False
    )


def part_of(block: Block, is_ht: bool, extra_planes: int, is_mixed: bool = True) -> Part:
    """All of the block. Where both kinds are possible, an HT block's length has a bit that it does not need."""
    extra = 0 if is_ht else block.passes.bit_length() - 1
    part = Part(block.passes, ((len(block.data), extra),), block.data, block.zero_planes + extra_planes)
    if not (is_ht and is_mixed):
        return part
    return replace(part, spare_bits=max(1, 4 - part.length_bits_after))


class Sources:
    """The blocks of an image as both kinds, and a header for them."""

    def __init__(self, pixels: NDArray[Any], levels: int) -> None:
        components = pixels.shape[2] if pixels.ndim == 3 else 1
        self.bands = [count for count in [1] + [3] * levels for _ in range(components)]
        ht, part1 = encode_ht(pixels, levels), encode_part1(pixels, levels)
        self.ht, self.part1 = read_packets(ht, self.bands), read_packets(part1, self.bands)
        # The subbands need as many bit-planes as the encoder takes that thinks of more of them.
        planes = np.array([bit_planes(ht), bit_planes(part1)])
        spare = max(0, int((planes[1] - planes[0]).max()))
        guard_bits = ht[find(ht, QCD) + 4] >> 5
        self.header = announce(patch(ht, QCD, 4, (guard_bits + spare) << 5), MIXED)
        self.extra = planes[0] + spare - planes

    def extra_planes(self, packet: int, band: int, is_ht: bool) -> int:
        resolution = packet // self.bands.count(1)
        return int(self.extra[0 if is_ht else 1][3 * resolution - 2 + band if resolution else 0])

    def part(self, packet: int, band: int, is_ht: bool, is_mixed: bool = True) -> Part | None:
        block = (self.ht if is_ht else self.part1)[packet][band]
        return block and part_of(block, is_ht, self.extra_planes(packet, band, is_ht), is_mixed)

    def stream(self, style: int, choose: Callable[[int, int], bool]) -> bytes:
        """One layer; choose(packet, band) tells whether a block is an HT one."""
        body = b"".join(
            write_packet([self.part(p, b, choose(p, b), style == 0xC0) for b in range(count)])
            for p, count in enumerate(self.bands)
        )
        return with_body(patch(self.header, COD, 12, style), body)
