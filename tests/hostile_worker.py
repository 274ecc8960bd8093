"""A worker that the data have taken over, for tests/isolated: they name what it does once it is in the sandbox.

Started instead of htj2k.isolated.worker, by the same command line.
"""

from __future__ import annotations

import ctypes
import json
import mmap
import os
import signal
import socket
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from htj2k.isolated import walls, worker

decode = worker._CALLS["decode"]


def eat_memory() -> None:
    eaten = []
    while True:
        eaten.append(bytearray(1 << 24))


def map_executable() -> None:
    mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)


def make_executable() -> None:
    memory = mmap.mmap(-1, 4096)
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    ctypes.CDLL(None).mprotect(ctypes.c_void_p(address), 4096, 7)


def spin() -> None:
    while True:
        pass


ATTEMPTS: dict[str, Callable[[], object]] = {
    "crash": lambda: os.kill(os.getpid(), signal.SIGSEGV),
    "read address 0": lambda: ctypes.string_at(0),
    "exit": lambda: os._exit(3),
    "hang": lambda: spin(),
    "eat memory": eat_memory,
    "read a file": lambda: os.open("/etc/passwd", os.O_RDONLY),
    "write a file": lambda: os.open("/tmp/htj2k-was-here", os.O_WRONLY | os.O_CREAT),
    "list a folder": lambda: os.listdir("/"),
    "delete a file": lambda: os.unlink("/tmp/htj2k-is-not-here"),
    "connect": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM),
    "connect locally": lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM),
    "fork": os.fork,
    "run a program": lambda: os.execv("/bin/true", ["true"]),
    "kill the host": lambda: os.kill(os.getppid(), signal.SIGTERM),
    "look at the host": lambda: ctypes.CDLL(None).ptrace(16, os.getppid(), 0, 0),
    "write elsewhere": lambda: os.write(1, b"x"),
    "read elsewhere": lambda: os.read(0, 1),
    "map executable memory": map_executable,
    "make memory executable": make_executable,
    "raise a limit": lambda: __import__("resource").setrlimit(7, (100, 100)),
}


def obey(memory: memoryview, size: int, options: dict[str, Any]) -> dict[str, Any]:
    command = bytes(memory[:size]).decode("latin-1")
    if command in ATTEMPTS:
        ATTEMPTS[command]()
        raise RuntimeError(f"survived: {command}")
    if command == "environment":
        raise RuntimeError(json.dumps(dict(os.environ)))
    if command == "change a pixel late":
        pixels = np.arange(64, dtype=np.uint8)
        memory[4096 : 4096 + 64] = pixels.tobytes()
        crc = worker.htj2k.crc32(pixels)
        memory[4100] ^= 1
        return {"shape": [8, 8], "dtype": "|u1", "offset": 4096, "crc32": crc}
    if command.startswith("{"):
        value: dict[str, Any] = json.loads(command)
        return value
    if command == "sleep":
        time.sleep(0)
    return decode(memory, size, options)


def main(*numbers: int) -> None:
    """As the real one, but for the calls."""
    worker._CALLS["decode"] = obey
    worker.main(*numbers)


def reply_with_nonsense(*numbers: int) -> None:
    """Replies are what the data say, whole."""

    def answer(request: dict[str, Any], memory: memoryview, _: object) -> Any:
        reply = json.loads(bytes(memory[: request["size"]]))
        if isinstance(reply, dict) and reply.get("id") == "right":
            reply["id"] = request["id"]
        return reply

    worker._answer = answer
    worker.main(*numbers)


def without_filter(*numbers: int) -> None:
    """As on a system whose kernel has no filter of system calls."""
    walls._filter_system_calls = lambda *_: False
    main(*numbers)
