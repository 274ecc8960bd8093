"""`encode_batch`, `decode_batch` and `iter_decode`: many frames, on all cores, results in order."""

from __future__ import annotations

import collections
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _arguments as arguments
from . import _core
from ._buffers import Buffer
from ._decode import core_decode_options, log_messages
from ._encode import check_result, checked_options, core_options_of
from ._info import DEFAULT_MAX_PIXELS
from ._threads import OnError, Progress, at_frame, batch_options, failed, pool_size
from .errors import HTJ2KError

__all__ = ["decode_batch", "encode_batch", "iter_decode"]


def encode_batch(
    frames: Iterable[ArrayLike],
    *,
    threads: int | None = None,
    on_error: OnError = "raise",
    progress: Progress | None = None,
    **encode_options: Any,
) -> list[Any]:
    """Encode many images, several at a time.

    Parameters
    ----------
    frames : iterable of array_like, or ndarray
        Each as `encode` takes it; they may differ in shape and dtype. An array of (frames, rows, columns) or
        (frames, rows, columns, components) is a batch of its first axis.
    threads : int, optional
        Frames that are worked on at a time; 1 does all in the calling thread. By default all threads of the
        process's pool, of which there are as many as the environment variable HTJ2K_NUM_THREADS says, else as
        the cores that this process may run on. Batches of several Python threads share them.
    on_error : {"raise", "return"}
        "raise": stop at the first frame that fails and raise its exception. "return": go on, and put the
        exception in the frame's place.
    progress : callable, optional
        Called in the calling thread with (frames done, frames), some times a second and at the end. What it
        raises stops the batch.
    **encode_options
        As in `encode`, for every frame.

    Returns
    -------
    list of bytes
        What `encode` returns for each frame, in order; exceptions among them with ``on_error="return"``.

    Raises
    ------
    TypeError, ValueError, MemoryError, HTJ2KError
        As `encode` does, for the first frame that fails. The message begins with the frame's index, which is
        also the attribute `frame_index`.

    Examples
    --------
    >>> frames = [np.full((8, 8), value, np.uint8) for value in range(3)]
    >>> len(htj2k.encode_batch(frames))
    3
    """
    how = batch_options(threads, on_error, progress)
    encode_options = checked_options(encode_options)
    results: list[Any] = []
    work, failure = _prepare(frames, encode_options, on_error, results)
    encoded, errors = _core.encode_batch([w.array for w in work], [w.options for w in work], how)
    for i, error in errors:
        results[work[i].frame] = failed(error, work[i].frame, on_error)
    if failure is not None:
        raise failure
    verify = bool(encode_options.get("verify", False))
    for item, codestream in zip(work, encoded, strict=True):
        if results[item.frame] is None:
            results[item.frame] = _checked(item, codestream, verify, on_error)
    return results


class _Work(NamedTuple):
    frame: int
    array: NDArray[Any]
    options: _core.EncodeOptions


def _prepare(
    frames: Iterable[ArrayLike], encode_options: dict[str, Any], on_error: OnError, results: list[Any]
) -> tuple[list[_Work], Exception | None]:
    """Check the arguments of each frame, up to the first that fails where that ends the batch."""
    work: list[_Work] = []
    shared: dict[Any, _core.EncodeOptions] = {}
    for index, frame in enumerate(frames):
        results.append(None)
        try:
            array = arguments.pixel_array(frame)
            key = (array.dtype, array.shape)
            if key not in shared:
                shared[key] = core_options_of(array, encode_options)[1]
            work.append(_Work(index, array, shared[key]))
        except (TypeError, ValueError) as error:
            if on_error == "raise":
                return work, at_frame(error, index)
            results[index] = at_frame(error, index)
    return work, None


def _checked(item: _Work, codestream: bytes, verify: bool, on_error: OnError) -> Any:
    try:
        check_result(item.array, item.options, codestream, verify)
    except (ValueError, HTJ2KError, MemoryError) as error:
        return failed(error, item.frame, on_error)
    return codestream


def decode_batch(
    frames: Iterable[Buffer],
    *,
    reduce: int = 0,
    out: NDArray[Any] | None = None,
    clamp: str = "precision",
    max_pixels: int | None = DEFAULT_MAX_PIXELS,
    threads: int | None = None,
    on_error: OnError = "raise",
    progress: Progress | None = None,
) -> Any:
    """Decode many codestreams, several at a time.

    Parameters
    ----------
    frames : iterable of buffers
        Each as `decode` takes it. They must not change during the call.
    reduce, clamp, max_pixels
        As in `decode`, for every frame.
    out : ndarray, optional
        Writeable array of (frames, rows, columns) or (frames, rows, columns, components) in the decoded dtype,
        with any strides, that receives the pixels. Every frame must fit its slice.
    threads, on_error, progress
        As in `encode_batch`. When fewer frames than threads are left, the native engine has the others help within
        them. The slice of a frame that failed is filled with zeros.

    Returns
    -------
    ndarray or list of ndarray
        One array with the frames along its first axis (or `out`) when all of them have one shape and dtype,
        else a list. With ``on_error="return"``, when some frame failed, it is a list with the exceptions among
        the arrays, which may be slices of one array.

    Raises
    ------
    TypeError, ValueError, MemoryError, HTJ2KError
        As `decode` does, for the first frame that fails. The message begins with the frame's index, which is
        also the attribute `frame_index`.

    Examples
    --------
    >>> codestreams = htj2k.encode_batch([np.full((8, 8), value, np.uint8) for value in range(3)])
    >>> htj2k.decode_batch(codestreams).shape
    (3, 8, 8)
    >>> [type(frame).__name__ for frame in htj2k.decode_batch([codestreams[0], b"?"], on_error="return")]
    ['ndarray', 'NotHTJ2KError']
    """
    how = batch_options(threads, on_error, progress)
    options = core_decode_options(reduce, clamp, max_pixels)
    pixels, errors, messages = _core.decode_batch(list(frames), *options, arguments.out_array(out), how)
    log_messages(messages)
    for index, _ in errors:
        if isinstance(pixels, np.ndarray):
            pixels[index] = 0
    if not errors:
        return pixels
    frames_or_errors = list(pixels)
    for index, error in errors:
        frames_or_errors[index] = failed(error, index, on_error)
    return frames_or_errors


def iter_decode(
    frames: Iterable[Buffer],
    *,
    window: int | None = None,
    reduce: int = 0,
    clamp: str = "precision",
    max_pixels: int | None = DEFAULT_MAX_PIXELS,
    on_error: OnError = "raise",
) -> Iterator[Any]:
    """Decode a stream of frames that need not fit in memory: the next ones are decoded while one is used.

    Parameters
    ----------
    frames : iterable of buffers
        Read lazily, at most `window` frames ahead of what has been yielded.
    window : int, optional
        Frames that are decoded or being decoded ahead. Default: twice the threads of the pool.
    reduce, clamp, max_pixels
        As in `decode`, for every frame.
    on_error : {"raise", "return"}
        "raise": raise at the frame that fails, after those before it have been yielded. "return": yield the
        exception in its place and go on.

    Yields
    ------
    ndarray
        What `decode` returns for each frame, in order.

    Raises
    ------
    TypeError, ValueError, MemoryError, HTJ2KError
        As `decode_batch` does.

    Examples
    --------
    >>> codestreams = htj2k.encode_batch([np.full((8, 8), value, np.uint8) for value in range(3)])
    >>> [int(pixels.max()) for pixels in htj2k.iter_decode(codestreams)]
    [0, 1, 2]
    """
    arguments.choice("on_error", on_error, ("raise", "return"))
    size = pool_size()
    ahead = 2 * size if window is None else arguments.integer("window", window, 1, 2**31 - 1)
    options = core_decode_options(reduce, clamp, max_pixels)
    return _decode_ahead(iter(frames), ahead, options, size, on_error)


def _decode_ahead(
    frames: Iterator[Buffer], window: int, options: tuple[int, bool, int | None], size: int, on_error: OnError
) -> Iterator[Any]:
    tasks: collections.deque[_core.DecodeTask] = collections.deque()
    index = 0
    for frame in frames:
        tasks.append(_core.DecodeTask(frame, *options, size))
        if len(tasks) >= window:
            yield _result(tasks.popleft(), index, on_error)
            index += 1
    while tasks:
        yield _result(tasks.popleft(), index, on_error)
        index += 1


def _result(task: _core.DecodeTask, index: int, on_error: OnError) -> Any:
    pixels, error, messages = task.result()
    log_messages(messages)
    return pixels if error is None else failed(error, index, on_error)
