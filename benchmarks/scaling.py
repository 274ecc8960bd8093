"""How time and memory grow. Each point of a curve comes from a fresh process, so that nothing of another is left.

python benchmarks/scaling.py CURVE OPERATION VALUE SECONDS    # one point, as JSON
"""

from __future__ import annotations

import ctypes
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import htj2k
from htj2k._threads import usable_cores
from htj2k.bench.frames import ct, enlarged
from htj2k.bench.settings import thread_counts
from htj2k.bench.timing import second_run, take_turns

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from peak_memory import rise

Pixels = NDArray[Any]
Call = Callable[[], object]
SIDE = 256  # of the frames in files whose number grows
PLANE = 128  # of the components whose number grows


def square(side: int) -> Pixels:
    return enlarged(ct(), (side, side))


def components(count: int) -> Pixels:
    """Planes of 8 bits, each with noise of its own."""
    y, x = np.mgrid[:PLANE, :PLANE]
    smooth = 120 + 60 * np.sin(x / 23) * np.cos(y / 31)
    noise = np.random.default_rng(1).normal(0, 4, (PLANE, PLANE, count)).astype(np.float32)
    return (smooth[:, :, None] + noise).clip(0, 255).astype(np.uint8)


def depth(bits: int) -> Pixels:
    """The same picture at every depth; its noise is a hundredth of the range."""
    y, x = np.mgrid[:512, :512]
    picture = 0.5 + 0.3 * np.sin(x / 23) * np.cos(y / 31) + np.random.default_rng(1).normal(0, 0.01, y.shape)
    return (picture.clip(0, 1) * (2**bits - 1)).astype(np.uint32 if bits > 16 else np.uint16)


def codec_call(operation: str, pixels: Pixels, **options: Any) -> Call:
    """One call for one image."""
    if operation == "encode":
        return partial(htj2k.encode, pixels, **options)
    if operation == "encode with checksums":
        return partial(htj2k.encode_with_checksums, pixels, **options)
    encoded = htj2k.encode_with_checksums(pixels, **options)
    stream, expected = encoded.codestream, encoded.checksums
    if operation == "decode":
        assert np.array_equal(htj2k.decode(stream), np.squeeze(pixels))
        return partial(htj2k.decode, stream)
    assert htj2k.verify(stream, expected).ok
    return partial(htj2k.verify, stream, expected)


def batch_call(operation: str, count: int, threads: int) -> Call:
    """A batch of frames of 512x512."""
    frames = [ct(seed=seed) for seed in range(8)]
    if operation == "encode":
        return partial(htj2k.encode_batch, [frames[i % 8] for i in range(count)], threads=threads)
    encoded = [htj2k.encode_with_checksums(frame) for frame in frames]
    streams = [encoded[i % 8].codestream for i in range(count)]
    if operation == "decode":
        return partial(htj2k.decode_batch, streams, threads=threads)
    expected = [encoded[i % 8].checksums for i in range(count)]
    assert all(htj2k.verify_batch(streams, expected, threads=threads))
    return partial(htj2k.verify_batch, streams, expected, threads=threads)


def job_call(operation: str, count: int, side: int, folder: Path) -> Call:
    """A job over DICOM files: their import, or the verification of what came of them."""
    from htj2k.dicom import ingest
    from htj2k.healthimaging import verify_folder
    from ingest import make_files

    make_files(folder / "in", count, side, "native")
    outputs = (folder / f"out{number}" for number in range(10**6))

    def run() -> Path:
        output = next(outputs)
        assert len(ingest(folder / "in", output, threads=usable_cores()).imported) == count
        return output

    if operation == "ingest":
        return run
    output = run()

    def verify() -> None:
        assert verify_folder(output, threads=usable_cores()).ok

    return verify


# Curve: operations, values, from which value on the exponent is fitted, the unit of the values.
SQUARES = (64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384)
CURVES: dict[str, tuple[tuple[str, ...], tuple[int, ...], int, str]] = {
    "frame size": (("encode", "encode with checksums", "decode", "verify"), SQUARES, 512, "rows and columns"),
    "components": (("encode", "decode", "verify"), (1, 2, 4, 8, 16, 64, 256, 1024), 4, "components of 128x128"),
    "bit depth": (("encode", "decode", "verify"), (1, 2, 4, 8, 12, 16, 20, 24, 28), 4, "bits"),
    "threads": (
        ("encode", "decode", "verify"),
        tuple(thread_counts(usable_cores())),
        1,
        "threads, 64 frames of 512x512",
    ),
    "batch size": (("encode", "decode", "verify"), (1, 4, 16, 64, 256, 1024), 16, "frames of 512x512"),
    "files": (("ingest", "verify"), (1, 4, 16, 64, 256, 1024), 16, "DICOM files of 256x256"),
    "file size": (("ingest", "verify"), (64, 256, 1024, 4096), 256, "rows and columns of 4 DICOM files"),
}


def make_call(curve: str, operation: str, value: int, folder: Path) -> Call:
    if curve == "frame size":
        return codec_call(operation, square(value))
    if curve == "components":
        return codec_call(operation, components(value), color_transform=False)
    if curve == "bit depth":
        return codec_call(operation, depth(value), bits_stored=value)
    if curve == "threads":
        return batch_call(operation, 64, value)
    if curve == "batch size":
        return batch_call(operation, value, usable_cores())
    return job_call(operation, *((value, SIDE) if curve == "files" else (4, value)), folder)


def measure_here(curve: str, operation: str, value: int, seconds: float) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        call = make_call(curve, operation, value, Path(folder))
        give_back_freed_memory()
        peak = rise(call)
        timer = partial(second_run, call) if value < 4096 else partial(_only_run, call)
        times = take_turns({0: timer}, seconds=seconds, least=3)[0]
    workers = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024  # the largest one
    return {"value": value, "seconds": statistics.median(times), "peak": peak, "worker_peak": workers}


def give_back_freed_memory() -> None:
    """What the preparation has freed would otherwise be used again and not be seen. glibc only."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim:
        trim(0)


def _only_run(call: Call) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def measure(curve: str, seconds: float) -> dict[str, list[dict[str, float]]]:
    """All points of a curve, by operation."""
    operations, values, _, _ = CURVES[curve]

    def point(operation: str, value: int) -> dict[str, float]:
        command = [sys.executable, __file__, curve, operation, str(value), str(seconds)]
        found: dict[str, float] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        return found

    return {operation: [point(operation, value) for value in values] for operation in operations}


def exponent(points: list[dict[str, float]], least: float, field: str = "seconds") -> float:
    """The slope of the curve in logarithms, from `least` on."""
    used = [(p["value"], p[field]) for p in points if p["value"] >= least]
    values, results = np.log(np.array(used).T)
    return float(np.polyfit(values, results, 1)[0])


if __name__ == "__main__":
    curve, operation, value, seconds = sys.argv[1:]
    print(json.dumps(measure_here(curve, operation, int(value), float(seconds))))
