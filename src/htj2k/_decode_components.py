"""`decode_components`: each component by itself, where one array would not hold them as they are."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from . import _arguments as arguments
from . import _core
from ._buffers import Buffer
from ._decode import core_decode_options, log_messages
from ._info import DEFAULT_MAX_PIXELS
from ._threads import pool_size, thread_count


def decode_components(
    data: Buffer,
    *,
    reduce: int = 0,
    clamp: str = "precision",
    max_pixels: int | None = DEFAULT_MAX_PIXELS,
    engine: str | None = None,
    threads: int | None = None,
) -> list[NDArray[Any]]:
    """Decode each component to an array of its own size, depth and sign.

    :func:`decode` interleaves components and repeats the samples of smaller ones. This gives them as the
    codestream has them, for example luma and chroma of 4:2:0, or a mask of 1 bit beside signed samples of 12.

    Parameters
    ----------
    data, reduce, clamp, max_pixels, engine, threads
        As in :func:`decode`; as strict.

    Returns
    -------
    list of ndarray
        One array (rows, columns) a component, as SIZ (ITU-T T.800 A.5.1) says: its size is that of the image
        divided by XRsiz and YRsiz, rounded up; bit depth to 8 gives 1 byte, to 16 gives 2, to 32 gives 4.
        A component transform is undone.

    Raises
    ------
    HTJ2KError, TypeError, ValueError
        As :func:`decode` does.

    Examples
    --------
    >>> codestream = htj2k.encode(np.zeros((100, 200, 3), np.uint8))
    >>> [plane.shape for plane in htj2k.decode_components(codestream, reduce=1)]
    [(50, 100), (50, 100), (50, 100)]
    """
    components, messages = _core.decode_components(
        data,
        *core_decode_options(reduce, clamp, max_pixels),
        arguments.engine(engine),
        None if threads is None else thread_count(threads),
        pool_size,
    )
    log_messages(messages)
    return components
