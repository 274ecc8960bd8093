"""What batches gain over one thread, and beside threads around imagecodecs. Run with ``make bench-batches``."""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import imagecodecs
import numpy as np

import htj2k
from htj2k._threads import usable_cores
from htj2k.bench.timing import medians

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from images import ct_like

CORES = usable_cores()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    some = [ct_like((512, 512), seed=seed) for seed in range(20)]
    frames = [some[i % len(some)] for i in range(arguments.frames)]
    streams = htj2k.encode_batch(frames)
    expected = [htj2k.pixel_checksums(frame) for frame in frames]
    levels = htj2k.read_info(streams[0]).num_decompositions
    out = np.empty((len(frames), 512, 512), np.int16)
    pool = ThreadPoolExecutor(CORES)

    def peer_encode(frame: np.ndarray) -> bytes:
        return imagecodecs.htj2k_encode(frame, resolutions=levels, reversible=True, tlm=True, tilepart=1)

    assert np.array_equal(htj2k.decode_batch(streams, out=out), np.stack(frames))
    assert all(htj2k.verify_batch(streams, expected))
    times = medians(
        {
            "encode, 1 thread": lambda: htj2k.encode_batch(frames, threads=1),
            "encode": lambda: htj2k.encode_batch(frames),
            "encode, imagecodecs": lambda: list(pool.map(peer_encode, frames)),
            "decode, 1 thread": lambda: htj2k.decode_batch(streams, out=out, threads=1),
            "decode": lambda: htj2k.decode_batch(streams, out=out),
            "decode, new array": lambda: htj2k.decode_batch(streams),
            "decode, imagecodecs": lambda: list(pool.map(imagecodecs.htj2k_decode, streams)),
            "verify, 1 thread": lambda: htj2k.verify_batch(streams, expected, threads=1),
            "verify": lambda: htj2k.verify_batch(streams, expected),
        },
        seconds=0,
        least=arguments.rounds,
    )
    print(f"{len(frames)} frames of 512x512 int16 on {CORES} cores; frames a second")
    for name, seconds in times.items():
        print(f"{name:22} {len(frames) / seconds:8.0f}")
    for name in ("encode", "decode", "verify"):
        print(f"{name}: {times[f'{name}, 1 thread'] / times[name]:.2f} x one thread")
    print(f"encode: {times['encode, imagecodecs'] / times['encode']:.2f} x imagecodecs")
    print(f"decode, new array: {times['decode, imagecodecs'] / times['decode, new array']:.2f} x imagecodecs")


if __name__ == "__main__":
    main()
