"""Checksums of pixels at every resolution: of arrays and of codestreams.

The checksum of a resolution is zlib's CRC-32 over its samples, tightly packed, row-major, interleaved by
pixel, little-endian, in the decoded type (1, 2 or 4 bytes by bit depth). AWS HealthImaging calls the list an
image frame's "pixel data checksum from base to full resolution".
"""

from __future__ import annotations

import math
import operator
import re
import reprlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

from . import _arguments as arguments
from . import _core
from ._buffers import Buffer
from ._decode import core_decode_options, log_messages
from ._info import DEFAULT_MAX_PIXELS
from ._levels import default_num_decompositions
from ._threads import pool_size

__all__ = [
    "Clamp",
    "ResolutionChecksum",
    "codestream_checksums",
    "crc32",
    "crc32_combine",
    "decode_with_checksum",
    "pixel_checksums",
    "pixel_checksums_and_range",
]

Clamp = Literal["precision", "container"]
Pixels = npt.NDArray[np.generic]

_INTEGER = re.compile(r"[+-]?[0-9]+")


def to_integer(value: object, name: str) -> int:
    """Read an integer as JSON writers spell it: an integer, an integral float or a string of digits."""
    if isinstance(value, str) and _INTEGER.fullmatch(value.strip()):
        return int(value)
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        return int(value)
    if isinstance(value, (str, float)):
        raise ValueError(f"{name} is {reprlib.repr(value)}; expected an integer")
    if isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} is {value!r}, a bool; expected an integer")
    try:
        return operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        kind = type(value).__name__
        raise TypeError(f"{name} is {reprlib.repr(value)}, of type {kind}; expected an integer") from None


def to_checksum(value: object, name: str = "Checksum") -> int:
    """Read a CRC-32; a negative value is the same 32 bits taken as signed, as JavaScript computes it."""
    number = to_integer(value, name)
    if not -(1 << 31) <= number < 1 << 32:
        raise ValueError(f"{name} is {number}, which is no 32-bit value")
    return number & 0xFFFFFFFF


@dataclass(frozen=True, init=False)
class ResolutionChecksum:
    """The checksum of one resolution.

    Arguments may be as in a record that `from_dict` reads; the attributes are ints.

    Attributes
    ----------
    width, height : int
        Size of the resolution in samples.
    checksum : int
        CRC-32 of its samples, 0 to 2**32 - 1.
    """

    width: int
    height: int
    checksum: int

    def __init__(self, width: int, height: int, checksum: int) -> None:
        # Every level of every frame makes one, and what dataclass makes takes twice as long.
        fields = self.__dict__
        fields["width"] = width if type(width) is int else to_integer(width, "Width")
        fields["height"] = height if type(height) is int else to_integer(height, "Height")
        is_plain = type(checksum) is int and 0 <= checksum < 1 << 32
        fields["checksum"] = checksum if is_plain else to_checksum(checksum)

    def to_dict(self) -> dict[str, int]:
        """Return ``{"Width": ..., "Height": ..., "Checksum": ...}``, as AWS HealthImaging writes it."""
        return {"Width": self.width, "Height": self.height, "Checksum": self.checksum}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> ResolutionChecksum:
        """Read a record with the keys Width, Height and Checksum.

        Parameters
        ----------
        record : mapping
            Values may be integers, integral floats or strings of digits. A negative checksum is taken as the
            signed form of the same 32 bits.

        Returns
        -------
        ResolutionChecksum

        Raises
        ------
        TypeError
            If `record` is no mapping, or a value is neither a number nor a string.
        ValueError
            If a key is missing or a value is out of range.
        """
        if not isinstance(record, Mapping):
            raise TypeError(
                f"a resolution's checksum is {reprlib.repr(record)};"
                " expected a dict with Width, Height and Checksum"
            )
        missing = [key for key in ("Width", "Height", "Checksum") if key not in record]
        if missing:
            raise ValueError(
                f"a resolution's checksum lacks {' and '.join(missing)}: {reprlib.repr(dict(record))}"
            )
        result = cls(record["Width"], record["Height"], record["Checksum"])
        if result.width < 1 or result.height < 1:
            raise ValueError(
                f"a resolution's checksum has size {result.width}x{result.height}; each side must be at least 1"
            )
        return result


def crc32(data: Any, value: int = 0) -> int:
    """Return zlib's CRC-32 of some bytes, several times faster than zlib.

    Parameters
    ----------
    data : bytes-like
        Any C-contiguous buffer: bytes, bytearray, memoryview, mmap, numpy array. An array counts as its bytes
        in memory, in whichever byte order they are.
    value : int
        The checksum of what came before, to continue it: ``crc32(b, crc32(a)) == crc32(a + b)``.

    Returns
    -------
    int
        0 to 2**32 - 1.

    Raises
    ------
    TypeError
        If `data` has no buffer.
    ValueError
        If `data` is not C-contiguous.

    Notes
    -----
    The GIL is released for large buffers, so other threads must not write to `data` meanwhile.

    Examples
    --------
    >>> htj2k.crc32(b"123456789") == 0xCBF43926
    True
    """
    return _core.crc32(data, operator.index(value) & 0xFFFFFFFF)


def crc32_combine(crc1: int, crc2: int, size2: int) -> int:
    """Return the CRC-32 of two concatenated messages from their checksums.

    Parameters
    ----------
    crc1, crc2 : int
        Checksums of the first and of the second message, each computed from the start value 0.
    size2 : int
        Length of the second message in bytes, 0 to 2**64 - 1.

    Returns
    -------
    int
        0 to 2**32 - 1.

    Raises
    ------
    TypeError, ValueError
        If `size2` is no integer or out of range, or a checksum is no 32-bit value.

    Examples
    --------
    >>> both = htj2k.crc32_combine(htj2k.crc32(b"1234"), htj2k.crc32(b"56789"), 5)
    >>> both == htj2k.crc32(b"123456789")
    True
    """
    size2 = arguments.integer("size2", size2, 0, (1 << 64) - 1)
    return _core.crc32_combine(to_checksum(crc1, "crc1"), to_checksum(crc2, "crc2"), size2)


def checksum_of_array(pixels: Pixels) -> int:
    """Return the checksum of decoded pixels as they are: no clamping, no change of type."""
    little_endian = pixels.dtype.newbyteorder("<")
    return _core.crc32(np.ascontiguousarray(pixels, dtype=little_endian), 0)


def pixel_checksums(
    pixels: npt.ArrayLike,
    *,
    bits_stored: int | None = None,
    num_decompositions: int | None = None,
    color_transform: bool | None = None,
    clamp: Clamp = "precision",
) -> list[ResolutionChecksum]:
    """Return the checksums that a lossless codestream of these pixels has at each of its resolutions.

    They come from the samples alone, through this function's own reversible 5/3 and component transforms
    (ITU-T T.800 Annexes F and G), so they check a codec instead of trusting it.

    Parameters
    ----------
    pixels : array_like
        (rows, columns) or (rows, columns, components) of bool, uint8, int8, uint16, int16, uint32 or int32;
        any strides, either byte order.
    bits_stored : int, optional
        Bit depth of the codestream, 1 to the width of the dtype, which is the default (bool: 1). It decides
        the decoded type, so the bytes that are summed: up to 8 bits 1 byte a sample, up to 16 bits 2, else 4.
    num_decompositions : int, optional
        Levels below the full resolution, 0 to 32. By default the fewest for which the base width or height is
        at most 64, at least 1.
    color_transform : bool, optional
        Whether the codestream uses the reversible component transform on the first three components; by
        default for images of exactly three.
    clamp : {"precision", "container"}
        Lower resolutions overshoot the range of the samples at hard edges. They are clamped to the range of
        the bit depth (as the standard and OpenJPEG do), or to that of the decoded type (as openjphjs does).

    Returns
    -------
    list of ResolutionChecksum
        ``num_decompositions + 1`` of them, from base to full.

    Raises
    ------
    TypeError
        If the dtype is not supported.
    ValueError
        If a sample does not fit in `bits_stored` (the message names its value and index), the array is empty
        or has other than 2 or 3 axes, or an option is out of range.

    Examples
    --------
    >>> pixels = np.arange(12, dtype=np.uint8).reshape(3, 4)
    >>> for level in htj2k.pixel_checksums(pixels, num_decompositions=1):
    ...     print(level.to_dict())
    {'Width': 2, 'Height': 2, 'Checksum': 181168228}
    {'Width': 4, 'Height': 3, 'Checksum': 2456865125}
    """
    return pixel_checksums_and_range(
        pixels,
        bits_stored=bits_stored,
        num_decompositions=num_decompositions,
        color_transform=color_transform,
        clamp=clamp,
    )[0]


def pixel_checksums_and_range(
    pixels: npt.ArrayLike,
    *,
    bits_stored: int | None = None,
    num_decompositions: int | None = None,
    color_transform: bool | None = None,
    clamp: Clamp = "precision",
) -> tuple[list[ResolutionChecksum], int, int]:
    """Return `pixel_checksums`, the smallest and the largest sample, all from one pass over the pixels."""
    array = arguments.pixel_array(pixels)
    bit_depth = arguments.stored_bits(bits_stored, array.dtype)
    if color_transform is None:
        color_transform = array.ndim == 3 and array.shape[2] == 3
    if num_decompositions is None:
        num_decompositions = default_num_decompositions(array.shape[1], array.shape[0])
    levels, low, high = _core.pixel_checksums(
        array,
        bit_depth=bit_depth,
        num_decompositions=arguments.integer("num_decompositions", num_decompositions, 0, 32),
        color_transform=arguments.boolean("color_transform", color_transform),
        clamp_to_container=arguments.clamps_to_container(clamp),
    )
    _check_samples_fit(array, bit_depth, low, high)
    return [ResolutionChecksum(*level) for level in levels], low, high


def _check_samples_fit(pixels: Pixels, bits: int, low: int, high: int) -> None:
    signed = pixels.dtype.kind == "i"
    least, most = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    if least <= low and high <= most:
        return
    wide = (pixels.view(np.uint8) if pixels.dtype.kind == "b" else pixels).astype(np.int64)
    index = tuple(int(i) for i in np.argwhere((wide < least) | (wide > most))[0])
    raise ValueError(
        f"sample {int(wide[index])} at index {index} does not fit in {bits} bits; expected {least} to {most}"
    )


class DecodedLevels(NamedTuple):
    """What one decode told about a resolution and those below it."""

    pixels: NDArray[Any] | None
    levels: dict[int, ResolutionChecksum]  # by reduce
    extremes: tuple[int, int] | None  # of the highest of the resolutions, if wanted


def checksum_levels(
    data: Buffer,
    first: int,
    last: int,
    *,
    clamp: Clamp = "precision",
    max_pixels: int | None = DEFAULT_MAX_PIXELS,
    decode_each_level: bool = False,
    wants_extremes: bool = False,
    wants_pixels: bool = False,
    out: NDArray[Any] | None = None,
    most_threads: Callable[[], int] = pool_size,
) -> DecodedLevels:
    """Decode at ``reduce=first`` and return the checksums from there down to ``reduce=last``.

    `most_threads` is only asked for frames that are large enough for more than one.
    """
    pixels, levels, extremes, messages = _core.codestream_checksums(
        data,
        first,
        last - first,
        decode_each_level,
        wants_extremes,
        arguments.clamps_to_container(clamp),
        max_pixels,
        wants_pixels,
        out,
        most_threads,
    )
    log_messages(messages)
    return DecodedLevels(pixels, by_reduce(levels, first), extremes)


def by_reduce(levels: _core.Levels, first: int) -> dict[int, ResolutionChecksum]:
    """Name the core's levels, the last of which is that of ``reduce=first``."""
    last = first + len(levels) - 1
    return {last - i: ResolutionChecksum(*level) for i, level in enumerate(levels)}


def other_clamp(clamp: Clamp) -> Clamp:
    return "container" if clamp == "precision" else "precision"


def decode_with_checksum(
    data: Buffer,
    *,
    reduce: int = 0,
    out: NDArray[Any] | None = None,
    clamp: Clamp = "precision",
    max_pixels: int | None = DEFAULT_MAX_PIXELS,
) -> tuple[NDArray[Any], ResolutionChecksum]:
    """Decode a codestream and checksum its pixels in one pass, while they are in the cache.

    Parameters
    ----------
    data, reduce, out, clamp, max_pixels
        As in `decode`.

    Returns
    -------
    pixels : ndarray
        As `decode` returns them.
    checksum : ResolutionChecksum
        That of these pixels.

    Raises
    ------
    HTJ2KError, TypeError, ValueError
        As `decode` does.

    Examples
    --------
    >>> pixels, checksum = htj2k.decode_with_checksum(htj2k.encode(np.zeros((8, 8), np.int16)))
    >>> checksum.checksum == htj2k.crc32(pixels)
    True
    """
    reduce, _, most = core_decode_options(reduce, clamp, max_pixels)
    found = checksum_levels(
        data,
        reduce,
        reduce,
        clamp=clamp,
        max_pixels=most,
        wants_pixels=True,
        out=arguments.out_array(out),
    )
    assert found.pixels is not None
    return found.pixels, found.levels[reduce]


def codestream_checksums(
    data: Buffer,
    *,
    reduce: int | None = None,
    clamp: Clamp = "precision",
    max_pixels: int | None = DEFAULT_MAX_PIXELS,
    decode_each_level: bool = False,
) -> list[ResolutionChecksum]:
    """Decode a codestream and return the checksum of each of its resolutions.

    Parameters
    ----------
    data : bytes-like
        A J2C codestream, or a JPH or JP2 file with one.
    reduce : int, optional
        Only the resolution that discards so many of the highest levels.
    clamp : {"precision", "container"}
        What decoded samples are clamped to, as in `decode`.
    max_pixels : int or None
        As in `decode`.
    decode_each_level : bool
        As in `verify`.

    Returns
    -------
    list of ResolutionChecksum
        From base to full; one element when `reduce` is given.

    Raises
    ------
    HTJ2KError
        If `data` cannot be decoded.
    TypeError, ValueError
        If `reduce` is not a resolution of the codestream, or another argument is wrong.

    Examples
    --------
    >>> codestream = htj2k.encode(np.zeros((100, 200), np.uint8))
    >>> [(level.width, level.height) for level in htj2k.codestream_checksums(codestream)]
    [(100, 50), (200, 100)]
    """
    first, to_container, most = core_decode_options(0 if reduce is None else reduce, clamp, max_pixels)
    _, levels, _, messages = _core.codestream_checksums(
        data,
        first,
        None if reduce is None else 0,
        arguments.boolean("decode_each_level", decode_each_level),
        False,
        to_container,
        most,
        False,
        None,
        pool_size,
    )
    log_messages(messages)
    return [ResolutionChecksum(*level) for level in levels]
