"""Packet headers of HT codeblocks, read and written (T.800 B.10, T.814 B), apart from the codec's own code."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

Place = tuple[int, int]  # (row, column)
NEVER = 1 << 20


class BitWriter:
    """Bits, highest first; the byte after an FF has only seven."""

    def __init__(self) -> None:
        self.data = bytearray()
        self._bits = ""

    def put(self, value: int, count: int = 1) -> None:
        self._bits += f"{value:0{count}b}" if count else ""
        while len(self._bits) >= self._room():
            self._flush()

    def finish(self) -> bytes:
        if self._bits or self.data[-1:] == b"\xff":
            self._bits = self._bits.ljust(self._room(), "0")
            self._flush()
        return bytes(self.data)

    def _room(self) -> int:
        return 7 if self.data[-1:] == b"\xff" else 8

    def _flush(self) -> None:
        room = self._room()
        self.data.append(int(self._bits[:room], 2))
        self._bits = self._bits[room:]


class BitReader:
    def __init__(self, data: bytes, start: int) -> None:
        self._data, self.position = data, start
        self._byte = self._left = 0

    def get(self, count: int = 1) -> int:
        value = 0
        for _ in range(count):
            if not self._left:
                self._left = 7 if self._byte == 0xFF else 8
                self._byte = self._data[self.position]
                self.position += 1
            self._left -= 1
            value = value << 1 | self._byte >> self._left & 1
        return value

    def finish(self) -> int:
        return self.position + (self._byte == 0xFF)


class TagTree:
    """Of values over a grid: each node has the least value below it. Without values it is one to be read."""

    def __init__(self, size: Place, values: dict[Place, int] | None = None) -> None:
        self._levels = 0
        while max(size) > 1 << self._levels:
            self._levels += 1
        self._values: dict[tuple[int, Place], int] = {}
        for (row, column), value in (values or {}).items():
            for node in self._path((row, column)):
                self._values[node] = min(value, self._values.get(node, NEVER))
        self._least: dict[tuple[int, Place], int] = {}
        self._known: set[tuple[int, Place]] = set()

    def _path(self, place: Place) -> Iterator[tuple[int, Place]]:
        for level in range(self._levels, -1, -1):
            yield level, (place[0] >> level, place[1] >> level)

    def write(self, bits: BitWriter, place: Place, below: int) -> None:
        """Tells whether the value is less than `below`, and which."""
        least = 0
        for node in self._path(place):
            least = max(least, self._least.get(node, 0))
            while least < below and node not in self._known:
                bits.put(least == self._values[node])
                if least == self._values[node]:
                    self._known.add(node)
                else:
                    least += 1
            self._least[node] = least

    def read(self, bits: BitReader, place: Place, below: int) -> int:
        """The value, or `below` when it is not less."""
        least = 0
        for node in self._path(place):
            least = max(least, self._least.get(node, 0))
            while least < below and node not in self._known:
                if bits.get():
                    self._known.add(node)
                else:
                    least += 1
            self._least[node] = least
        return least


@dataclass
class Block:
    """An HT set: a cleanup pass, up to two refinement passes, and in which layers they are.

    `placeholders` passes without bytes stand before it, three for a bit-plane that is then not called missing.
    """

    missing: int
    cleanup: bytes
    refinement: bytes = b""
    num_refinements: int = 0
    placeholders: int = 0
    passes: dict[int, int] = field(default_factory=lambda: {0: 1})  # layer -> how many of all passes it adds
    cut: int = 0  # where the refinement bytes are cut if its passes are in two layers


@dataclass
class Band:
    """The codeblocks of a subband in a precinct; those that are never coded are left out."""

    size: Place
    blocks: dict[Place, Block] = field(default_factory=dict)

    def places(self) -> list[Place]:
        return [(row, column) for row in range(self.size[0]) for column in range(self.size[1])]


def read_packet(data: bytes, start: int, bands: list[Band]) -> int:
    """Reads a packet of one layer, whose blocks have a cleanup pass alone, into the bands; returns its end."""
    bits = BitReader(data, start)
    sizes: list[tuple[Band, Place, int, int]] = []
    for band in bands if bits.get() else []:
        inclusion, missing = TagTree(band.size), TagTree(band.size)
        for place in band.places():
            if inclusion.read(bits, place, 1) == 0:
                planes = missing.read(bits, place, NEVER)
                assert bits.get() == 0, "more than one pass"
                length_bits = 3
                while bits.get():
                    length_bits += 1
                sizes.append((band, place, planes, bits.get(length_bits)))
    position = bits.finish()
    for band, place, planes, size in sizes:
        band.blocks[place] = Block(planes, data[position : position + size])
        position += size
    return position


def pass_count_code(count: int) -> tuple[int, int]:
    """Table B.4: a code and how many bits it has."""
    if count <= 2:
        return ((0, 1), (2, 2))[count - 1]
    if count <= 5:
        return 0b1100 | count - 3, 4
    if count <= 36:
        return 0b1111_00000 | count - 6, 9
    return 0b1111_11111_0000000 | count - 37, 16


class PacketWriter:
    """The packets of a precinct, one layer after the other."""

    def __init__(self, bands: list[Band], spare_length_bits: int = 0) -> None:
        self._bands = bands
        self._spare = spare_length_bits
        self._trees = [
            (
                TagTree(band.size, {p: self._first_layer(band, p) for p in band.places()}),
                TagTree(band.size, {p: self._signalled_planes(band, p) for p in band.places()}),
            )
            for band in bands
        ]
        self._length_bits: dict[int, int] = {}
        self._done: dict[int, int] = {}  # passes so far, by the identity of the block

    @staticmethod
    def _first_layer(band: Band, place: Place) -> int:
        return min(band.blocks[place].passes) if place in band.blocks else NEVER - 1

    @staticmethod
    def _signalled_planes(band: Band, place: Place) -> int:
        block = band.blocks.get(place)
        return block.missing - block.placeholders // 3 if block else 0

    def packet(self, layer: int, *, say_nothing: bool = False) -> tuple[bytes, bytes]:
        """Header and body. `say_nothing`: in one bit where the layer adds nothing."""
        bits, body = BitWriter(), b""
        if say_nothing and not any(layer in b.passes for band in self._bands for b in band.blocks.values()):
            return b"\0", b""
        bits.put(1)
        for band, (inclusion, missing) in zip(self._bands, self._trees, strict=True):
            for place in band.places():
                block = band.blocks.get(place)
                if block is not None and id(block) in self._done:
                    bits.put(layer in block.passes)
                else:
                    inclusion.write(bits, place, layer + 1)
                    if block is not None and layer in block.passes:
                        missing.write(bits, place, NEVER)
                if block is not None and layer in block.passes:
                    body += self._contribution(bits, block, block.passes[layer])
        return bits.finish(), body

    def _contribution(self, bits: BitWriter, block: Block, count: int) -> bytes:
        start = self._done.get(id(block), 0)
        self._done[id(block)] = start + count
        bits.put(*pass_count_code(count))
        lengths: list[tuple[bytes, int]] = []  # bytes, and what their number of passes adds to the length's bits
        up_to_cleanup = block.placeholders + 1 - start
        if up_to_cleanup > count:
            lengths.append((b"", count.bit_length() - 1))
        elif up_to_cleanup > 0:
            lengths.append((block.cleanup, up_to_cleanup.bit_length() - 1))
        refinements = min(count, count - up_to_cleanup)
        if refinements > 0:
            first = start + count - refinements == block.placeholders + 1
            last = start + count == block.placeholders + 1 + block.num_refinements
            piece = block.refinement[(0 if first else block.cut) : (None if last else block.cut)]
            lengths.append((piece, refinements - 1))
        length_bits = self._length_bits.get(id(block), 3)
        needed = max([len(piece).bit_length() - more for piece, more in lengths] + [length_bits]) + self._spare
        bits.put((1 << needed - length_bits + 1) - 2, needed - length_bits + 1)
        self._length_bits[id(block)] = needed
        for piece, more in lengths:
            bits.put(len(piece), needed + more)
        return b"".join(piece for piece, _ in lengths)
