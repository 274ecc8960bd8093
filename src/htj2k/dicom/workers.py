"""Worker processes whose crash or hang costs one call and nothing else.

Not `concurrent.futures.ProcessPoolExecutor`: there a crash loses the calls of all workers, a call that hangs
cannot be ended, and scripts without ``if __name__ == "__main__"`` break."""

from __future__ import annotations

import json
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from .errors import LostInstance
from .worker import RESULT, TICK, Alive, read_message, write_message

Argument = TypeVar("Argument")
Result = TypeVar("Result")

# -I keeps the environment and the current folder out; the parent's search path comes as the argument.
_START = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from htj2k.dicom.worker import main; main()"
_CHECKS_PER_LIMIT = 20


class _Worker:
    """One process, started at once; `deadline` is when it will be ended, None while it is idle."""

    def __init__(self) -> None:
        command = [sys.executable, "-I", "-c", _START, json.dumps(sys.path)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self.deadline: float | None = None
        self.is_late = False

    def call(self, function: Callable[..., Any], argument: Any, time_limit: float) -> tuple[str, Any]:
        """The reply; `EOFError` or `BrokenPipeError` when the process ends before it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self.deadline = time.monotonic() + time_limit
            write_message(self._process.stdin, (function, argument))
            while True:
                kind, value = read_message(self._process.stdout)
                if kind != TICK:
                    return kind, value
                self.deadline = time.monotonic() + time_limit
        finally:
            self.deadline = None

    def kill(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()

    def close(self) -> None:
        """End the process and forget its pipes."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):  # unsent bytes of a call to a process that ended
                    pipe.close()

    def how_it_ended(self) -> str:
        """For a message to the user."""
        code = self._process.wait()
        if code >= 0:
            return f"exit code {code}"
        try:
            return signal.Signals(-code).name
        except ValueError:
            return f"signal {-code}"


class WorkerPool:
    """As many processes as calls are made at the same time; each is started when it is needed and then kept.

    Parameters
    ----------
    time_limit : float
        Seconds that a call may take without telling that it is alive.
    """

    def __init__(self, *, time_limit: float) -> None:
        self._time_limit = time_limit
        self._idle: queue.SimpleQueue[_Worker] = queue.SimpleQueue()
        self._all: set[_Worker] = set()
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> WorkerPool:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """As `close`."""
        self.close()

    def close(self) -> None:
        """End all processes, also those that work; calls under way raise `InterruptedError`."""
        with self._lock:
            self._closed.set()
            workers = list(self._all)
        for worker in workers:
            worker.close()

    def call(self, function: Callable[[Argument, Alive], Result], argument: Argument) -> Result:
        """Call a function of a module in one of the processes.

        Raises
        ------
        LostInstance
            The process crashed or was too slow. The next call gets another one.
        Exception
            What the function raised.
        """
        worker = self._take()
        try:
            kind, value = worker.call(function, argument, self._time_limit)
        except (EOFError, OSError) as error:
            raise self._lost(worker) from error
        except BaseException:
            self._drop(worker)
            raise
        self._idle.put(worker)
        if kind != RESULT:
            raise value
        result: Result = value
        return result

    def _take(self) -> _Worker:
        while (worker := self._next_idle()) is not None:
            if not worker.is_late:  # ended just as its reply came
                return worker
            self._drop(worker)
        with self._lock:
            if self._closed.is_set():
                raise InterruptedError("the job was stopped")
            worker = _Worker()
            self._all.add(worker)
            if self._watcher.ident is None:
                self._watcher.start()
        return worker

    def _next_idle(self) -> _Worker | None:
        try:
            return self._idle.get_nowait()
        except queue.Empty:
            return None

    def _lost(self, worker: _Worker) -> Exception:
        if self._closed.is_set():
            return InterruptedError("the job was stopped")
        how = worker.how_it_ended()
        self._drop(worker)
        if worker.is_late:
            return LostInstance(f"decoding made no progress for {self._time_limit:g} s and was stopped")
        return LostInstance(f"the process that decoded this file crashed ({how}). The file is probably damaged")

    def _drop(self, worker: _Worker) -> None:
        worker.close()
        with self._lock:
            self._all.discard(worker)

    def _watch(self) -> None:
        """End workers that are late; runs in a thread of its own."""
        # The limit may be infinite.
        while not self._closed.wait(min(self._time_limit / _CHECKS_PER_LIMIT, threading.TIMEOUT_MAX)):
            now = time.monotonic()
            with self._lock:
                late = [worker for worker in self._all if worker.deadline is not None and worker.deadline < now]
            for worker in late:
                worker.is_late = True
                worker.kill()
