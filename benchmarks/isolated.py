"""What decoding in another process costs beside decoding in this one. Run with ``make bench-isolated``."""

from __future__ import annotations

import argparse
import statistics
import time

import numpy as np

import htj2k
from environment import pin_to_one_thread
from htj2k import isolated
from htj2k.bench.frames import FRAMES
from htj2k.bench.timing import medians

NAMES = ("NM 64x64", "CT 512x512", "DX 2048x2500")


def seconds_to_start() -> float:
    begin = time.perf_counter()
    with isolated.Sandbox() as sandbox:
        sandbox.level()
        return time.perf_counter() - begin


def main() -> None:
    pin_to_one_thread()  # as the isolated process does
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10, help="for each frame")
    arguments = parser.parse_args()
    print(f"isolated by {isolated.level()}; SIMD path {htj2k.simd.active()}; medians")
    print(
        "\n| frame | `decode` | `isolated.decode` | ratio | `isolated.verify` / `verify` |\n|---|---|---|---|---|"
    )
    for name in NAMES:
        pixels = FRAMES[name].pixels()
        encoded = htj2k.encode_with_checksums(pixels, bits_stored=FRAMES[name].bits_stored)
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
