"""What the worker's replies are worth: they are read as if the data had taken it over."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from htj2k import _arguments as arguments
from htj2k._checksum import DecodedLevels, ResolutionChecksum, crc32

from .shared_file import SharedFile

_DTYPES = {np.dtype(code).str: np.dtype(code) for code in ("?", "u1", "i1", "u2", "i2", "u4", "i4")}


def take_pixels(value: dict[str, Any], shared: SharedFile) -> NDArray[Any]:
    """The pixels in memory of this process, and the same that the worker has decoded."""
    shape = tuple(arguments.integer("an axis", axis, 1, 2**32) for axis in value["shape"])
    dtype = _DTYPES[value["dtype"]]
    offset = arguments.integer("the offset", value["offset"], 0, shared.size)
    if len(shape) not in (2, 3) or offset + math.prod(shape) * dtype.itemsize > shared.size:
        raise ValueError(f"pixels of shape {shape} at byte {offset}")
    pixels: NDArray[Any] = np.empty(shape, dtype)
    shared.read_into(pixels.data.cast("B"), offset)
    if crc32(pixels) != value["crc32"]:
        raise ValueError("the pixels are not those that were decoded")
    return pixels


def take_sizes(value: dict[str, Any], _: SharedFile) -> tuple[list[tuple[int, int]], list[int]]:
    """Width and height of the resolutions from base to full, and the bit depths that occur."""
    sizes = [(int(width), int(height)) for width, height in value["sizes"]]
    if not sizes:
        raise ValueError("no resolutions")
    return sizes, [int(bits) for bits in value["bit_depths"]]


def take_levels(value: dict[str, Any], wanted: range, wants_extremes: bool) -> DecodedLevels:
    """Checksums by `reduce`, and the extremes: all that were wanted, as what is lacking would not be compared."""
    levels = {int(reduce): ResolutionChecksum(*map(int, level)) for reduce, *level in value["levels"]}
    extremes = value["extremes"]
    if extremes is not None:
        smallest, largest = map(int, extremes)
        extremes = smallest, largest
    if not levels.keys() >= set(wanted) or (wants_extremes and extremes is None):
        raise ValueError("it lacks what was asked for")
    return DecodedLevels(None, levels, extremes)


def put(pixels: NDArray[Any], out: NDArray[Any]) -> NDArray[Any]:
    """Copy into an array of the caller's."""
    if out.shape != pixels.shape or out.dtype != pixels.dtype:
        raise ValueError(
            f"out has shape {out.shape} and dtype {out.dtype}; this codestream decodes to {pixels.shape} of dtype"
            f" {pixels.dtype}"
        )
    if not out.flags.writeable:
        raise ValueError("out is read-only")
    out[...] = pixels
    return out
