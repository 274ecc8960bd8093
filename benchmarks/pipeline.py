"""What decoding, checksums and verification cost over OpenJPH alone, and beside other libraries.

Run with ``make bench-pipeline``. Ratios are of medians that were taken side by side in one run. "raw" is
benchmarks/raw.cpp: a loop that only pulls (or pushes) OpenJPH's lines, on a restarted codestream object. One
thread each, unless the column says otherwise.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

import htj2k_raw
import imagecodecs
import numpy as np
from numpy.typing import NDArray

import htj2k
from frames import FRAMES
from side_by_side import medians

Calls = dict[str, Callable[[], object]]


def decode_calls(pixels: NDArray[Any], bits: int) -> Calls:
    encoded = htj2k.encode_with_checksums(pixels, bits_stored=bits)
    stream, expected = encoded.codestream, encoded.checksums
    out = np.empty_like(htj2k.decode(stream))
    assert np.array_equal(htj2k.decode_verified(stream, expected, out=out), pixels)
    return {
        "raw": lambda: htj2k_raw.decode(stream),
        "decode(out=)": lambda: htj2k.decode(stream, out=out, threads=1),
        "decode(out=), 2 threads": lambda: htj2k.decode(stream, out=out, threads=2),
        "decode(out=), OpenJPH's engine": lambda: htj2k.decode(stream, out=out, engine="openjph"),
        "decode": lambda: htj2k.decode(stream, threads=1),
        "decode + CRC": lambda: htj2k.decode_with_checksum(stream, out=out),
        "decode_verified": lambda: htj2k.decode_verified(stream, expected, out=out),
        "verify": lambda: htj2k.verify(stream, expected),
        "raw, fresh object": lambda: htj2k_raw.decode(stream, fresh=True),
        "imagecodecs(out=)": lambda: imagecodecs.htj2k_decode(stream, out=out),
    }


def lines_of(pixels: NDArray[Any]) -> NDArray[np.int32]:
    planes = pixels if pixels.ndim == 3 else pixels[:, :, None]
    return np.ascontiguousarray(np.moveaxis(planes, 2, 1), np.int32)


def encode_calls(pixels: NDArray[Any], bits: int) -> Calls:
    lines, signed, color = lines_of(pixels), pixels.dtype.kind == "i", pixels.ndim == 3
    levels = htj2k.read_info(htj2k.encode(pixels)).num_decompositions
    return {
        "raw": lambda: htj2k_raw.encode(lines, bits, signed, levels, color),
        "encode": lambda: htj2k.encode(pixels, bits_stored=bits),
        "encode + checksums": lambda: htj2k.encode_with_checksums(pixels, bits_stored=bits),
        "imagecodecs": lambda: imagecodecs.htj2k_encode(
            pixels, resolutions=levels, rgb=color, reversible=True, tlm=True, tilepart=1
        ),
    }


def report(title: str, frames: list[str], make: Callable[[NDArray[Any], int], Calls], seconds: float) -> None:
    print(f"\n## {title}\n")
    for number, name in enumerate(frames):
        read, bits = FRAMES[name]
        times = medians(make(read(), bits), seconds=seconds)
        if number == 0:
            print("| frame | raw | " + " | ".join(f"{call}" for call in list(times)[1:]) + " |")
            print("|---" * (len(times) + 1) + "|")
        raw = times.pop("raw")
        cells = [f"{t / raw:.2f}" for t in times.values()]
        print(f"| {name} | {1e3 * raw:.3f} ms | " + " | ".join(cells) + " |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10, help="for each frame and table")
    parser.add_argument("frames", nargs="*", default=list(FRAMES))
    arguments = parser.parse_args()
    print(f"SIMD path: {htj2k.simd.active()}")
    report("Decoding, times raw", arguments.frames, decode_calls, arguments.seconds)
    report("Encoding, times raw", arguments.frames, encode_calls, arguments.seconds)


if __name__ == "__main__":
    main()
