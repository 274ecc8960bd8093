"""`read_frame` and `iter_frames`: frames of an instance at any resolution, without reading all of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import htj2k
from htj2k import _arguments as arguments

from .instance import HTJ2KInstance, NativeInstance, Pixels, Source, open_instance


def read_frame(
    source: Source,
    index: int = 0,
    *,
    reduce: int = 0,
    clamp: str = "precision",
    max_pixels: int | None = htj2k.DEFAULT_MAX_PIXELS,
) -> Pixels:
    """Decode one frame of an HTJ2K instance at any resolution.

    Parameters
    ----------
    source : path-like or pydicom.Dataset
        A P10 file, of which only this frame's bytes are read, or a dataset. Uncompressed ones are read too,
        but have the full resolution only.
    index : int
        Which frame, from 0.
    reduce, clamp, max_pixels
        As in `htj2k.decode`.

    Returns
    -------
    ndarray
        (rows, columns) or (rows, columns, samples) of the stored samples, in the dtype of pydicom's
        ``pixel_array``: no rescaling, no conversion of YBR_FULL to RGB. Where the codestream has a component
        transform they are RGB.

    Raises
    ------
    IndexError
        There is no such frame.
    InvalidInstance
        The file cannot be read, is damaged, or has another transfer syntax.
    HTJ2KError, ValueError
        As `htj2k.decode` raises them; and CodestreamError when the dataset says something of the frame that
        cannot be. What can is read as `register` describes it.
    """
    options: dict[str, Any] = {"reduce": reduce, "clamp": clamp, "max_pixels": max_pixels}
    with open_instance(source) as instance:
        return instance.read(_checked_index(index, instance), options)


def iter_frames(
    source: Source,
    *,
    reduce: int = 0,
    window: int | None = None,
    clamp: str = "precision",
    max_pixels: int | None = htj2k.DEFAULT_MAX_PIXELS,
) -> Iterator[Pixels]:
    """Decode the frames of an HTJ2K instance in their order; the next ones are decoded while one is used.

    Parameters
    ----------
    source : path-like or pydicom.Dataset
        As in `read_frame`. A file is read as the frames are taken, so it need not fit in memory.
    reduce, clamp, max_pixels
        As in `htj2k.decode`.
    window : int, optional
        As in `htj2k.iter_decode`: how many frames are read ahead.

    Yields
    ------
    ndarray
        As `read_frame` returns them.

    Raises
    ------
    InvalidInstance, HTJ2KError, ValueError
        As `read_frame`, with ``frames[index]`` in the message; after the frames before it have been yielded.
    """
    options: dict[str, Any] = {"reduce": reduce, "clamp": clamp, "max_pixels": max_pixels}
    with open_instance(source) as instance:
        yield from instance.read_all(options, window)


def disagreements(source: Source, index: int = 0) -> list[str]:
    """Tell what a dataset and one of its HTJ2K codestreams disagree on. Nothing is decoded.

    Parameters
    ----------
    source : path-like or pydicom.Dataset
        As in `read_frame`.
    index : int
        Which frame, from 0.

    Returns
    -------
    list of str
        Sentences about Rows, Columns, SamplesPerPixel, BitsStored, PixelRepresentation,
        PhotometricInterpretation, boxes around the codestream, and what the transfer syntax demands. Empty when
        they agree; always so for an uncompressed instance.

    Raises
    ------
    IndexError, InvalidInstance, HTJ2KError
        As `read_frame`.
    """
    with open_instance(source) as instance:
        return instance.disagreements(_checked_index(index, instance))


def _checked_index(index: int, instance: HTJ2KInstance | NativeInstance) -> int:
    index = arguments.integer("index", index, -(2**31), 2**31 - 1)
    if not 0 <= index < len(instance):
        raise IndexError(f"index is {index}; the instance has {len(instance)} frames, counted from 0")
    return index
