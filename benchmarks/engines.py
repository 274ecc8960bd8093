"""The native engine beside the loop that only pulls OpenJPH's lines: time by frame, threads and task, and memory.

python benchmarks/engines.py FRAME THREADS    # how far memory rises above what was held before a decode, in bytes
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import htj2k
from htj2k._threads import usable_cores
from htj2k.bench.frames import FRAMES, Frame, ct, enlarged, wsi
from htj2k.bench.timing import medians

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from peak_memory import rise

Call = Callable[[], Any]
PART = 512  # rows and columns of a region
PLACES = 16  # where regions are decoded, of which the mean is told
LARGE = 8_000_000  # pixels from which on memory is measured


def _square(shape: tuple[int, int], seed: int) -> NDArray[Any]:
    return enlarged(ct(seed=seed), shape)


# The same picture in all sizes; 512x512 is among the others.
SIZES = {f"CT {n}x{n}": Frame(_square, (n, n), 16) for n in (64, 128, 256, 1024, 2048, 4096)}
ALL: dict[str, Frame] = FRAMES | {"WSI 1024x1024 RGB": Frame(wsi, (1024, 1024), 8)} | SIZES


def calls(pixels: NDArray[Any], bits: int) -> dict[str, Call]:
    """What is timed, each after its answer was seen to be right."""
    from htj2k_raw import decode as pull_lines

    encoded = htj2k.encode_with_checksums(pixels, bits_stored=bits)
    stream = encoded.codestream
    native = partial(htj2k.decode, stream, engine="native")
    found: dict[str, Call] = {
        "OpenJPH alone": partial(pull_lines, stream),
        "openjph": partial(htj2k.decode, stream, engine="openjph"),
        "native": partial(native, threads=1),
        "all threads": partial(native, threads=usable_cores()),
        "all levels": partial(htj2k.codestream_checksums, stream),
    }
    for name in ("openjph", "native", "all threads"):
        assert np.array_equal(found[name](), pixels), name
    assert tuple(found["all levels"]()) == encoded.checksums
    if min(pixels.shape[:2]) >= 2 * PART:
        alone = partial(native, threads=1)
        middle = tuple((n - PART) // 2 for n in pixels.shape[:2])
        found["region in the middle"] = _regions(alone, pixels, [middle])
        found["regions anywhere"] = _regions(alone, pixels, _places(pixels.shape[:2]))
    return found


def _places(shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Where regions begin: at any row and column, as those of a viewer do, seldom with codeblocks."""
    rng = np.random.default_rng(1)
    return [tuple(int(rng.integers(n - PART)) for n in shape) for _ in range(PLACES)]


def _regions(decode: Callable[..., Any], pixels: NDArray[Any], starts: list[tuple[int, ...]]) -> Call:
    """Decodes a region from each of these starts on."""
    regions = [(top, top + PART, left, left + PART) for top, left in starts]
    for region in regions:
        top, bottom, left, right = region
        assert np.array_equal(decode(region=region), pixels[top:bottom, left:right]), region
    return lambda: [decode(region=region) for region in regions]


def measure_row(name: str, seconds: float) -> dict[str, Any]:
    """Seconds by task, and of large frames memory by threads."""
    frame = ALL[name]
    pixels = frame.pixels()
    times = medians(calls(pixels, frame.bits_stored), seconds=seconds)
    if "regions anywhere" in times:
        times["regions anywhere"] /= PLACES
    found: dict[str, Any] = {"bytes": pixels.nbytes, "seconds": times}
    if pixels.shape[0] * pixels.shape[1] >= LARGE:
        found["rise"] = {str(threads): _rise_elsewhere(name, threads) for threads in (1, usable_cores())}
    return found


def _rise_elsewhere(name: str, threads: int) -> int:
    command = [sys.executable, __file__, name, str(threads)]
    return int(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def _rise_here(name: str, threads: int) -> int:
    from scaling import give_back_freed_memory

    frame = ALL[name]
    stream = htj2k.encode(frame.pixels(), bits_stored=frame.bits_stored)
    give_back_freed_memory()
    return rise(partial(htj2k.decode, stream, engine="native", threads=threads))


if __name__ == "__main__":
    print(_rise_here(sys.argv[1], int(sys.argv[2])))
