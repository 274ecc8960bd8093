"""A peer that does what peers do at their worst, for the tests of peer_process.py."""

from __future__ import annotations

import os
import time
from typing import Any

import numpy as np

from . import Cannot, Options

NAME = "faulty"
CODEC = "none"
REQUIRES = ()


def version() -> str:
    return "faulty 1"


def decode(data: bytes, reduce: int) -> Any:
    print("a word on standard output")  # noqa: T201
    if data == b"abort":
        os.abort()
    if data == b"exit":
        os.write(2, b"last words")
        os._exit(3)
    if data == b"hang":
        time.sleep(600)
    if data == b"raise":
        raise ValueError("first line\nsecond line")
    return np.full((2, 3), reduce)


def encode(pixels: Any, options: Options) -> bytes:
    raise Cannot("no parameter")
