"""The place of one worker: it is started when it is needed, and replaced when it is lost."""

from __future__ import annotations

import logging
import os
import threading
import weakref
from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

from htj2k._buffers import Buffer
from htj2k.errors import LimitError, SandboxUnavailable

from .process import Worker
from .shared_file import SharedFile, bytes_of
from .walls import CPU_SECONDS, Level

Value = TypeVar("Value")
#: Makes a result of a reply, of which nothing may be believed.
Take: TypeAlias = Callable[[dict[str, Any], SharedFile], Value]

_logger = logging.getLogger("htj2k")
_all: weakref.WeakSet[Slot] = weakref.WeakSet()


class Slot:
    """One worker at most, whose shared memory has `memory_limit` bytes. Calls of several threads take turns."""

    def __init__(self, memory_limit: int) -> None:
        self._memory_limit = memory_limit
        self._lock = threading.Lock()
        self._worker: Worker | None = None
        _all.add(self)

    def close(self) -> None:
        """End the worker; the next call starts another one."""
        with self._lock:
            self._drop()

    def level(self, require_sandbox: bool) -> Level:
        """How far the worker is isolated."""
        with self._lock:
            return self._ready_worker(0, require_sandbox).level

    def call(
        self,
        name: str,
        data: Buffer,
        options: dict[str, Any],
        take: Take[Value],
        *,
        time_limit: float,
        require_sandbox: bool,
    ) -> Value:
        """What `take` makes of the worker's reply; raises what decoding raised, or that the worker is lost."""
        view = bytes_of(data)
        if len(view) > self._memory_limit:
            raise LimitError(f"the data are {len(view)} bytes, memory_limit is {self._memory_limit}")
        with self._lock:
            worker = self._ready_worker(time_limit, require_sandbox)
            try:
                result, log = worker.call(name, view, options, time_limit, lambda v: take(v, worker.shared))
                worker.shared.forget_if_large()
            except BaseException:
                self._drop()
                raise
        for level, text in log:
            _logger.log(level, "%s", text)
        if isinstance(result, Exception):
            raise result
        return result

    def _ready_worker(self, time_limit: float, require_sandbox: bool) -> Worker:
        worker = self._worker
        if worker is not None and (not worker.is_alive() or worker.cpu + time_limit > CPU_SECONDS):
            self._drop()
        if self._worker is None:
            self._worker = Worker(self._memory_limit)
        if require_sandbox and self._worker.level != "seccomp":
            raise SandboxUnavailable(
                "this system has no filter of system calls that htj2k can use (Linux has, on x86-64 and 64-bit"
                " ARM); require_sandbox=False isolates by limits of resources alone"
            )
        return self._worker

    def _drop(self) -> None:
        if self._worker is not None:
            self._worker.close()
            self._worker = None

    def leave_to_parent(self) -> None:
        """In the child of a fork: the worker is the parent's, and one of its threads may have held the lock."""
        self._lock = threading.Lock()
        if self._worker is not None:
            self._worker.leave_to_parent()
            self._worker = None


def _leave_all_to_parent() -> None:
    for slot in list(_all):
        slot.leave_to_parent()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_all_to_parent)
