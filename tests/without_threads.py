"""Calls in a process to which the system gives no thread, for test_without_threads.py.

Prints as JSON, by call, whether its answer was right; and "helpers", how many codeblocks helpers had decoded
before threads could be had again, and after.
"""

from __future__ import annotations

import ctypes
import json
import sys
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

import htj2k
from htj2k import _core

LIBC = ctypes.CDLL(None)
PIXELS = np.random.default_rng(0).integers(0, 4096, (1024, 1024), np.uint16)
FRAMES = [PIXELS[i : i + 64, :64] for i in range(4)]
CODESTREAM, CODESTREAMS = htj2k.encode(PIXELS), [htj2k.encode(frame) for frame in FRAMES]
LEVELS = htj2k.pixel_checksums(PIXELS)


def set_stack_of_threads(size: int) -> None:
    attributes = ctypes.create_string_buffer(256)
    assert LIBC.pthread_attr_init(attributes) == 0
    assert LIBC.pthread_attr_setstacksize(attributes, ctypes.c_size_t(size)) == 0
    assert LIBC.pthread_setattr_default_np(attributes) == 0


def can_start_thread() -> bool:
    try:
        threading.Thread(target=lambda: None).start()
    except RuntimeError:
        return False
    return True


def all_equal(found: Any) -> bool:
    return len(found) == len(FRAMES) and all(map(np.array_equal, found, FRAMES))


CALLS: dict[str, Callable[[], bool]] = {
    "decode": lambda: np.array_equal(htj2k.decode(CODESTREAM, threads=2, engine="native"), PIXELS),
    "codestream_checksums": lambda: htj2k.codestream_checksums(CODESTREAM) == LEVELS,
    "decode_levels": lambda: np.array_equal(htj2k.decode_levels(CODESTREAM, threads=2)[-1], PIXELS),
    "encode_batch": lambda: htj2k.encode_batch(FRAMES, threads=2) == CODESTREAMS,
    "decode_batch": lambda: all_equal(htj2k.decode_batch(CODESTREAMS, threads=2)),
    "iter_decode": lambda: all_equal(list(htj2k.iter_decode(CODESTREAMS))),
    "verify_batch": lambda: all(v.ok for v in htj2k.verify_batch([CODESTREAM] * 3, [LEVELS] * 3, threads=2)),
}

set_stack_of_threads(1 << 47)  # more than a process has addresses
assert not can_start_thread()
answers: dict[str, bool] = {name: call() for name, call in CALLS.items()}
helped = [_core.blocks_by_helpers()]
set_stack_of_threads(1 << 20)
answers |= {f"{name} again": call() for name, call in CALLS.items()}
helped.append(_core.blocks_by_helpers())
sys.stdout.write(json.dumps({"answers": answers, "helpers": helped}))
