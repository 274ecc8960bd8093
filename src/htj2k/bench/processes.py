"""One process for each SIMD path."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from .operations import WrongAnswer


class Process:
    """A process that measures on one SIMD path."""

    def __init__(self, simd: str) -> None:
        self.simd = simd
        self._process = subprocess.Popen(
            [sys.executable, "-m", "htj2k.bench.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            # A frame's time is that of one thread, whose clock alone is read; batches say how many they take.
            env={**os.environ, "HTJ2K_SIMD": simd, "HTJ2K_NUM_THREADS": "1"},
        )

    def send(self, *request: Any) -> None:
        """Ask for something; `receive` gives the answer."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._ended() from None

    def receive(self, what: str) -> dict[str, Any]:
        """The answer to the last request, which was about `what`."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise self._ended()
        reply: dict[str, Any] = json.loads(line)
        if "error" not in reply:
            return reply
        message = f"{what} on SIMD path {self.simd}: {reply['message'] or reply['error']}"
        if reply["error"] == WrongAnswer.__name__:
            raise WrongAnswer(message)
        if reply["error"] == MemoryError.__name__:
            raise MemoryError(message)
        raise ChildProcessError(f"{message} ({reply['error']})")

    def seconds(self, frame: str, name: str, threads: int) -> float:
        """The time of one call of an operation."""
        self.send("time", name, threads)
        return float(self.receive(f"{frame}: {name}")["seconds"])

    def close(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()

    def _ended(self) -> Exception:
        return ChildProcessError(f"the process for SIMD path {self.simd} ended with code {self._process.wait()}")


@contextmanager
def processes(paths: Sequence[str]) -> Iterator[list[Process]]:
    """One for each path; they end with the block."""
    with ExitStack() as stack:
        started = []
        for path in paths:
            started.append(Process(path))
            stack.callback(started[-1].close)
        yield started
