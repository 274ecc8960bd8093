"""Pixels from files and into files: .npy, raw samples, one frame of a DICOM file, PNG."""

from __future__ import annotations

import io
import itertools
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from htj2k.healthimaging.files import replace_file

Pixels = np.ndarray[Any, np.dtype[Any]]

_NUMPY_MAGIC = b"\x93NUMPY"


def is_dicom(data: bytes) -> bool:
    """Whether the bytes begin as a DICOM P10 file."""
    return data[128:132] == b"DICM"


def holds_pixels(path: Path) -> bool:
    """Whether the file is one that `load` reads without being told its shape: .npy or DICOM."""
    with open(path, "rb") as file:
        head = file.read(132)
    return head[:6] == _NUMPY_MAGIC or is_dicom(head)


def load(
    path: Path, *, shape: str | None = None, dtype: str | None = None, frame: int | None = None
) -> tuple[Pixels, bool | None]:
    """Read pixels and the color transform to encode them with (None: the codec's default)."""
    data = path.read_bytes()
    if shape is not None or dtype is not None:
        require_no_frame(path, frame)
        return _load_raw(data, shape, dtype), None
    if data[:6] == _NUMPY_MAGIC:
        require_no_frame(path, frame)
        return _load_npy(path, data), None
    if is_dicom(data):
        return _load_dicom(path, frame or 0)
    raise ValueError(f"{path} is neither .npy nor DICOM; for raw samples give --shape and --dtype")


def require_no_frame(path: Path, frame: int | None) -> None:
    """Refuse --frame for what is one frame."""
    if frame is not None:
        raise ValueError(f"{path}: --frame is for DICOM files; this file is one frame")


def _load_npy(path: Path, data: bytes) -> Pixels:
    try:
        pixels: Pixels = np.load(io.BytesIO(data), allow_pickle=False)
    except MemoryError:
        raise
    except Exception as error:  # numpy raises many types on damaged headers
        reason = str(error)
        if "Object arrays" in reason:
            reason = "it holds Python objects; store samples in it, of an integer dtype such as uint16"
        raise ValueError(f"{path} cannot be read as .npy: {reason}") from None
    return pixels


def _load_raw(data: bytes, shape: str | None, dtype: str | None) -> Pixels:
    if shape is None or dtype is None:
        raise ValueError("raw samples need both --shape ROWS,COLUMNS[,COMPONENTS] and --dtype, for example <u2")
    extents = _extents(shape)
    try:
        sample = np.dtype(dtype)
    except (ValueError, TypeError) as error:
        raise ValueError(f"--dtype {dtype}: {error}") from None
    expected = sample.itemsize
    for extent in extents:
        expected *= extent
    if len(data) != expected:
        raise ValueError(f"the file has {len(data)} bytes, but --shape {shape} --dtype {dtype} make {expected}")
    return np.frombuffer(data, sample).reshape(extents)


def _extents(shape: str) -> tuple[int, ...]:
    try:
        extents = tuple(int(extent) for extent in shape.split(","))
    except ValueError:
        extents = ()
    if len(extents) not in (2, 3) or min(extents) < 1:
        raise ValueError(f"--shape {shape}: give ROWS,COLUMNS or ROWS,COLUMNS,COMPONENTS, for example 512,512")
    return extents


def _load_dicom(path: Path, frame: int) -> tuple[Pixels, bool | None]:
    from htj2k.dicom import read_dataset
    from htj2k.dicom.frames import LabelledFrames
    from htj2k.dicom.layout import color_transform_of, has_pixels, pixel_layout

    dataset = read_dataset(path)
    if not has_pixels(dataset):
        raise ValueError(f"{path} has no pixel data")
    layout = pixel_layout(dataset)
    if not 0 <= frame < layout.frames:
        raise ValueError(f"--frame {frame}: {path} has {layout.frames} frame(s), counted from 0")
    frames = LabelledFrames(dataset, layout)
    pixels = next(itertools.islice(frames, frame, None))
    return pixels, color_transform_of(frames.photometric)


def save(path: Path, pixels: Pixels) -> None:
    """Write pixels; the suffix of `path` says how."""
    require_suffix(path)
    replace_file(path, _WRITERS[path.suffix.lower()](pixels))


def require_suffix(path: Path) -> None:
    """Refuse a name that says no way to write pixels."""
    if path.suffix.lower() not in _WRITERS:
        raise ValueError(f"{path}: the suffix must be one of {', '.join(_WRITERS)}")


def _npy(pixels: Pixels) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, pixels, allow_pickle=False)
    return buffer.getvalue()


def _raw(pixels: Pixels) -> bytes:
    return pixels.astype(pixels.dtype.newbyteorder("<"), copy=False).tobytes()


def _png(pixels: Pixels) -> bytes:
    """PNG holds unsigned 8 or 16 bit grey or RGB, most significant byte first; the values are not scaled."""
    components = 1 if pixels.ndim == 2 else pixels.shape[2]
    if pixels.dtype.kind != "u" or pixels.dtype.itemsize > 2 or components not in (1, 3):
        raise ValueError(
            f"PNG cannot hold {components} component(s) of {pixels.dtype} without changing values; "
            "write .npy or .raw"
        )
    rows = pixels.astype(pixels.dtype.newbyteorder(">")).reshape(pixels.shape[0], -1).view("u1")
    lines = np.insert(rows, 0, 0, axis=1)  # filter type 0 before each row
    header = struct.pack(
        ">IIBBBBB",
        pixels.shape[1],
        pixels.shape[0],
        pixels.dtype.itemsize * 8,
        2 if components == 3 else 0,
        0,
        0,
        0,
    )
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(lines.tobytes(), 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, body) for name, body in chunks)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


_WRITERS = {".npy": _npy, ".raw": _raw, ".png": _png}
