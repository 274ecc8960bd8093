"""Runs calls while memory runs out at different moments, for test_scarce_memory.py.

Prints one JSON object: call -> [how often it raised MemoryError, how often it gave the right result]. After each
MemoryError the same call must give the right result, with memory enough.
"""

from __future__ import annotations

import ctypes
import json
import resource
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

import htj2k

STEPS = 20
HARD_LIMIT = resource.getrlimit(resource.RLIMIT_AS)[1]
PIXELS = np.random.default_rng(1).integers(0, 4096, (1500, 1400), np.uint16)
STREAM = htj2k.encode(PIXELS)
CHECKSUMS = htj2k.pixel_checksums(PIXELS)


def is_image(found: Any) -> bool:
    return np.array_equal(found, PIXELS)


CALLS: dict[str, tuple[Callable[[], Any], Callable[[Any], bool]]] = {
    "encode": (lambda: htj2k.encode(PIXELS), lambda found: found == STREAM),
    "encode_with_checksums": (
        lambda: htj2k.encode_with_checksums(PIXELS),
        lambda found: found.codestream == STREAM and list(found.checksums) == CHECKSUMS,
    ),
    "encode_batch": (
        lambda: htj2k.encode_batch([PIXELS, PIXELS], threads=1),
        lambda found: found == [STREAM, STREAM],
    ),
    "decode": (lambda: htj2k.decode(STREAM), is_image),
    "decode_partial": (
        lambda: htj2k.decode_partial(STREAM),
        lambda found: found.complete and is_image(found.pixels),
    ),
    "verify": (lambda: htj2k.verify(STREAM, CHECKSUMS), lambda found: found.ok),
    "decode_batch": (
        lambda: htj2k.decode_batch([STREAM, STREAM], threads=1),
        lambda found: all(map(is_image, found)),
    ),
}


def address_space() -> int:
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def with_memory(extra: int, call: Callable[[], Any]) -> Any:
    """The result, or MemoryError, with so many bytes beyond what the process has now."""
    ctypes.CDLL(None).malloc_trim(0)  # what was freed before must not be there to be used again
    resource.setrlimit(resource.RLIMIT_AS, (address_space() + extra, HARD_LIMIT))
    try:
        return call()
    except MemoryError as error:
        return error
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (HARD_LIMIT, HARD_LIMIT))


def map_large_blocks() -> None:
    """Else glibc comes to take them from address space that it has reserved for a thread, or that earlier calls
    have freed, where none is scarce."""
    m_mmap_threshold = -3
    ctypes.CDLL(None).mallopt(m_mmap_threshold, 32 << 10)


def main() -> None:
    map_large_blocks()
    counts = {}
    for name, (call, is_right) in CALLS.items():
        failed = right = 0
        for step in range(STEPS):
            threads = ThreadPoolExecutor(1)
            # In a thread of its own, as each thread keeps memory for its next image.
            found = threads.submit(with_memory, step << 20, call).result()
            if isinstance(found, MemoryError):
                failed += 1
                assert is_right(call()), name
            else:
                assert is_right(found), name
                right += 1
            del found
            threads.shutdown()
        counts[name] = failed, right
    print(json.dumps(counts))  # noqa: T201


if __name__ == "__main__":
    main()
