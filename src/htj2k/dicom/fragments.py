"""Frames of encapsulated PixelData (DICOM PS3.5 A.4), read from where they lie, one at a time.

Only the item headers are read at first. Which fragments make a frame is what the offset tables say; where they
are empty or wrong, a frame begins with each fragment that begins as a JPEG 2000 codestream or file does."""

from __future__ import annotations

import io
import re
import struct
from itertools import pairwise
from typing import BinaryIO, NamedTuple

from .errors import DamagedInstance

ITEM = b"\xfe\xff\x00\xe0"
_DELIMITER = b"\xfe\xff\xdd\xe0"
_BEGINNINGS = (b"\xff\x4f\xff\x51", b"\x00\x00\x00\x0cjP  ")  # SOC and SIZ; the signature box


# In every compressed syntax: SOI, the above, and the header of RLE with its count of segments and first offset.
_ANY_BEGINNING = re.compile(rb"\xff\xd8\xff|\xff\x4f\xff\x51|\0\0\0\x0cjP  |[\x01-\x0f]\0\0\0\x40\0\0\0")


class Fragment(NamedTuple):
    """One item: its offset behind the Basic Offset Table, where its value lies in the file, and how it begins."""

    offset: int
    position: int
    length: int
    head: bytes


class EncapsulatedFrames:
    """The frames of a PixelData element whose value begins at the file's position.

    Parameters
    ----------
    file : file object
        Open for reading in binary mode, positioned at the Basic Offset Table.
    count : int
        NumberOfFrames.
    extended_offsets : bytes
        Value of ExtendedOffsetTable, or nothing.

    Raises
    ------
    DamagedInstance
        The element ends early, has something else than items, or no frames can be told apart.
    """

    def __init__(self, file: BinaryIO, count: int, extended_offsets: bytes = b"") -> None:
        self._file = file
        table, fragments = _read_items(file)
        offsets = _numbers("<%dQ", extended_offsets) or _numbers("<%dI", table)
        self._frames = _group(fragments, count, offsets)

    def __len__(self) -> int:
        return len(self._frames)

    def __getitem__(self, index: int) -> bytes:
        return b"".join(self._read(fragment) for fragment in self._frames[index])

    def _read(self, fragment: Fragment) -> bytes:
        self._file.seek(fragment.position)
        data = self._file.read(fragment.length)
        if len(data) != fragment.length:
            raise _truncated(fragment.position, fragment.length, len(data))
        return data


def require_no_more_frames(fragments: list[Fragment], count: int) -> None:
    """Refuse frames that would count as the end of the one before and be lost: decoders stop before them."""
    beginnings = sum(_ANY_BEGINNING.match(fragment.head) is not None for fragment in fragments)
    if beginnings > count:
        raise DamagedInstance(f"NumberOfFrames is {count}, but {beginnings} fragments of PixelData begin a frame")


def read_fragments(value: bytes) -> list[Fragment]:
    """The fragments of a PixelData element in memory."""
    return _read_items(io.BytesIO(value))[1]


def _numbers(form: str, table: bytes) -> list[int]:
    size = struct.calcsize(form % 1)
    return list(struct.unpack_from(form % (len(table) // size), table))


def _read_items(file: BinaryIO) -> tuple[bytes, list[Fragment]]:
    """The Basic Offset Table and where the fragments lie."""
    end = _size(file)
    length = _item_length(file, end)
    if length is None:
        raise DamagedInstance("PixelData has no items, not even a Basic Offset Table")
    table = file.read(length)
    first = file.tell()
    fragments = []
    while (length := _item_length(file, end)) is not None:
        position = file.tell()
        fragments.append(Fragment(position - 8 - first, position, length, file.read(min(length, 12))))
        file.seek(position + length)
    return table, fragments


def _size(file: BinaryIO) -> int:
    here = file.tell()
    end = file.seek(0, 2)
    file.seek(here)
    return end


def _item_length(file: BinaryIO, end: int) -> int | None:
    """Length of the item that begins here; None at the end of the sequence."""
    here = file.tell()
    header = file.read(8)
    if header[:4] == _DELIMITER or not header:  # a dataset in memory may lack the delimiter
        return None
    if len(header) < 8 or header[:4] != ITEM:
        raise DamagedInstance(f"PixelData has {header!r} at byte {here} where an item should begin")
    length: int = struct.unpack("<I", header[4:])[0]
    if here + 8 + length > end:
        raise _truncated(here + 8, length, end - here - 8)
    return length


def _truncated(position: int, length: int, present: int) -> DamagedInstance:
    return DamagedInstance(
        f"PixelData is truncated: the item at byte {position} has {length} bytes, {present} are there. "
        "Copy or export the file again"
    )


def _group(fragments: list[Fragment], count: int, offsets: list[int]) -> list[list[Fragment]]:
    """The fragments of each frame."""
    require_no_more_frames(fragments, count)
    stop = len(fragments)
    while stop > count and fragments[stop - 1].length == 0:  # some writers end with an empty fragment
        stop -= 1
    fragments = fragments[:stop]
    by_offset = {fragment.offset: i for i, fragment in enumerate(fragments)}
    starts = [by_offset[offset] for offset in offsets if offset in by_offset]
    if len(starts) != count or len(offsets) != count or starts != sorted(set(starts)) or starts[0] != 0:
        starts = _starts(fragments, count)
    return [fragments[start:stop] for start, stop in pairwise([*starts, len(fragments)])]


def _starts(fragments: list[Fragment], count: int) -> list[int]:
    """Without a table that fits."""
    if fragments and count == 1:
        return [0]
    if len(fragments) == count:
        return list(range(count))
    starts = [i for i, fragment in enumerate(fragments) if fragment.head.startswith(_BEGINNINGS)]
    if len(starts) == count and starts[0] == 0:
        return starts
    raise DamagedInstance(
        f"NumberOfFrames is {count}, but PixelData has {len(fragments)} fragments, {len(starts)} of which begin a "
        "codestream, and no offset table that tells the frames apart"
    )
