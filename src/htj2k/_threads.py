"""How many threads batches use, and what a frame's failure in a batch looks like."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Literal

from . import _arguments as arguments
from . import _core

Progress = Callable[[int, int], object]
OnError = Literal["raise", "return"]

_VARIABLE = "HTJ2K_NUM_THREADS"
_MOST_THREADS = 1024


def usable_cores() -> int:
    """How many cores this process may run on, which in a container or a batch job is not how many exist."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def pool_size() -> int:
    """Threads of this process's pool: what HTJ2K_NUM_THREADS says, else the cores it may run on."""
    text = os.environ.get(_VARIABLE, "")
    if text == "":
        return usable_cores()
    if not text.isdecimal() or not 1 <= int(text) <= _MOST_THREADS:
        raise ValueError(f"environment variable {_VARIABLE} is {text!r}; expected 1 to {_MOST_THREADS}")
    return int(text)


def thread_count(threads: int | None) -> int:
    """The threads that a caller asked for, or those of the pool."""
    return pool_size() if threads is None else arguments.integer("threads", threads, 1, _MOST_THREADS)


def batch_options(threads: int | None, on_error: str, progress: Progress | None) -> _core.BatchOptions:
    """The arguments that all batches have, checked."""
    arguments.choice("on_error", on_error, ("raise", "return"))
    if progress is not None and not callable(progress):
        raise TypeError(f"progress must be callable, not {type(progress).__name__}")
    return _core.BatchOptions(thread_count(threads), pool_size(), on_error == "raise", progress)


def at_frame(error: Exception, index: int) -> Exception:
    """Say in an exception which frame of the batch it is about."""
    error.args = (f"frames[{index}]: {error}",)
    error.frame_index = index  # type: ignore[attr-defined]
    return error


def failed(error: Exception, index: int, on_error: OnError) -> Exception:
    """Raise the failure of a frame, or return it for the frame's place."""
    error = at_frame(error, index)
    if on_error == "raise":
        raise error
    return error
