"""Memory: how far a process rises above its inputs when it encodes or decodes an image of 8192x8192 samples."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from limited import run_limited

MIB = 1 << 20
# What OpenJPH holds beside the coded bytes: lines of the wavelet's levels, and the last chunks of each allocation.
WORKING_MEMORY = 16 * MIB

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.mark.parametrize("kind", ["detail", "noise"])
@pytest.mark.parametrize(
    ("call", "limit"),
    [
        # OpenJPH codes all blocks before it writes the first byte, so the coded bytes are there twice at the end.
        ("encode", lambda image, stream: 2 * stream),
        # The result of `decode`, and the coded bytes that OpenJPH copies out of the codestream.
        ("verify", lambda image, stream: image + 2 * stream),
        ("decode", lambda image, stream: image + stream),
        # With `out` there is no second image, and for checksums none at all.
        ("out", lambda image, stream: stream),
        ("checksums", lambda image, stream: stream),
    ],
)
def test_peak_of_a_large_image(kind: str, call: str, limit: Callable[[int, int], int]) -> None:
    found = run_limited("peak_memory.py", kind, call, memory=2048 * MIB, seconds=60)
    image, stream, rise = found["image"], found["codestream"], found["rise"]
    assert rise < limit(image, stream) + WORKING_MEMORY
    assert rise < image + stream + 64 * MIB or call == "verify"
