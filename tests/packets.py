"""Packets of subbands that have one codeblock each, read and written: any passes, lengths and layers."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from packet_headers import BitReader, BitWriter, pass_count_code
from streams import CAP, QCD, SIZ, body_of, find, segment, segments


@dataclass(frozen=True)
class Block:
    """A codeblock whose passes have one segment."""

    zero_planes: int
    passes: int
    data: bytes


@dataclass(frozen=True)
class Part:
    """What a packet holds of a block: the lengths of its segments in the order of the passes.

    `zero_planes` is of the first packet alone. A length is (value, the number of bits beyond Lblock).
    """

    passes: int
    lengths: tuple[tuple[int, int], ...]
    data: bytes
    zero_planes: int | None = None
    length_bits: int = 3  # Lblock before
    spare_bits: int = 0  # by which the lengths are longer than they need to be

    @property
    def length_bits_after(self) -> int:
        needed = max(value.bit_length() - extra for value, extra in self.lengths)
        return max(self.length_bits, needed) + self.spare_bits


def _run(bits: BitReader, bit: int) -> int:
    """How many of these bits come before the other."""
    count = 0
    while bits.get() == bit:
        count += 1
    return count


def _read_passes(bits: BitReader) -> int:
    """Table B.4 of T.800."""
    for width, least in ((1, 1), (1, 2), (2, 3), (5, 6), (7, 37)):
        value = bits.get(width)
        if value != (1 << width) - 1:
            return least + value
    raise AssertionError


def read_packets(codestream: bytes, bands: list[int]) -> list[list[Block | None]]:
    """The blocks of a codestream of one layer and one tile-part; `bands` counts those of each packet."""
    body, packets, at = body_of(codestream), [], 0
    for count in bands:
        bits = BitReader(body, at)
        found: list[tuple[int, int, int] | None] = [None] * count
        if bits.get():
            for band in range(count):
                if bits.get():
                    planes, passes = _run(bits, 0), _read_passes(bits)
                    found[band] = planes, passes, bits.get(3 + _run(bits, 1) + passes.bit_length() - 1)
        at = bits.finish()
        blocks: list[Block | None] = []
        for block in found:
            blocks.append(block and Block(block[0], block[1], body[at : at + block[2]]))
            at += block[2] if block else 0
        packets.append(blocks)
    assert at == len(body)
    return packets


def write_packet(parts: list[Part | None]) -> bytes:
    """None: the packet has nothing of the block, of which it has told before if the packet is a later one."""
    header = BitWriter()
    header.put(1)
    for part in parts:
        header.put(part is not None)
        if part is None:
            continue
        if part.zero_planes is not None:
            header.put(1, part.zero_planes + 1)
        header.put(*pass_count_code(part.passes))
        more = part.length_bits_after - part.length_bits
        header.put((1 << more + 1) - 2, more + 1)
        for value, extra in part.lengths:
            header.put(value, part.length_bits_after + extra)
    return header.finish() + b"".join(part.data for part in parts if part)


def bit_planes(codestream: bytes) -> list[int]:
    """M_b of each subband, of reversible data."""
    at = find(codestream, QCD)
    length, style = struct.unpack_from(">HB", codestream, at + 2)
    assert style & 31 == 0
    return [(style >> 5) + (exponent >> 3) - 1 for exponent in codestream[at + 5 : at + 2 + length]]


def announce(codestream: bytes, ccap15: int) -> bytes:
    """A codestream with a CAP segment, of Part 15, in place of the one it may have."""
    codestream = codestream[codestream.index(b"\xff\x4f\xff\x51") :]
    start, stop = segments(codestream)[0][1:]
    rsiz = struct.unpack_from(">H", codestream, start + 4)[0]
    rest = codestream[stop:]
    if rest.startswith(struct.pack(">H", CAP)):
        rest = rest[10:]
    cap = segment(CAP, struct.pack(">IH", 0x20000, ccap15))
    assert find(codestream, SIZ) == start
    siz = codestream[start : start + 4] + struct.pack(">H", rsiz & 0xFFF | 0x4000) + codestream[start + 6 : stop]
    return codestream[:start] + siz + cap + rest
