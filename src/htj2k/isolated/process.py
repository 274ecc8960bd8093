"""The host's side of one worker process."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
import weakref
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from htj2k.errors import SandboxUnavailable, WorkerLost

from .messages import LENGTH, LONGEST_TEXT, MOST_BYTES, MOST_MESSAGES, make_error, pack, unpack, write_all
from .shared_file import SharedFile
from .walls import Level

# -I keeps the environment and the current folder out; the host's search path comes as the argument.
START = (
    "import json, sys; path, numbers = json.loads(sys.argv[1]); sys.path[:] = path; "
    "from htj2k.isolated.worker import main; main(*numbers)"
)
#: All that the worker gets of the environment, where credentials may be.
_VARIABLES = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "HTJ2K_SIMD")
# No threads of numpy's; no second arena of malloc's, for which glibc would count the CPUs in a file.
_SETTINGS = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"}
_SECONDS_TO_START = 60.0

#: What reading a reply raises that is none.
_NONSENSE = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError)

Value = TypeVar("Value")


class TooLate(Exception):
    """The time for a reply is over."""


class Worker:
    """One process; `level` is how far it is isolated, `cpu` the seconds of CPU time that it has used."""

    def __init__(self, memory_limit: int) -> None:
        """Start it and wait until it is in its sandbox; SandboxUnavailable if it does not get there."""
        if os.name != "posix":
            raise SandboxUnavailable("isolated decoding needs a POSIX system, such as Linux or macOS")
        self.shared = SharedFile(memory_limit)
        requests, self._requests = os.pipe()
        self._replies, replies = os.pipe()
        numbers = (requests, replies, self.shared.descriptor, memory_limit, memory_limit)
        try:
            self._process = _start(numbers)
        except BaseException:
            for descriptor in (self._requests, self._replies, self.shared.descriptor):
                os.close(descriptor)
            raise
        finally:
            os.close(requests)
            os.close(replies)
        descriptors = (self._requests, self._replies, self.shared.descriptor)
        # Also when nobody refers to it any more, and when the interpreter ends.
        self.close: Callable[[], object] = weakref.finalize(self, _end, self._process, descriptors, os.getpid())
        self.cpu, self._count = 0.0, 0
        self.level = self._first_word()

    def _first_word(self) -> Level:
        try:
            word = self._receive(time.monotonic() + _SECONDS_TO_START)["level"]
            return "seccomp" if word == "seccomp" else "rlimits"
        except (EOFError, TooLate) as error:
            how = f"did not start within {_SECONDS_TO_START:g} s"
            if isinstance(error, EOFError):
                how = f"ended before its first call ({self._how_it_ended()[0]})"
            self.close()
            raise SandboxUnavailable(
                f"the worker process {how}; is {sys.executable} a Python that can import htj2k, and are there"
                " memory and processes to spare?"
            ) from error
        except BaseException:
            self.close()
            raise

    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def call(
        self,
        name: str,
        data: memoryview,
        options: dict[str, Any],
        time_limit: float,
        take: Callable[[dict[str, Any]], Value],
    ) -> tuple[Value | Exception, list[tuple[int, str]]]:
        """What `take` makes of the reply, or the exception that decoding raised; and what the library logged.

        After any exception of this method the worker must be closed: nobody knows what it will say next.

        Raises
        ------
        WorkerLost
            It ended, took longer than `time_limit`, or said what no worker says.
        """
        self._count += 1
        deadline = time.monotonic() + time_limit
        request = pack({"id": self._count, "call": name, "size": len(data), "options": options})
        try:
            self.shared.write(data)
            write_all(self._requests, request)
            reply = self._receive(deadline)
            if reply["id"] != self._count:
                raise ValueError("the reply to another call")
            self.cpu = float(reply["cpu"])
            log = [(int(level), str(text)[:LONGEST_TEXT]) for level, text in reply["log"][:MOST_MESSAGES]]
            return (make_error(reply["error"]) if "error" in reply else take(reply["value"])), log
        except TooLate as error:
            raise WorkerLost(f"decoding took longer than {time_limit:g} s and was stopped") from error
        except (EOFError, BrokenPipeError) as error:
            raise self._lost() from error
        except _NONSENSE as error:
            raise WorkerLost(
                f"the worker process gave a reply that makes no sense ({error}); the data may have taken it over"
            ) from error

    def _receive(self, deadline: float) -> dict[str, Any]:
        (size,) = LENGTH.unpack(self._read(LENGTH.size, deadline))
        if size > MOST_BYTES:
            raise ValueError(f"a reply of {size} bytes")
        return unpack(self._read(size, deadline))

    def _read(self, count: int, deadline: float) -> bytes:
        data = b""
        poll = select.poll()
        poll.register(self._replies, select.POLLIN)
        while len(data) < count:
            if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
                raise TooLate
            part = os.read(self._replies, count - len(data))
            if not part:
                raise EOFError("the worker process has ended")
            data += part
        return data

    def _lost(self) -> WorkerLost:
        how, name = self._how_it_ended()
        hint = "; it asked the kernel for something that decoding never needs" if name == "SIGSYS" else ""
        error = WorkerLost(f"the worker process ended while it decoded ({how}){hint}")
        error.signal = name
        return error

    def _how_it_ended(self) -> tuple[str, str | None]:
        """For a message, and the signal's name."""
        try:
            code = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:  # it closed its pipe and runs on
            self._process.kill()
            code = self._process.wait()
        if code >= 0:
            return f"exit code {code}", None
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = f"signal {-code}"
        return name, name

    def leave_to_parent(self) -> None:
        """For the child of a fork: leave the worker to the parent."""
        self._process.returncode = 0  # else Popen complains that nobody waited for a process that is not ours
        for descriptor in (self._requests, self._replies, self.shared.descriptor):
            with suppress(OSError):
                os.close(descriptor)


def _start(numbers: tuple[int, ...]) -> subprocess.Popen[bytes]:
    if not sys.executable:
        raise SandboxUnavailable("sys.executable does not say where Python is, so no worker can be started")
    kept = {name: os.environ[name] for name in _VARIABLES if name in os.environ}
    return subprocess.Popen(
        [sys.executable, "-I", "-c", START, json.dumps([sys.path, numbers])],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=numbers[:3],
        env={**kept, **_SETTINGS},
    )


def _end(process: subprocess.Popen[bytes], descriptors: tuple[int, ...], host: int) -> None:
    if os.getpid() != host:  # a fork of it
        return
    process.kill()
    process.wait()
    for descriptor in descriptors:
        with suppress(OSError):
            os.close(descriptor)
