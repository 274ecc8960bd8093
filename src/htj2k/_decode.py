"""`decode` and `decode_partial`: whole and exact, or damaged and labelled so."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from . import _arguments as arguments
from . import _core
from ._buffers import Buffer
from ._info import DEFAULT_MAX_PIXELS
from ._samples import NOTHING_SAID, SampleFormat, plan_storage, reinterpret
from ._threads import pool_size, thread_count

_logger = logging.getLogger("htj2k")


def decode(
    data: Buffer,
    *,
    reduce: int = 0,
    out: NDArray[Any] | None = None,
    clamp: str = "precision",
    max_pixels: int | None = DEFAULT_MAX_PIXELS,
    expected_shape: Sequence[int] | None = None,
    dtype: DTypeLike | None = None,
    bits_stored: int | None = None,
    is_signed: bool | None = None,
    engine: str | None = None,
    threads: int | None = None,
    region: Sequence[int] | None = None,
) -> NDArray[Any]:
    """Decode an HTJ2K codestream, or the one inside a JPH or JP2 file, at any resolution.

    Strict: every byte that the resolution needs must be there and every packet must be whole, or there is an
    error and no pixels. HTJ2K itself has no checksum, so a changed byte inside a codeblock can still decode to
    other pixels without an error: :func:`verify` finds that.

    Parameters
    ----------
    data : buffer
        Any C-contiguous buffer of bytes; it must not change during the call. Bytes after EOC are ignored. For
        ``reduce > 0`` a prefix that holds the packets of that resolution is enough.
    reduce : int
        Discard this many of the highest resolution levels: the size is ``ceil(n / 2**reduce)``.
    out : ndarray, optional
        Writeable array of exactly the result's shape and dtype (that of `dtype`, if given), with any strides,
        that receives the pixels.
    clamp : {"precision", "container"}
        Samples outside the range are clamped, never wrapped: to the range of the component's bit depth (the
        standard's) or to that of the dtype that follows from it. Only lossy data and reduced sizes have such
        samples.
    max_pixels : int or None
        Largest image area in pixels; a larger one raises LimitError before anything is allocated.
        None: no limit.
    expected_shape : sequence of int, optional
        Shape that the result must have.
    dtype : dtype_like, optional
        Store the samples in this dtype, for example uint16 where 8 of 16 allocated bits are stored. Values do
        not change, so it must hold every value of the bit depth: any of bool (for 1 bit), uint8, int8, uint16,
        int16, uint32 and int32 that is wide enough.
    bits_stored : int, optional
        Bit depth that metadata, such as DICOM's Bits Stored, state. It is checked, never used to scale or mask.
    is_signed : bool, optional
        Sign that metadata, such as DICOM's Pixel Representation, state. Some files hold two's complement in a
        codestream that declares unsigned samples, or the reverse: when `bits_stored` is given too and equals
        SIZ's depth, the samples are read in this sign, extended from bit ``bits_stored - 1``. That is exact,
        and only possible, for lossless data at full size.
    engine : {"openjph", "native"}, optional
        Which decoder to use: OpenJPH's own, or the one of this library around OpenJPH's block decoders. Both give
        the same pixels of reversible data; of irreversible data a sample may differ by one, where their roundings
        fall on different sides of a half. Default: the environment variable ``HTJ2K_ENGINE`` or, where that is
        not set, the native one for reversible data and for what only it decodes, else OpenJPH's.
    threads : int, optional
        Threads that the native engine uses for this frame at most, the caller's included; the pixels do not
        depend on them, and a frame of few codeblocks stays on one. Default: as many as the frame is large enough
        for, at most those of the pool (see `decode_batch`). OpenJPH's engine uses one.
    region : sequence of int, optional
        ``(row_start, row_stop, column_start, column_stop)`` at the size that `reduce` gives: only these rows and
        columns are decoded, exactly as ``decode(...)[row_start:row_stop, column_start:column_stop]`` of the native
        engine, which this needs, gives them. Packets are checked all the same, codeblocks outside are not decoded.

    Returns
    -------
    ndarray
        ``(rows, columns)`` for one component, else ``(rows, columns, components)``. Its dtype follows SIZ: bit
        depth to 8 gives 1 byte, to 16 gives 2, to 32 gives 4; signed as SIZ says. `dtype` and `is_signed` can
        change that. It owns its memory, or is `out`. Components of different sizes (subsampled) are spread over
        the image: pixel (y, x) has sample (y // YRsiz, x // XRsiz) of each; `decode_components` gives them as
        they are.

    Raises
    ------
    NotHTJ2KError
        The data are something else; the message says what.
    TruncatedError
        Bytes are missing.
    CodestreamError
        The data break the standard, or do not have `expected_shape`.
    LimitError
        The image is larger than `max_pixels`.
    UnsupportedError
        Legal, but not decodable here; the message names the feature.
    ValueError
        `reduce` exceeds the decomposition levels, `region` the image, `out` or `dtype` does not fit, `engine` is
        unknown, or the codestream is not what `bits_stored` and `is_signed` say; the message has both readings.
    TypeError
        `data` is no buffer of bytes, or another argument has the wrong type.
    MemoryError
        When memory runs out.

    Notes
    -----
    What the codestream declares (SIZ, ITU-T T.800 A.5.1) wins over metadata: without `bits_stored` and
    `is_signed` nothing is compared and nothing is reinterpreted. `read_info` tells what it declares.

    Examples
    --------
    >>> codestream = htj2k.encode(np.full((100, 200), 7, np.int16))
    >>> htj2k.decode(codestream).shape, htj2k.decode(codestream, reduce=1).shape
    ((100, 200), (50, 100))

    What DICOM metadata say of the samples is compared with the codestream:

    >>> is_signed = ds.PixelRepresentation == 1  # doctest: +SKIP
    >>> pixels = htj2k.decode(frame, bits_stored=ds.BitsStored, is_signed=is_signed)  # doctest: +SKIP
    """
    options = core_decode_options(reduce, clamp, max_pixels)
    if region is not None and engine == "openjph":
        raise ValueError("region needs engine='native'")
    said = sample_format(bits_stored, is_signed)
    shape = None if expected_shape is None else checked_shape(expected_shape)
    storage = plan_storage(data, max_pixels, dtype, said, reduce=options[0], to_container=options[1])
    if storage.reading:  # then nothing may lie beyond the bits that are read another way
        options = (options[0], False, options[2])
    target = arguments.out_array(out)
    pixels, messages = _core.decode(
        data,
        *options,
        shape,
        target,
        storage.dtype,
        arguments.engine(engine),
        None if threads is None else thread_count(threads),
        pool_size,
        arguments.region(region),
    )
    if storage.reading:
        reinterpret(pixels, storage.reading)
    log_messages(messages)
    return pixels


def result_format(
    data: Buffer,
    *,
    reduce: int,
    clamp: str,
    max_pixels: int | None,
    dtype: DTypeLike | None,
    bits_stored: int | None,
    is_signed: bool | None,
) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """The shape and dtype of what :func:`decode` returns for these arguments; looks at the main header only."""
    options = core_decode_options(reduce, clamp, max_pixels)
    said = sample_format(bits_stored, is_signed)
    storage = plan_storage(data, max_pixels, dtype, said, reduce=options[0], to_container=options[1])
    shape, natural = _core.layout(data, options[0], options[2])
    return tuple(shape), storage.dtype or natural


@dataclass(frozen=True)
class PartialImage:
    """What can be shown of a codestream that may be damaged. Never a verified image.

    Attributes
    ----------
    pixels : ndarray
        The image at the size asked for. A codeblock that is lost counts as zero, which leaves the image blurred or
        mid-grey there.
    complete : bool
        True if a strict decode of this resolution succeeds as well.
    complete_resolution : int or None
        Highest resolution, counted from the base (0) to that of `pixels`, that is whole everywhere: the least of
        `whole_up_to`; None if not even the base is.
    bytes_used : int
        Bytes of the data up to the last whole packet that was found.
    reason : str or None
        Why the image is not complete.
    whole_up_to : ndarray
        int8, ``(rows, columns)`` as of `pixels`: for each pixel the highest resolution, counted from the base (0),
        up to which every codeblock that the pixel depends on, in any component and through the margins of the
        wavelet, was there and decoded; -1 if in the base one was not. Where it is `resolution`, the pixels are
        those of the undamaged image. Where it is r, that holds for resolution r at the same place: the pixel of
        the same tile whose row and column are these, divided by 2 for each level between and rounded down.
    resolution : int
        The resolution of `pixels`, counted from the base: ``num_decompositions - reduce``.
    """

    pixels: NDArray[Any]
    complete: bool
    complete_resolution: int | None
    bytes_used: int
    reason: str | None
    whole_up_to: NDArray[np.int8]
    resolution: int


def decode_partial(
    data: Buffer,
    *,
    reduce: int = 0,
    clamp: str = "precision",
    max_pixels: int | None = DEFAULT_MAX_PIXELS,
    threads: int | None = None,
) -> PartialImage:
    """Decode what is there of a damaged or cut codestream, for a preview.

    Every codeblock is decoded whose bytes are there; those that are missing or do not decode count as zero. Behind
    a packet that cannot be read, nothing more of its tile is trusted. The main header must be whole.

    Parameters
    ----------
    data, reduce, clamp, max_pixels, threads
        As in :func:`decode`.

    Returns
    -------
    PartialImage
        The pixels with an honest account of what is missing.

    Raises
    ------
    HTJ2KError
        As :func:`decode`, but only for faults of the main header.
    TypeError, ValueError, MemoryError
        As :func:`decode`.

    Notes
    -----
    HTJ2K has no checksum: a byte that was changed in a codeblock which still decodes, or consistently in headers,
    goes unnoticed here as in :func:`decode`. Only :func:`verify` finds that.

    An image that is complete is what :func:`decode` gives. Other data go through the native engine wherever it
    decodes them, irreversible data too: their right pixels are those of ``decode(..., engine="native")``. OpenJPH
    does not tell which codeblocks it could not decode: where it is used, `whole_up_to` is the same everywhere, the
    highest resolution that decodes strictly.

    Examples
    --------
    >>> codestream = htj2k.encode(np.zeros((100, 200), np.uint8))
    >>> image = htj2k.decode_partial(codestream)
    >>> image.complete, image.pixels.shape, image.complete_resolution
    (True, (100, 200), 1)

    The base of a codestream whose end is missing is whole everywhere; elsewhere a mask tells what is:

    >>> image = htj2k.decode_partial(codestream[:-8])
    >>> image.complete, image.resolution, image.complete_resolution
    (False, 1, 0)
    >>> right = image.whole_up_to == image.resolution
    """
    pixels, mask, resolution, used, reason, messages = _core.decode_partial(
        data, *core_decode_options(reduce, clamp, max_pixels), thread_count(threads), threads is None
    )
    log_messages(messages)
    least = int(mask.min())
    return PartialImage(pixels, reason is None, None if least < 0 else least, used, reason, mask, resolution)


def core_decode_options(reduce: int, clamp: str, max_pixels: int | None) -> tuple[int, bool, int | None]:
    return (
        arguments.integer("reduce", reduce, 0, 32),
        arguments.clamps_to_container(clamp),
        arguments.pixel_limit(max_pixels),
    )


def sample_format(bits_stored: int | None, is_signed: bool | None) -> SampleFormat:
    """What the caller's metadata say of samples."""
    if bits_stored is None and is_signed is None:
        return NOTHING_SAID
    return SampleFormat(
        None if bits_stored is None else arguments.integer("bits_stored", bits_stored, 1, 32),
        None if is_signed is None else arguments.boolean("is_signed", is_signed),
    )


def checked_shape(shape: Sequence[int]) -> list[int]:
    """`expected_shape` as the core takes it."""
    given = arguments.sequence("expected_shape", shape)
    axes = [arguments.integer("expected_shape", n, 1, 2**32 - 1) for n in given]
    if len(axes) not in (2, 3):
        raise ValueError(f"expected_shape is {tuple(shape)}; expected (rows, columns[, components])")
    return axes[:2] if len(axes) == 3 and axes[2] == 1 else axes


def log_messages(messages: list[tuple[bool, str]]) -> None:
    for is_warning, text in messages:
        _logger.log(logging.WARNING if is_warning else logging.INFO, "%s", text)
