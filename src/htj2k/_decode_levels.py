"""`decode_levels`: several resolutions from one decode."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from . import _arguments as arguments
from . import _core
from ._buffers import Buffer
from ._decode import core_decode_options, log_messages
from ._info import DEFAULT_MAX_PIXELS
from ._threads import thread_count


def decode_levels(
    data: Buffer,
    *,
    reduce: int = 0,
    lower: int | None = None,
    clamp: str = "precision",
    max_pixels: int | None = DEFAULT_MAX_PIXELS,
    engine: str | None = None,
    threads: int | None = None,
) -> list[NDArray[Any]]:
    """Decode a resolution and those below it, for about the time of the largest alone.

    A decoder of wavelets meets all smaller resolutions on the way to a larger one. The native engine (see
    :func:`decode`) writes them out as it passes; OpenJPH's, which does not, decodes them one by one.

    Parameters
    ----------
    data : buffer
        As in :func:`decode`.
    reduce : int
        The largest of the resolutions, as in :func:`decode`.
    lower : int, optional
        How many resolutions below that one. Default: all.
    clamp, max_pixels, engine, threads
        As in :func:`decode`.

    Returns
    -------
    list of ndarray
        Base first, the resolution of `reduce` last. Each has the shape ``ceil(n / 2**k)``, dtype and samples of
        ``decode(data, reduce=k)``.

    Raises
    ------
    HTJ2KError, TypeError
        As :func:`decode` does for any of the resolutions.
    ValueError
        As :func:`decode` does, or there are not so many resolutions.

    Examples
    --------
    >>> codestream = htj2k.encode(np.zeros((100, 200), np.int16), num_decompositions=3)
    >>> [level.shape for level in htj2k.decode_levels(codestream)]
    [(13, 25), (25, 50), (50, 100), (100, 200)]
    >>> [level.shape for level in htj2k.decode_levels(codestream, reduce=1, lower=1)]
    [(25, 50), (50, 100)]
    """
    levels, messages = _core.decode_levels(
        data,
        *_options(reduce, lower, clamp, max_pixels),
        arguments.engine(engine),
        thread_count(threads),
        threads is None,
    )
    log_messages(messages)
    return levels


def _options(
    reduce: int, lower: int | None, clamp: str, max_pixels: int | None
) -> tuple[int, int | None, bool, int | None]:
    highest, to_container, most = core_decode_options(reduce, clamp, max_pixels)
    below = None if lower is None else arguments.integer("lower", lower, 0, 32)
    return highest, below, to_container, most
