"""What the worker process runs: it enters the sandbox, and then decodes what the host puts into shared memory."""

from __future__ import annotations

import logging
import math
import mmap
import os
import signal
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import htj2k
from htj2k import _core
from htj2k._checksum import checksum_levels
from htj2k._decode import result_format

from . import walls
from .messages import LENGTH, MOST_MESSAGES, describe_error, pack, unpack, write_all

_ALIGNMENT = 64

Call = Callable[[memoryview, int, dict[str, Any]], dict[str, Any]]


def main(requests: int, replies: int, shared: int, size: int, memory_limit: int) -> None:
    """Serve until the host closes its pipe.

    Parameters
    ----------
    requests, replies, shared : int
        Descriptors: two pipes and the shared memory.
    size, memory_limit : int
        Bytes of shared memory; bytes that decoding may take besides.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the host decides
    messages = _collect_messages()
    memory = memoryview(mmap.mmap(shared, size))
    os.close(shared)
    sample = _warm_up()
    level = walls.enter(memory_limit, requests, replies)
    _try_out(sample)
    write_all(replies, pack({"level": level}))
    while (request := _read(requests)) is not None:
        write_all(replies, pack(_answer(request, memory, messages)))


def _collect_messages() -> list[list[Any]]:
    """What the library logs goes to the host with the reply."""
    collected: list[list[Any]] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if len(collected) < MOST_MESSAGES:
                collected.append([record.levelno, record.getMessage()])

    logger = logging.getLogger("htj2k")
    logger.handlers = [Collector()]
    logger.propagate = False
    logger.setLevel(logging.INFO)
    logging.logProcesses = False  # it would ask the kernel for the process's number
    return collected


def _warm_up() -> tuple[bytes, Any]:
    """Everything that is loaded or allocated at the first call is so before the sandbox."""
    pixels = np.arange(96 * 80, dtype=np.int16).reshape(96, 80)
    sample = htj2k.encode(pixels), pixels
    _try_out(sample)
    return sample


def _try_out(sample: tuple[bytes, Any]) -> None:
    """If the sandbox is too tight for this system, that shows before the first request. It allows no threads."""
    codestream, pixels = sample
    for engine in (None, "openjph"):
        if not np.array_equal(htj2k.decode(codestream, engine=engine, threads=1), pixels):
            raise RuntimeError("the sample image is not decoded as it was encoded")
    try:
        htj2k.decode(codestream[:-2], threads=1)
    except htj2k.HTJ2KError as error:
        describe_error(error)
    time.process_time()


def _read(requests: int) -> dict[str, Any] | None:
    head = _read_exactly(requests, LENGTH.size)
    return None if head is None else unpack(_read_exactly(requests, LENGTH.unpack(head)[0]) or b"")


def _read_exactly(requests: int, count: int) -> bytes | None:
    data = b""
    while len(data) < count:
        part = os.read(requests, count - len(data))
        if not part:
            return None
        data += part
    return data


def _answer(request: dict[str, Any], memory: memoryview, messages: list[list[Any]]) -> dict[str, Any]:
    messages.clear()
    reply: dict[str, Any] = {"id": request["id"]}
    try:
        reply["value"] = _CALLS[request["call"]](memory, request["size"], request["options"])
    except Exception as error:
        reply["error"] = describe_error(error)
    return {**reply, "log": messages, "cpu": time.process_time()}


def _decode(memory: memoryview, size: int, options: dict[str, Any]) -> dict[str, Any]:
    """Decode to shared memory, behind the data."""
    data = memory[:size]
    shape, dtype = result_format(data, **{k: v for k, v in options.items() if k != "expected_shape"})
    offset = -(-size // _ALIGNMENT) * _ALIGNMENT
    needed = offset + dtype.itemsize * math.prod(shape)
    if needed > len(memory):
        raise htj2k.LimitError(
            f"the codestream and its pixels of shape {shape} need {needed} bytes, memory_limit is {len(memory)}"
        )
    pixels: Any = np.ndarray(shape, dtype, memory, offset)
    htj2k.decode(data, out=pixels, threads=1, **options)
    return {"shape": shape, "dtype": dtype.str, "offset": offset, "crc32": htj2k.crc32(pixels)}


def _sizes(memory: memoryview, size: int, options: dict[str, Any]) -> dict[str, Any]:
    sizes, bit_depths = _core.sizes(memory[:size])
    return {"sizes": sizes, "bit_depths": sorted(set(bit_depths))}


def _levels(memory: memoryview, size: int, options: dict[str, Any]) -> dict[str, Any]:
    found = checksum_levels(memory[:size], most_threads=lambda: 1, **options)
    levels = [[reduce, level.width, level.height, level.checksum] for reduce, level in found.levels.items()]
    return {"levels": levels, "extremes": found.extremes}


_CALLS: dict[str, Call] = {"decode": _decode, "sizes": _sizes, "levels": _levels}
