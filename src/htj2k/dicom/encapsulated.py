"""Compressed frames: taken out of their fragments, whole, and of the size that the attributes announce.

Decoders of JPEG and JPEG 2000 fill what is missing with grey and report success. So the end marker must be
there, and the frame's own header is held against Rows, Columns and SamplesPerPixel before anything decodes it."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import pydicom
from pydicom.encaps import generate_frames

from .errors import DamagedInstance, InvalidInstance
from .fragments import read_fragments, require_no_more_frames
from .layout import PixelLayout
from .syntaxes import RLE

_END = b"\xff\xd9"  # EOI of JPEG, EOC of JPEG 2000
_JPEG_START = b"\xff\xd8"
_JPEG_2000_START = b"\xff\x4f\xff\x51"
_BOXES_START = b"\0\0\0\x0cjP  \r\n\x87\n"
# SOF0 to SOF15 without DHT, JPG and DAC (T.81 B.1.1.3), and SOF55 of JPEG-LS (T.87).
_FRAME_HEADERS = {*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC}
_WITHOUT_LENGTH = {0x01, *range(0xD0, 0xD9)}


@dataclass(frozen=True)
class FrameHeader:
    """What a compressed frame says of itself; `precision` in bits, `is_signed` None where it cannot tell."""

    rows: int
    columns: int
    components: int
    precision: int
    is_signed: bool | None


def compressed_frames(
    dataset: pydicom.FileDataset, layout: PixelLayout
) -> Iterator[tuple[bytes, FrameHeader | None]]:
    """Each frame with its header (None for RLE, which has none), without padding.

    Raises
    ------
    InvalidInstance
        There are more or fewer frames than NumberOfFrames says, one is not whole, or its header contradicts
        the attributes.
    """
    is_rle = dataset.file_meta.TransferSyntaxUID == RLE
    count = 0
    for count, frame in enumerate(_split(dataset, layout), start=1):
        if count > layout.frames:
            break
        yield (frame, None) if is_rle else _checked(frame, layout, count - 1)
    if count != layout.frames:
        more = "more" if count > layout.frames else f"only {count}"
        raise InvalidInstance(f"PixelData has {more} frames, but NumberOfFrames says {layout.frames}")


def _split(dataset: pydicom.FileDataset, layout: PixelLayout) -> Iterator[bytes]:
    element = dataset["PixelData"]
    if not element.is_undefined_length:
        raise InvalidInstance(
            "PixelData is not encapsulated, but TransferSyntaxUID "
            f"{dataset.file_meta.TransferSyntaxUID} names a compressed syntax"
        )
    try:
        require_no_more_frames(read_fragments(element.value), layout.frames)
        yield from generate_frames(
            element.value, number_of_frames=layout.frames, extended_offsets=extended_offsets(dataset)
        )
    except (MemoryError, DamagedInstance, Warning):  # of pydicom, where the caller made them errors
        raise
    except Exception as error:  # pydicom raises many types on damaged fragments and tables
        raise DamagedInstance(f"the fragments of PixelData are damaged: {error}") from error


def extended_offsets(dataset: pydicom.Dataset) -> tuple[bytes, bytes] | None:
    """The Extended Offset Table and its lengths, if the instance has them."""
    table, lengths = dataset.get("ExtendedOffsetTable"), dataset.get("ExtendedOffsetTableLengths")
    return (table, lengths) if table and lengths else None


def _checked(frame: bytes, layout: PixelLayout, index: int) -> tuple[bytes, FrameHeader]:
    frame = _without_padding(frame, index)
    try:
        header = _read_header(frame)
    except (IndexError, struct.error):
        header = None
    if header is None:
        raise DamagedInstance(
            f"frame {index} is neither JPEG, JPEG-LS nor JPEG 2000: it begins with {frame[:4]!r}"
        )
    _require_agreement(header, layout, index)
    return frame, header


def _without_padding(frame: bytes, index: int) -> bytes:
    """Fragments are padded to even length, with zero, or by some writers with a fill byte of JPEG."""
    whole = frame.rstrip(b"\0")
    if whole.endswith(_END + b"\xff"):
        whole = whole[:-1]
    if not whole.endswith(_END):
        raise DamagedInstance(
            f"frame {index} of PixelData is truncated: its {len(frame)} bytes do not end with an end marker (FFD9)"
        )
    return whole


def _read_header(frame: bytes) -> FrameHeader | None:
    if frame.startswith(_BOXES_START):
        frame = frame[frame.index(b"jp2c") + 4 :] if b"jp2c" in frame else b""
    if frame.startswith(_JPEG_2000_START):
        return _read_siz(frame)
    return _read_sof(frame) if frame.startswith(_JPEG_START) else None


def _read_siz(frame: bytes) -> FrameHeader:
    """ITU-T T.800 A.5.1."""
    x, y, x_offset, y_offset = struct.unpack_from(">4I", frame, 8)
    components, ssiz = struct.unpack_from(">HB", frame, 40)
    return FrameHeader(y - y_offset, x - x_offset, components, (ssiz & 0x7F) + 1, bool(ssiz & 0x80))


def _read_sof(frame: bytes) -> FrameHeader | None:
    """ITU-T T.81 B.2.2, the first frame header."""
    position = 2
    while frame[position] == 0xFF:
        marker = frame[position + 1]
        if marker in _FRAME_HEADERS:
            precision, rows, columns, components = struct.unpack_from(">BHHB", frame, position + 4)
            return FrameHeader(rows, columns, components, precision, None)
        if marker == 0xFF:  # a fill byte
            position += 1
        elif marker in _WITHOUT_LENGTH:
            position += 2
        else:
            position += 2 + int.from_bytes(frame[position + 2 : position + 4], "big")
    return None


def _require_agreement(header: FrameHeader, layout: PixelLayout, index: int) -> None:
    found = (header.rows, header.columns, header.components)
    if found != (layout.rows, layout.columns, layout.samples):
        raise InvalidInstance(
            f"frame {index} has {header.rows} rows, {header.columns} columns and {header.components} components, "
            f"but Rows is {layout.rows}, Columns {layout.columns}, SamplesPerPixel {layout.samples}"
        )
    if header.precision > layout.precision:
        raise InvalidInstance(
            f"frame {index} has samples of {header.precision} bits, but BitsAllocated is {layout.bits_allocated}"
        )
