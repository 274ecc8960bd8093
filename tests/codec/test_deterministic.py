"""Equal pixels give equal bytes: in every thread, run and SIMD path, down to the last byte.

The first use by many threads in fresh processes is in test_batch.py.
"""

from __future__ import annotations

import concurrent.futures
import json
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import htj2k
from images import noise
from lossless import check_lossless
from streams import TLM, find, segments, without_comments

HERE = Path(__file__).parents[1]
BLOCKS = [(4, 4), (1024, 4), (16, 16), (32, 32), (64, 64), (4, 1024)]
# Of all codestreams of the grid, without comments: from an OpenJPH with AVX-512, and from one built with
# OJPH_DISABLE_SIMD.
GRID_CHECKSUM = 2706967904


def grid_codestreams() -> list[bytes]:
    """WP-11: widths around every vector length, codeblocks of every form."""
    streams = []
    for height in (1, 3, 64, 65):
        for width in range(1, 71):
            pixels = noise((height, width), "u2", seed=100 * height + width)
            streams += [htj2k.encode(pixels, block_size=block, num_decompositions=2) for block in BLOCKS]
    return streams


def test_codestreams_of_the_grid_are_pinned() -> None:
    """Both encoders and all CPUs have to give these bytes. OpenJPH's path cannot be chosen: its CPU decides.

    Lossless ones only: in the 9/7 transform its scalar code rounds otherwise than its vector code.
    """
    assert zlib.crc32(b"".join(map(without_comments, grid_codestreams()))) == GRID_CHECKSUM


@pytest.mark.parametrize("height", [1, 3, 64, 65])
@pytest.mark.parametrize("block", BLOCKS)
def test_grid_is_lossless(height: int, block: tuple[int, int]) -> None:
    for width in range(1, 71):
        pixels = noise((height, width), "u2", seed=100 * height + width)
        check_lossless(pixels, block_size=block, num_decompositions=2)


def run(code: str, **environment: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(HERE), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


ALL_KINDS = """
import json, hashlib, numpy as np, htj2k
from images import noise
digest = hashlib.sha256()
for dtype in ("u1", "i1", "u2", "i2", "u4", "i4"):
    for shape in ((33, 70), (17, 19, 3), (16, 67, 4), (5, 40, 7)):
        pixels = noise(shape, dtype)
        for view in (pixels, pixels[::-1, ::2], pixels.astype(pixels.dtype.newbyteorder())):
            stream = htj2k.encode(view, num_decompositions=2)
            digest.update(stream)
            digest.update(htj2k.decode(stream))
            digest.update(htj2k.encode(view, qstep=0.01, num_decompositions=2))
            digest.update(repr(htj2k.encode_with_checksums(view, num_decompositions=2)).encode())
print(json.dumps(digest.hexdigest()))
"""


def test_every_simd_path_gives_the_same_bytes() -> None:
    digests = {name: run(ALL_KINDS, HTJ2K_SIMD=name) for name in htj2k.simd.available()}
    assert len(set(digests.values())) == 1, digests


KINDS: dict[str, tuple[Any, dict[str, Any]]] = {
    "512x512 u2": (noise((512, 512), "u2"), {}),
    "3x5 i1": (noise((3, 5), "i1"), {}),
    "64x64x3 u1 lossy": (noise((64, 64, 3), "u1"), {"qstep": 0.01}),
    "1x1 u4": (noise((1, 1), "u4"), {}),
    "40x31x5 i2 tiled": (noise((40, 31, 5), "i2"), {"tile_size": (16, 16), "num_decompositions": 3}),
    "30x30 bool": (noise((30, 30), "u1", bits=1).astype(bool), {"progression_order": "CPRL"}),
}


def test_reuse_shows_nothing_of_another_frame() -> None:
    """WP-14: as decoded by a fresh process, whatever was decoded before or is changed afterwards."""
    streams = {name: htj2k.encode(pixels, **options) for name, (pixels, options) in KINDS.items()}
    alone = {}
    for name, stream in streams.items():
        code = f"import htj2k, json; print(json.dumps(htj2k.decode(bytes.fromhex('{stream.hex()}')).tolist()))"
        if len(stream) < 60_000:  # a command line has its limits
            alone[name] = np.array(run(code), htj2k.decode(stream).dtype)
        else:
            alone[name] = KINDS[name][0]
    kept = [(name, htj2k.decode(stream)) for _ in range(4) for name, stream in streams.items()]
    kept[0][1][:] = 0
    for name, decoded in kept[1:]:
        assert np.array_equal(decoded, alone[name]), name
    for name, stream in streams.items():
        pixels, options = KINDS[name]
        assert htj2k.encode(pixels, **options) == stream


@pytest.mark.parametrize(
    "pixels", [np.ones((146, 2960), np.uint16), noise((146, 2960), "u2")], ids=["ones", "noise"]
)
def test_codestreams_end_where_they_end(pixels: np.ndarray) -> None:
    """CK-07: a hundred encodes in eight threads, one result, and lengths that add up to its last byte."""
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        streams = set(pool.map(htj2k.encode, [pixels] * 100))
    assert len(streams) == 1
    stream = streams.pop()
    assert stream.endswith(b"\xff\xd9")
    start = segments(stream)[-1][2]
    lengths = []
    while stream[start : start + 2] == b"\xff\x90":
        lengths.append(struct.unpack_from(">I", stream, start + 6)[0])
        start += lengths[-1]
    assert start + 2 == len(stream)
    tlm = find(stream, TLM)
    length, _, stlm = struct.unpack_from(">HBB", stream, tlm + 2)
    entry = {0: ">I", 1: ">BI", 2: ">HI"}[stlm >> 4 & 3]
    assert stlm & 0x40
    told = [values[-1] for values in struct.iter_unpack(entry, stream[tlm + 6 : tlm + 2 + length])]
    assert told == lengths
