"""What a process of the benchmark runs: it holds the pixels and takes the times it is asked for.

A SIMD path is chosen once in a process, so each has one of its own. Requests and replies are lines of JSON."""

from __future__ import annotations

import json
import math
import os
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

from .operations import Case, Operation, WrongAnswer, batch_case, frame_case, size_case

# The clock and the loop cost less than a thousandth of this.
_LEAST_SECONDS = 0.002
# Calls that take longer do not care which data the caches hold when they begin.
_LONG_CALL = 0.02

# One thread's own time, so that other programs on the machine do not count. Windows counts it in steps of 16 ms.
_THREAD_CLOCK = time.perf_counter if sys.platform == "win32" else time.thread_time

_MAKERS: dict[str, Callable[..., Case]] = {"frame": frame_case, "size": size_case, "batch": batch_case}


class Server:
    """The case that is being measured, and how long its operations took last time."""

    def __init__(self) -> None:
        self._case = Case({}, 0, 0, 0)
        self._last: dict[tuple[str, int], float] = {}
        self._clock: Callable[[], float] = time.perf_counter

    def prepare(self, kind: str, arguments: list[Any]) -> dict[str, Any]:
        """Make the pixels and prove the answers."""
        self._case, self._last = Case({}, 0, 0, 0), {}  # frees the memory of the one before
        self._clock = time.perf_counter if kind == "batch" else _THREAD_CLOCK
        self._case = case = _MAKERS[kind](*arguments)
        return {
            "operations": list(case.operations),
            "bytes": case.num_bytes,
            "pixels": case.num_pixels,
            "fingerprint": case.fingerprint,
        }

    def time(self, name: str, threads: int) -> dict[str, Any]:
        """Seconds of one call."""
        key = (name, threads)
        operation = self._case.operations[key]
        if self._last.get(key, 0) < _LONG_CALL:
            self._last[key] = _seconds(operation, self._clock, 1)  # also fetches the data into the caches
        repeats = math.ceil(_LEAST_SECONDS / max(self._last[key], 1e-9))
        self._last[key] = seconds = _seconds(operation, self._clock, repeats)
        return {"seconds": seconds}


def _seconds(operation: Operation, clock: Callable[[], float], repeats: int) -> float:
    start = clock()
    for _ in range(repeats):
        result = operation.call()
    seconds = (clock() - start) / repeats
    if not operation.is_right(result):
        raise WrongAnswer("the result is wrong")
    return seconds


def main() -> None:
    """Serve until the parent closes the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # nothing that a library prints becomes a reply
    server = Server()
    for line in sys.stdin:
        method, *arguments = json.loads(line)
        try:
            reply = getattr(server, method)(*arguments)
        except Exception as error:
            reply = {"error": type(error).__name__, "message": str(error)}
        replies.write(json.dumps(reply) + "\n")
        replies.flush()


if __name__ == "__main__":
    main()
