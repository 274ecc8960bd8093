"""The library's own encoder beside OpenJPH's: the same codestreams, but for the comment with its name."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import htj2k
import streams
from images import ct_like, noise
from lossless import check_lossless, encodes_natively

pytestmark = pytest.mark.skipif(
    not encodes_natively(np.zeros((1, 1), np.uint8)), reason="another encoder is chosen, or none is built in"
)

_ENCODE_ALL = """
import pickle, sys, htj2k
frames = pickle.load(sys.stdin.buffer)
pickle.dump([htj2k.encode(pixels, **options) for pixels, options in frames], sys.stdout.buffer)
"""


def encoded_by_openjph(frames: list[tuple[np.ndarray[Any, Any], dict[str, Any]]]) -> list[bytes]:
    done = subprocess.run(
        [sys.executable, "-c", _ENCODE_ALL],
        env=os.environ | {"HTJ2K_ENGINE": "openjph"},
        input=pickle.dumps(frames),
        capture_output=True,
        check=True,
    )
    found: list[bytes] = pickle.loads(done.stdout)
    return found


def test_the_same_codestreams() -> None:
    frames: list[tuple[np.ndarray[Any, Any], dict[str, Any]]] = [
        (ct_like((150, 140)), {}),
        (noise((70, 81), "u2", bits=12), {"bits_stored": 12, "block_size": (16, 256)}),
        (noise((61, 47, 3), "u1"), {"progression_order": "LRCP", "tile_parts": "RC"}),
        (noise((61, 47, 4), "i2"), {"tile_size": (20, 30), "precinct_sizes": [(16, 8), (64, 32)]}),
        (noise((40, 50), "u4", bits=24), {"bits_stored": 24, "num_decompositions": 7}),
        (np.zeros((300, 200), np.uint8), {"progression_order": "CPRL"}),
        (noise((33, 35), "i1"), {"container": "jph", "tlm": False}),
    ]
    for (pixels, options), expected in zip(frames, encoded_by_openjph(frames), strict=True):
        assert encodes_natively(pixels, **options)
        found = htj2k.encode(pixels, **options)
        if options.get("container") == "jph":  # whose boxes have lengths
            found, expected = (stream[stream.index(b"\xff\x4f\xff\x51") :] for stream in (found, expected))
        assert streams.without_comments(found) == streams.without_comments(expected)


@pytest.mark.parametrize("bits", [24, 25])
def test_depths_up_to_24_bits_are_its(bits: int) -> None:
    pixels = noise((20, 20, 3), "u4", bits=bits)
    assert encodes_natively(pixels, bits_stored=bits, color_transform=False) == (bits == 24)
    assert not encodes_natively(pixels, bits_stored=bits, color_transform=True)
    check_lossless(pixels, bits_stored=bits)


def test_lossy_encodings_are_openjphs() -> None:
    assert not encodes_natively(np.zeros((4, 4), np.uint8), qstep=0.1)


@pytest.mark.parametrize("dtype", ["u1", "i2", "u4"])
def test_samples_above_bits_stored_are_named_as_they_are(dtype: str) -> None:
    """Narrow lanes would wrap them."""
    pixels = np.zeros((5, 6), dtype)
    pixels[3, 4] = largest = np.iinfo(dtype).max
    with pytest.raises(ValueError, match=rf"pixels\[3, 4\] is {largest}, which does not fit bits_stored=7"):
        htj2k.encode(pixels, bits_stored=7)
    decoded = htj2k.decode(htj2k.encode(pixels, bits_stored=7, mask_unused_bits=True))
    assert decoded[3, 4] == (-1 if dtype == "i2" else 127)


def test_a_sample_whose_low_half_would_fit_is_refused() -> None:
    pixels = np.zeros((5, 6, 3), np.uint32)
    pixels[1, 2, 1] = (1 << 16) + 5
    with pytest.raises(ValueError, match=r"pixels\[1, 2, 1\] is 65541"):
        htj2k.encode(pixels, bits_stored=7)
