"""Decoding in a sandboxed process: for codestreams that nobody vouches for.

Codestreams are decoded by C++ code. `htj2k.decode` checks them first, and what is known to harm the decoder is
refused; an unknown fault could still crash the process or let the data take it over. Here that process is
another one, which holds nothing but the frames that it is given, and can reach nothing: no file, no network, no
other process. See docs/isolated.md for what that costs and what it does not protect from.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.typing import DTypeLike, NDArray

from htj2k._buffers import Buffer
from htj2k._checksum import Clamp
from htj2k._info import DEFAULT_MAX_PIXELS
from htj2k._verify import Expected, Verification

from .sandbox import DEFAULT_MEMORY_LIMIT, DEFAULT_TIME_LIMIT, Sandbox
from .walls import Level

__all__ = ["DEFAULT_MEMORY_LIMIT", "DEFAULT_TIME_LIMIT", "Sandbox", "decode", "level", "verify"]

_shared = Sandbox(require_sandbox=False)


def level() -> Level:
    """How far this system isolates the worker; starts it if there is none.

    Returns
    -------
    {"seccomp", "rlimits"}
        "seccomp": the kernel ends the worker when it asks for anything but memory and the pipes to the host.
        "rlimits": memory, CPU time and the number of open files are limited, nothing else.

    Raises
    ------
    SandboxUnavailable
        If the worker cannot be started at all.
    """
    return _shared.level()


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
    time_limit: float = DEFAULT_TIME_LIMIT,
    require_sandbox: bool = True,
) -> NDArray[Any]:
    """Decode as `htj2k.decode` does, in a process that can do no harm.

    All calls of a process share one worker and take turns; `Sandbox` makes others.

    Parameters
    ----------
    data, reduce, out, clamp, max_pixels, expected_shape, dtype, bits_stored, is_signed
        As in `htj2k.decode`.
    time_limit : float
        Seconds that decoding may take.
    require_sandbox : bool
        Raise where the kernel does not filter the worker's system calls. False takes what `level` says.

    Returns
    -------
    ndarray
        As `htj2k.decode` returns it.

    Raises
    ------
    WorkerLost
        The worker crashed, was killed or took too long. This process is unharmed, and the next call works.
    SandboxUnavailable
        The worker cannot be started, or not be isolated as `require_sandbox` asks.
    LimitError
        The data and the pixels need more than `DEFAULT_MEMORY_LIMIT`; also as in `htj2k.decode`.
    MemoryError
        Decoding needs more memory than the worker may have, besides data and pixels as much again.
    HTJ2KError, TypeError, ValueError
        As `htj2k.decode` raises them.
    """
    return _shared._with_terms(time_limit, require_sandbox).decode(
        data,
        reduce=reduce,
        out=out,
        clamp=clamp,
        max_pixels=max_pixels,
        expected_shape=expected_shape,
        dtype=dtype,
        bits_stored=bits_stored,
        is_signed=is_signed,
    )


def verify(
    data: Buffer,
    expected: Expected,
    *,
    clamp: Clamp | None = None,
    max_pixels: int | None = DEFAULT_MAX_PIXELS,
    decode_each_level: bool = False,
    time_limit: float = DEFAULT_TIME_LIMIT,
    require_sandbox: bool = True,
) -> Verification:
    """Verify as `htj2k.verify` does: the worker decodes and computes checksums, this process compares them.

    Parameters
    ----------
    data, expected, clamp, max_pixels, decode_each_level
        As in `htj2k.verify`.
    time_limit, require_sandbox
        As in `decode`.

    Returns
    -------
    Verification
        As `htj2k.verify` returns it; also not ``ok`` when the worker was lost, with WorkerLost as its `error`.

    Raises
    ------
    SandboxUnavailable, MemoryError
        As `decode` raises them.
    TypeError, ValueError
        If an argument is wrong.
    """
    return _shared._with_terms(time_limit, require_sandbox).verify(
        data, expected, clamp=clamp, max_pixels=max_pixels, decode_each_level=decode_each_level
    )
