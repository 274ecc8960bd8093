"""Peak of resident memory while a large image is encoded or decoded, for test_memory.py.

    python peak_memory.py KIND CALL

Prints one JSON object: the bytes of the image, of the codestream, and how far resident memory rose above what
it was before the call.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

import htj2k

SIDE = 8192
STATUS = Path("/proc/self/status")


def status(field: str) -> int:
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(field + ":"))
    return int(line.split()[1]) * 1024


def rise(call: Callable[[], object]) -> int:
    """How far resident memory rises above its level of now while `call` runs and its result is alive."""
    Path("/proc/self/clear_refs").write_text("5")  # the high-water mark starts again
    before = status("VmRSS")
    result = call()
    peak = status("VmHWM")
    del result
    return peak - before


def image(kind: str) -> np.ndarray:
    """Noise, whose codestream is larger than the image; or detail, whose codestream is about half of it."""
    high = 256 if kind == "noise" else 12
    return np.random.default_rng(1).integers(0, high, (SIDE, SIDE), np.uint8)


def main(kind: str, call: str) -> None:
    pixels = image(kind)
    stream = htj2k.encode(pixels)
    out = np.zeros_like(pixels)
    calls: dict[str, Callable[[], object]] = {
        "encode": lambda: htj2k.encode(pixels),
        "verify": lambda: htj2k.encode(pixels, verify=True),
        "decode": lambda: htj2k.decode(stream),
        "out": lambda: htj2k.decode(stream, out=out),
        "checksums": lambda: htj2k.codestream_checksums(stream),
    }
    result = {"image": pixels.nbytes, "codestream": len(stream), "rise": rise(calls[call])}
    print(json.dumps(result))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
