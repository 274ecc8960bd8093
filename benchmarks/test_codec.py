"""Frame x operation x library, each asserting its answer. Run with ``make bench``."""

from __future__ import annotations

import functools
import sys
import zlib
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest

import htj2k

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from images import ct_like, noise

FRAMES = {
    "512x512 i2": lambda: ct_like(),
    "2500x2048 u2": lambda: (ct_like((2500, 2048)) + 1024).astype(np.uint16),
    "1024x1024x3 u1": lambda: noise((1024, 1024, 3), "u1", bits=4),
}


@pytest.fixture(params=FRAMES, scope="module")
def frame(request: pytest.FixtureRequest) -> Any:
    return FRAMES[request.param]()


DECODERS = {
    "htj2k": htj2k.decode,
    "htj2k, 1 thread": functools.partial(htj2k.decode, threads=1),
    "imagecodecs": imagecodecs.htj2k_decode,
}


@pytest.mark.parametrize("library", DECODERS)
@pytest.mark.benchmark(group="decode")
def test_decode(benchmark: Any, frame: Any, library: str) -> None:
    stream, out = htj2k.encode(frame), np.empty_like(frame)
    assert np.array_equal(benchmark(DECODERS[library], stream, out=out), frame)


@pytest.mark.parametrize("library", ["htj2k", "imagecodecs"])
@pytest.mark.benchmark(group="encode")
def test_encode(benchmark: Any, frame: Any, library: str) -> None:
    encode = htj2k.encode if library == "htj2k" else imagecodecs.htj2k_encode
    assert np.array_equal(htj2k.decode(benchmark(encode, frame)), frame)


@pytest.mark.benchmark(group="verify")
def test_verify_every_level(benchmark: Any, frame: Any) -> None:
    stream, expected = htj2k.encode(frame), htj2k.pixel_checksums(frame)
    assert benchmark(htj2k.verify, stream, expected).ok


@pytest.mark.parametrize("library", ["htj2k", "zlib"])
@pytest.mark.benchmark(group="crc32 of 1 MiB")
def test_crc32(benchmark: Any, library: str) -> None:
    data = noise((1 << 20,), "u1").tobytes()
    assert benchmark(htj2k.crc32 if library == "htj2k" else zlib.crc32, data) == zlib.crc32(data)
