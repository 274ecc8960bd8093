"""A picture of the pixels that differ. Written here, so that failing tests need no imaging library."""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .differences import Differences

_DIMMED = 112  # the brightest that an equal pixel gets: differing ones are white and stand out


def picture_path(picture: str | os.PathLike[str]) -> Path:
    """The path of a picture that can be written; ValueError for another format."""
    path = Path(picture)
    if path.suffix.lower() not in (".png", ".pgm"):
        raise ValueError(f"picture is {str(path)!r}; its name must end in .png or .pgm")
    return path


def write_picture(path: Path, differences: Differences) -> None:
    """Draw the differing pixels in white over the expected image, which is dimmed."""
    image = _dimmed(differences.expected)
    image[differences.pixels] = 255
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_png(image) if path.suffix.lower() == ".png" else _pgm(image))


def _dimmed(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    grey = pixels.astype(np.float64)
    if grey.ndim == 3:
        grey = grey.mean(axis=2)
    low, high = grey.min(), grey.max()
    dimmed: NDArray[np.uint8] = ((grey - low) * (_DIMMED / max(high - low, 1))).astype(np.uint8)
    return dimmed


def _pgm(image: NDArray[np.uint8]) -> bytes:
    return b"P5\n%d %d\n255\n" % image.shape[::-1] + image.tobytes()


def _png(image: NDArray[np.uint8]) -> bytes:
    """ISO/IEC 15948: greyscale of 8 bits, each row unfiltered (filter type 0)."""
    header = struct.pack(">IIBBBBB", image.shape[1], image.shape[0], 8, 0, 0, 0, 0)
    rows = np.pad(image, ((0, 0), (1, 0))).tobytes()
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
