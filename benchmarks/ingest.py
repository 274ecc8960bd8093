"""Throughput of ingest on this machine's cores, beside loops that only read DICOM and encode with imagecodecs.

The loops keep nothing and prove nothing. Ingest also takes the checksums of all resolutions, decodes each frame
again and compares, writes frames and metadata and waits until they are on the disk. Run::

    python benchmarks/ingest.py [--files 400] [--size 512] [--syntax native|rle|jpegls]
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pydicom
from pydicom.uid import JPEGLSLossless, RLELossless

from htj2k._threads import usable_cores
from htj2k.dicom import ingest, transcode

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from dicom_files import dataset, write
from images import ct_like

_COMPRESSED = {"rle": (RLELossless, "pydicom"), "jpegls": (JPEGLSLossless, "pyjpegls")}


def make_files(folder: Path, count: int, size: int, syntax: str) -> int:
    """Slices of a series in folders of 50; the bytes of their samples."""
    pixels = ct_like((size, size))
    for number in range(count):
        shifted = np.roll(pixels, number, axis=(number % 2))
        ds = dataset(shifted)
        if syntax in _COMPRESSED:
            uid, plugin = _COMPRESSED[syntax]
            ds.compress(uid, encoding_plugin=plugin, generate_instance_uid=False)
        write(folder / f"{number // 50}" / f"{number}.dcm", ds)
    return count * pixels.nbytes


def encode_file(path: Path) -> int:
    """What the loops do with a file."""
    return len(imagecodecs.htj2k_encode(pydicom.dcmread(path).pixel_array))


def loop(files: list[Path]) -> None:
    for path in files:
        encode_file(path)


def pool(files: list[Path]) -> None:
    with ProcessPoolExecutor(usable_cores()) as executor:
        sum(executor.map(encode_file, files, chunksize=8))


def run(job: Callable[[Path, Path], Any], source: Path) -> None:
    output = Path(tempfile.mkdtemp())
    try:
        report = job(source, output / "out")
        assert not getattr(report, "failed", ()), report.failed
        assert getattr(report, "ok", True)
    finally:
        shutil.rmtree(output)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=400)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--syntax", choices=["native", *_COMPRESSED], default="native")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder)
        size = make_files(source, options.files, options.size, options.syntax)
        files = sorted(source.rglob("*.dcm"))
        jobs: dict[str, Callable[[], None]] = {
            "imagecodecs, one core": lambda: loop(files),
            "imagecodecs, all cores": lambda: pool(files),
            "ingest, all cores": lambda: run(ingest, source),
            "ingest, one core": lambda: run(lambda s, o: ingest(s, o, threads=1), source),
            "transcode, all cores": lambda: run(transcode, source),
        }
        for name, job in jobs.items():
            seconds, cpu = min(timed(job) for _ in range(options.rounds))
            rate, megabytes = options.files / seconds, size / seconds / 1e6
            print(
                f"{name:24} {rate:8.1f} files/s {megabytes:8.1f} MB/s {1e3 * cpu / options.files:8.2f} CPU ms/file"
            )


def timed(job: Callable[[], None]) -> tuple[float, float]:
    """Seconds, and seconds of all cores, worker processes included: what counts on a busy machine."""
    begin, before = time.perf_counter(), os.times()
    job()
    after = os.times()
    return time.perf_counter() - begin, sum(after[:4]) - sum(before[:4])


if __name__ == "__main__":
    main()
