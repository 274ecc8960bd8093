"""`verify_batch`: a verdict for each of many frames, on all cores or on an executor's workers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import Executor

from . import _core
from ._buffers import Buffer, contiguous_view
from ._checksum import Clamp, DecodedLevels, by_reduce
from ._decode import log_messages
from ._executors import map_chunks
from ._info import DEFAULT_MAX_PIXELS
from ._threads import Progress, at_frame, batch_options
from ._verify import (
    Expected,
    ExpectedChecksums,
    PendingVerification,
    Request,
    Verification,
    checked_options,
    parse_expected,
)
from .errors import HTJ2KError

__all__ = ["verify_batch"]


def verify_batch(
    frames: Iterable[Buffer],
    expected: Iterable[Expected],
    *,
    clamp: Clamp | None = None,
    max_pixels: int | None = DEFAULT_MAX_PIXELS,
    decode_each_level: bool = False,
    threads: int | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> list[Verification]:
    """Verify many codestreams against the checksums that are expected of each.

    Parameters
    ----------
    frames : iterable of bytes-like
        Each as `verify` takes it. They must not change during the call.
    expected : iterable
        For each frame what `verify` takes; as many as frames.
    clamp, max_pixels, decode_each_level
        As in `verify`, for every frame.
    threads : int, optional
        As in `encode_batch`. With an executor: threads in each of its workers, by default 1.
    executor : concurrent.futures.Executor, optional
        Any: a pool of processes, or one that stands for a cluster (Dask, Ray, MPI). Frames are sent to it in
        chunks, as bytes; its workers need this library.
    progress : callable, optional
        Called in the calling thread with (frames done, frames). What it raises stops the batch.

    Returns
    -------
    list of Verification
        What `verify` returns for each frame, in order: one for every frame, whatever happens to the others.
        Frames for which an executor failed twice, or that it lost with a worker and takes no more of, are not ok
        and say so.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong, or there are not as many `expected` as `frames`. About a frame that is no
        contiguous buffer, the message begins with its index, which is also the attribute `frame_index`.

    Examples
    --------
    >>> frames = [np.full((8, 8), value, np.uint8) for value in range(3)]
    >>> expected = [htj2k.pixel_checksums(frame) for frame in frames]
    >>> [bool(verdict) for verdict in htj2k.verify_batch(htj2k.encode_batch(frames), expected)]
    [True, True, True]
    """
    most, each = checked_options(clamp, max_pixels, decode_each_level)
    data = [_view(frame, index) for index, frame in enumerate(frames)]
    parsed = [_parse(one, index) for index, one in enumerate(expected)]
    if len(parsed) != len(data):
        raise ValueError(f"there are {len(data)} frames, but expected has {len(parsed)} entries")
    if executor is None:
        how = batch_options(threads, "return", progress)
        return _verify_here(data, parsed, clamp, most, each, how)
    batch_options(threads, "return", progress)  # checks them
    options = (clamp, most, each, threads or 1)
    items = [(bytes(frame), one) for frame, one in zip(data, parsed, strict=True)]
    return map_chunks(executor, _verify_chunk, items, options, _lost, progress)


def _view(frame: Buffer, index: int) -> memoryview:
    try:
        return contiguous_view(frame)
    except (TypeError, ValueError) as error:
        raise at_frame(error, index) from None


def _parse(expected: Expected, index: int) -> ExpectedChecksums:
    try:
        return parse_expected(expected)
    except (TypeError, ValueError) as error:
        raise type(error)(f"expected[{index}]: {error}") from None


def _verify_here(
    frames: Sequence[Buffer],
    expected: Sequence[ExpectedChecksums],
    clamp: Clamp | None,
    max_pixels: int | None,
    decode_each_level: bool,
    how: _core.BatchOptions,
) -> list[Verification]:
    pending = [
        PendingVerification(data, one, clamp, Request(max_pixels, decode_each_level, bool(one.extremes)))
        for data, one in zip(frames, expected, strict=True)
    ]
    spans = {i: span for i, item in enumerate(pending) if (span := item.resolutions()) is not None}
    requests = [
        _core.FrameRequest(first, last - first, decode_each_level, bool(expected[i].extremes))
        for i, (first, last) in spans.items()
    ]
    used: Clamp = clamp or "precision"
    to_container = used == "container"
    results, errors, messages = _core.checksum_batch(
        [frames[i] for i in spans], requests, to_container, max_pixels, how
    )
    log_messages(messages)
    failed = dict(errors)
    for number, ((i, (first, _)), (levels, extremes)) in enumerate(zip(spans.items(), results, strict=True)):
        error = failed.get(number)
        if error is None:
            pending[i].use(used, DecodedLevels(None, by_reduce(levels, first), extremes))
        elif isinstance(error, HTJ2KError):
            pending[i].fail(error)
        else:
            raise error
    return [item.verdict() for item in pending]


def _verify_chunk(
    items: Sequence[tuple[bytes, ExpectedChecksums]],
    clamp: Clamp | None,
    max_pixels: int | None,
    decode_each_level: bool,
    threads: int,
) -> list[Verification]:
    """What an executor's worker runs."""
    frames, expected = [item[0] for item in items], [item[1] for item in items]
    how = batch_options(threads, "return", None)
    return _verify_here(frames, expected, clamp, max_pixels, decode_each_level, how)


def _lost(error: BaseException) -> Verification:
    return Verification(False, reason=f"the executor lost this frame: {type(error).__name__}: {error}")
