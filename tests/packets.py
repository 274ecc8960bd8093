"""Packets of subbands that have one codeblock each, read and written: any passes, lengths and layers."""

from __future__ import annotations

import struct
from dataclasses import dataclass

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


class _Bits:
    def __init__(self, data: bytes, at: int) -> None:
        self.data, self.at, self.left, self.byte = data, at, 0, 0

    def bits(self, count: int) -> int:
        value = 0
        for _ in range(count):
            if self.left == 0:
                self.left = 7 if self.byte == 0xFF else 8
                self.byte = self.data[self.at]
                self.at += 1
            self.left -= 1
            value = value << 1 | self.byte >> self.left & 1
        return value

    def ones(self) -> int:
        count = 0
        while self.bits(1):
            count += 1
        return count

    def zeros(self) -> int:
        count = 0
        while not self.bits(1):
            count += 1
        return count

    def passes(self) -> int:
        for width, least in ((1, 1), (1, 2), (2, 3), (5, 6), (7, 37)):
            value = self.bits(width)
            if value != (1 << width) - 1:
                return least + value
        raise AssertionError


def pass_bits(passes: int) -> str:
    """Table B.4 of T.800."""
    if passes < 3:
        return "10"[:passes] if passes == 2 else "0"
    if passes < 6:
        return f"11{passes - 3:02b}"
    return f"1111{passes - 6:05b}" if passes < 37 else f"111111111{passes - 37:07b}"


def read_packets(codestream: bytes, bands: list[int]) -> list[list[Block | None]]:
    """The blocks of a codestream of one layer and one tile-part; `bands` counts those of each packet."""
    body, packets, at = body_of(codestream), [], 0
    for count in bands:
        bits = _Bits(body, at)
        found: list[tuple[int, int, int] | None] = [None] * count
        if bits.bits(1):
            for band in range(count):
                if bits.bits(1):
                    planes, passes = bits.zeros(), bits.passes()
                    found[band] = planes, passes, bits.bits(3 + bits.ones() + passes.bit_length() - 1)
        at = bits.at + (bits.byte == 0xFF)
        blocks: list[Block | None] = []
        for block in found:
            blocks.append(block and Block(block[0], block[1], body[at : at + block[2]]))
            at += block[2] if block else 0
        packets.append(blocks)
    assert at == len(body)
    return packets


def write_packet(parts: list[Part | None]) -> bytes:
    """None: the packet has nothing of the block, of which it has told before if the packet is a later one."""
    text = "1"
    for part in parts:
        if part is None:
            text += "0"
            continue
        bits = part.length_bits_after
        text += "1" + ("" if part.zero_planes is None else "0" * part.zero_planes + "1")
        text += pass_bits(part.passes) + "1" * (bits - part.length_bits) + "0"
        text += "".join(f"{value:0{bits + extra}b}" for value, extra in part.lengths if bits + extra)
    header, stuffed = bytearray(), False
    while text or stuffed:
        width = 7 if stuffed else 8
        header.append(int(text[:width].ljust(width, "0"), 2))
        text, stuffed = text[width:], header[-1] == 0xFF
    return bytes(header) + b"".join(part.data for part in parts if part)


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
