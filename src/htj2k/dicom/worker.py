"""What a worker process runs (see `workers`): calls that come in by a pipe, results that go out by another.

Frames in foreign syntaxes are decoded by C code that may crash or print; here it costs this process only."""

from __future__ import annotations

import os
import pickle
import signal
import struct
import sys
import threading
import warnings
from collections.abc import Callable
from typing import IO, Any

#: Called as the work goes on, so that a long file is not taken for one that hangs.
Alive = Callable[[], None]

TICK, RESULT, EXCEPTION = "tick", "result", "exception"
_LENGTH = struct.Struct("<Q")


def write_message(stream: IO[bytes], message: Any) -> None:
    """Send one object."""
    data = pickle.dumps(message)
    stream.write(_LENGTH.pack(len(data)) + data)
    stream.flush()


def read_message(stream: IO[bytes]) -> Any:
    """Receive one object; `EOFError` if the other side has ended."""
    head = stream.read(_LENGTH.size)
    data = stream.read(_LENGTH.unpack(head)[0]) if len(head) == _LENGTH.size else b""
    if len(head) != _LENGTH.size or len(data) != _LENGTH.unpack(head)[0]:
        raise EOFError("the other process has ended")
    return pickle.loads(data)


def main() -> None:
    """Serve calls until the parent closes the pipe or ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    warnings.simplefilter("ignore")
    calls, replies = _private_pipes()
    lock = threading.Lock()

    def reply(*message: Any) -> None:
        with lock:
            write_message(replies, message)

    while True:
        try:
            function, argument = read_message(calls)
        except EOFError:
            return
        try:
            reply(RESULT, function(argument, lambda: reply(TICK, None)))
        except BrokenPipeError:
            return
        except Exception as error:
            reply(EXCEPTION, _sendable(error))


def _private_pipes() -> tuple[IO[bytes], IO[bytes]]:
    """Standard input and output under new numbers: whatever a decoder prints must not become a reply."""
    calls, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1):
        os.dup2(nothing, descriptor)
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115  # lives as long as the process
    return calls, replies


def _sendable(error: Exception) -> Exception:
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # exceptions with arguments of their own do not survive pickling
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error
