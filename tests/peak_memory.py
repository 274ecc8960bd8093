"""Peaks of resident memory while a large image is encoded and decoded, for test_memory.py.

    python peak_memory.py NAME...

Prints one JSON object: for each of the named calls the bytes of the image, of the codestream, and how far the
resident memory rose above what it was before the call.
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
    """Noise is a codestream that is larger than the image, the ramp one that is far smaller."""
    if kind == "noise":
        return np.random.default_rng(1).integers(0, 256, (SIDE, SIDE), np.uint8)
    row = np.arange(SIDE, dtype=np.uint8)
    return (row[:, None] // 2 + row[None, :] // 3).astype(np.uint8)


def main(names: list[str]) -> None:
    found = {}
    for name in names:
        kind, what = name.split()
        pixels = image(kind)
        stream = htj2k.encode(pixels)
        out = np.zeros_like(pixels)
        calls: dict[str, Callable[[], object]] = {
            "encode": lambda pixels=pixels: htj2k.encode(pixels),
            "verify": lambda pixels=pixels: htj2k.encode(pixels, verify=True),
            "decode": lambda stream=stream: htj2k.decode(stream),
            "out": lambda stream=stream, out=out: htj2k.decode(stream, out=out),
            "checksums": lambda stream=stream: htj2k.codestream_checksums(stream),
        }
        found[name] = {"image": pixels.nbytes, "codestream": len(stream), "rise": rise(calls[what])}
    print(json.dumps(found))  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1:])
