"""Decodes thousands of mutated codestreams, for test_mutations.py, which runs this under limits.

    python mutate.py COUNT SEED

Prints one JSON object: how the strict decodes ended, the slowest in seconds, and how many wrong pixels passed
verification (there must be none).
"""

from __future__ import annotations

import collections
import contextlib
import json
import sys
import time
from collections.abc import Callable

import numpy as np

import htj2k
from images import ct_like, noise
from streams import wrap_in_boxes
from subsampled import Component, Grid, compose

Random = np.random.Generator


def seeds() -> list[tuple[bytes, np.ndarray]]:
    ct, rgb = ct_like((48, 40)), noise((23, 31, 3), "u1")
    flat = np.full((64, 64), 1000, np.uint16)
    streams = [
        (ct, {"num_decompositions": 3}),
        (ct, {"tile_size": (20, 24)}),
        (ct, {"progression_order": "PCRL", "precinct_sizes": [(16, 16)], "block_size": (8, 8)}),
        (rgb, {}),
        (rgb, {"color_transform": False, "progression_order": "CPRL", "tile_parts": "C"}),
        (noise((64, 64), "u2"), {"bits_stored": 16}),
        (noise((40, 50), "i1"), {"tile_parts": None, "tlm": False, "progression_order": "LRCP"}),
        (flat, {}),
        (noise((65, 3), "u2", bits=12), {"bits_stored": 12, "num_decompositions": 6, "comment": "a comment"}),
    ]
    made = [(htj2k.encode(pixels, **options), pixels) for pixels, options in streams]
    chroma = noise((12, 16), "u1")
    components = [Component(noise((23, 31), "u1")), Component(chroma, 2, 2), Component(chroma, 2, 2)]
    for grid in (Grid((0, 0, 31, 23)), Grid((0, 0, 31, 23), (8, 10), order="PCRL", precincts=((2, 2),))):
        subsampled = compose(components, grid)
        made.append((subsampled, htj2k.decode(subsampled)))
    return [*made, (wrap_in_boxes(made[0][0]), ct)]


def flip_bits(data: bytearray, rng: Random, _other: bytes) -> bytes:
    for _ in range(rng.integers(1, 4)):
        data[rng.integers(len(data))] ^= 1 << rng.integers(8)
    return bytes(data)


def patch_field(data: bytearray, rng: Random, _other: bytes) -> bytes:
    """Overwrite 1, 2 or 4 bytes, most often in the headers, with an extreme or a random value."""
    size = int(rng.choice([1, 2, 4]))
    where = int(rng.integers(min(len(data) - size, 160 if rng.random() < 0.8 else len(data) - size)))
    extremes = [0, 1, 2, 2 ** (8 * size - 1), 2 ** (8 * size) - 1, int(rng.integers(2 ** (8 * size)))]
    data[where : where + size] = extremes[rng.integers(len(extremes))].to_bytes(size, "big")
    return bytes(data)


def cut(data: bytearray, rng: Random, _other: bytes) -> bytes:
    start = int(rng.integers(len(data)))
    stop = min(len(data), start + int(rng.integers(1, 60)))
    return bytes(data[:start] + (b"" if rng.random() < 0.5 else bytes(stop - start)) + data[stop:])


def splice(data: bytearray, rng: Random, other: bytes) -> bytes:
    start, length = int(rng.integers(len(other))), int(rng.integers(1, 80))
    where = int(rng.integers(len(data)))
    return bytes(data[:where] + other[start : start + length] + data[where + length * int(rng.integers(2)) :])


MUTATIONS: list[Callable[[bytearray, Random, bytes], bytes]] = [flip_bits, patch_field, cut, splice]


def outcome(mutant: bytes) -> str:
    try:
        htj2k.decode(mutant, max_pixels=1 << 22)
    except htj2k.HTJ2KError as e:
        return type(e).__name__
    return "decoded"


def main(count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    streams = seeds()
    expected = [htj2k.codestream_checksums(stream)[-1].checksum for stream, _ in streams]
    outcomes: collections.Counter[str] = collections.Counter()
    slowest, wrong = 0.0, 0
    for _ in range(count):
        which, other = rng.integers(len(streams), size=2)
        stream, pixels = streams[which]
        mutant = MUTATIONS[rng.integers(len(MUTATIONS))](bytearray(stream), rng, streams[other][0])
        start = time.perf_counter()
        outcomes[outcome(mutant)] += 1
        verdict = htj2k.verify(mutant, expected[which], max_pixels=1 << 22)
        if verdict.ok:  # in the clamp convention that it names: a changed bit depth moves the other one's range
            wrong += not np.array_equal(htj2k.decode(mutant, clamp=verdict.levels[0].clamp), pixels)
        with contextlib.suppress(htj2k.HTJ2KError):
            htj2k.decode_partial(mutant, max_pixels=1 << 22)
        slowest = max(slowest, time.perf_counter() - start)
    print(json.dumps({"outcomes": outcomes, "slowest": slowest, "wrong": wrong}))  # noqa: T201


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
