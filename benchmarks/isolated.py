"""What decoding in another process costs beside decoding in this one. Run with ``make bench-isolated``."""

from __future__ import annotations

import argparse
import statistics
import time

import numpy as np
from side_by_side import medians

import htj2k
from frames import FRAMES
from htj2k import isolated

NAMES = ("64x64 i2", "512x512 i2", "2500x2048 12 bit")


def seconds_to_start() -> float:
    begin = time.perf_counter()
    with isolated.Sandbox() as sandbox:
        sandbox.level()
        return time.perf_counter() - begin


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10, help="for each frame")
    arguments = parser.parse_args()
    print(f"isolated by {isolated.level()}; SIMD path {htj2k.simd.active()}; medians")
    print(
        "\n| frame | `decode` | `isolated.decode` | ratio | `isolated.verify` / `verify` |\n|---|---|---|---|---|"
    )
    for name in NAMES:
        read, bits = FRAMES[name]
        pixels = read()
        encoded = htj2k.encode_with_checksums(pixels, bits_stored=bits)
        stream, expected = encoded.codestream, encoded.checksums
        assert np.array_equal(isolated.decode(stream), pixels)
        assert isolated.verify(stream, expected).ok
        times = medians(
            {
                "here": lambda stream=stream: htj2k.decode(stream),
                "isolated": lambda stream=stream: isolated.decode(stream),
                "verify": lambda stream=stream, e=expected: htj2k.verify(stream, e),
                "isolated verify": lambda stream=stream, e=expected: isolated.verify(stream, e),
            },
            seconds=arguments.seconds,
        )
        here, there = times["here"], times["isolated"]
        cells = [f"{1e3 * here:.3f} ms", f"{1e3 * there:.3f} ms", f"{there / here:.2f}"]
        print(f"| {name} | {' | '.join(cells)} | {times['isolated verify'] / times['verify']:.2f} |", flush=True)
    print(f"\nstarting a worker: {statistics.median(seconds_to_start() for _ in range(5)):.2f} s")


if __name__ == "__main__":
    main()
