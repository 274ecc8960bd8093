"""Uncompressed pixel data to arrays and back.

The samples are taken as they lie in the file, in their container: no rescale, no colour conversion, no
masking of bits above BitsStored. That is what HealthImaging's checksums are over, and it keeps embedded
overlays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray

from .errors import DamagedInstance, InvalidInstance
from .layout import PixelLayout


def stored_bytes(dataset: pydicom.Dataset, layout: PixelLayout) -> memoryview:
    """PixelData without padding, its length held against what the attributes announce.

    Zeros behind the last frame are tolerated as padding, as long as they are fewer than one frame. Anything
    else means that an attribute is wrong, and reading on would show wrong pixels."""
    element = dataset["PixelData"]
    if element.is_undefined_length:
        raise InvalidInstance(
            "PixelData is encapsulated (compressed), but TransferSyntaxUID names an uncompressed syntax"
        )
    data = memoryview(element.value or b"")
    expected = stored_length(layout)
    if len(data) < expected:
        raise DamagedInstance(f"PixelData has {len(data)} bytes, but {_formula(layout)}: the file is truncated")
    rest = data[expected:]
    if len(rest) > 1 and (8 * len(rest) >= layout.frame_bits or any(rest)):
        raise InvalidInstance(
            f"PixelData has {len(data)} bytes, but {_formula(layout)}: one of these attributes is wrong"
        )
    return data[:expected] if not layout.swap_words else _swapped(data, expected)


def stored_length(layout: PixelLayout) -> int:
    """Bytes of all frames without padding."""
    return (layout.frame_bits * layout.frames + 7) // 8


def _formula(layout: PixelLayout) -> str:
    samples = 2 if layout.is_422 else layout.samples
    bits = layout.bits_allocated
    return (
        f"Rows {layout.rows} x Columns {layout.columns} x {samples} samples x "
        f"{'1 bit' if bits == 1 else f'{bits // 8} bytes'} x {layout.frames} frame(s) make {stored_length(layout)}"
    )


def _swapped(data: memoryview, expected: int) -> memoryview:
    padded = np.frombuffer(bytes(data) + bytes(len(data) % 2), "u2")
    return memoryview(padded.byteswap().tobytes())[:expected]


def frame_at(data: memoryview, layout: PixelLayout, index: int) -> NDArray[Any]:
    """One frame of the bytes that `stored_bytes` returned; a view of them where that is possible."""
    begin, end = index * layout.frame_bits, (index + 1) * layout.frame_bits
    if layout.bits_allocated == 1:
        return _unpacked(data, begin, end).reshape(layout.shape)
    flat = np.frombuffer(data[begin // 8 : end // 8], layout.dtype)
    flat = flat.astype(layout.dtype.newbyteorder("="), copy=False)
    if layout.is_422:
        return _expand_422(flat, layout)
    if layout.planar:
        return np.moveaxis(flat.reshape(layout.samples, layout.rows, layout.columns), 0, -1)
    return flat.reshape(layout.shape)


def _unpacked(data: memoryview, begin: int, end: int) -> NDArray[Any]:
    """Single bits as bytes, the lowest bit of a byte first (PS3.5 8.1.1)."""
    packed = np.frombuffer(data[begin // 8 : (end + 7) // 8], "u1")
    return np.unpackbits(packed, bitorder="little")[begin % 8 :][: end - begin]


def _expand_422(flat: NDArray[Any], layout: PixelLayout) -> NDArray[Any]:
    # PS3.3 C.7.6.3.1.2: Y1 Y2 CB CR for two pixels side by side.
    pairs = flat.reshape(layout.rows, layout.columns // 2, 4)
    pixels = np.empty((layout.rows, layout.columns // 2, 2, 3), flat.dtype)
    pixels[..., 0] = pairs[..., :2]
    pixels[..., 1] = pairs[..., 2:3]
    pixels[..., 2] = pairs[..., 3:4]
    return pixels.reshape(layout.rows, layout.columns, 3)


def pack_frames(frames: Iterator[NDArray[Any]], layout: PixelLayout) -> bytes:
    """PixelData of all frames as `layout` says, in Little Endian and padded to even length; undoes `frame_at`."""
    if layout.bits_allocated == 1:
        # Frames follow each other without a gap, also inside of a byte.
        bits = np.concatenate([frame.reshape(-1) for frame in frames])
        data = np.packbits(bits, bitorder="little").tobytes()
    else:
        data = b"".join(_packed(frame, layout) for frame in frames)
    return data + bytes(len(data) % 2)


def _packed(frame: NDArray[Any], layout: PixelLayout) -> bytes:
    if layout.is_422:
        frame = _contract_422(frame, layout)
    elif layout.planar:
        frame = np.moveaxis(frame, -1, 0)
    return frame.astype(frame.dtype.newbyteorder("<"), copy=False).tobytes()


def _contract_422(frame: NDArray[Any], layout: PixelLayout) -> NDArray[Any]:
    pairs = frame.reshape(layout.rows, layout.columns // 2, 2, 3)
    colour = pairs[..., 0, 1:]
    if not np.array_equal(colour, pairs[..., 1, 1:]):
        raise InvalidInstance(
            "PhotometricInterpretation is YBR_FULL_422, but two pixels of a pair differ in colour"
        )
    return np.concatenate([pairs[..., 0], colour], axis=-1)
