"""What is in use more after many calls than before, for test_leaks.py.

    python leaks.py COUNT

Prints one JSON object: call -> [bytes of malloc, blocks of Python's own], each the least of some rounds of COUNT
calls; or null where nobody counts the bytes.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import os
import sys
from collections.abc import Callable, Iterator

import numpy as np

import htj2k
from images import noise
from streams import COD, patch

#: Each thread keeps small blocks for later, which malloc counts as in use.
COUNTED = {"GLIBC_TUNABLES": "glibc.malloc.tcache_count=0"}
WARM_UP = 20
ROUNDS = 3


class _MallInfo(ctypes.Structure):
    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            "arena",
            "ordblks",
            "smblks",
            "hblks",
            "hblkhd",
            "usmblks",
            "fsmblks",
            "uordblks",
            "fordblks",
            "keepcost",
        )
    ]


def bytes_in_use() -> int:
    found = _mallinfo2()
    return int(found.uordblks + found.hblkhd)


def calls() -> Iterator[tuple[str, Callable[[], object]]]:
    grey, rgb = noise((40, 50), "u2"), noise((33, 31, 3), "u1")
    stream, colour = htj2k.encode(grey, num_decompositions=3), htj2k.encode(rgb, num_decompositions=2)
    file = htj2k.encode(rgb, container="jph", comment=["one", b"two"])
    damaged = stream[:400] + bytes(20) + stream[420:]
    out = np.empty_like(grey)
    checksums = htj2k.pixel_checksums(grey, num_decompositions=3)

    yield "encode", lambda: htj2k.encode(grey)
    yield (
        "encode every option",
        lambda: htj2k.encode(
            rgb,
            tile_size=(16, 16),
            precinct_sizes=[(16, 16)],
            progression_order="CPRL",
            comment="text",
            verify=True,
        ),
    )
    yield "encode lossy", lambda: htj2k.encode(grey, qstep=0.01)
    yield "encode with checksums", lambda: htj2k.encode_with_checksums(grey)
    yield "encode a sample that does not fit", lambda: htj2k.encode(grey, bits_stored=3)
    yield "encode what OpenJPH refuses", lambda: htj2k.encode(grey, num_decompositions=32, qstep=1e-5)
    yield "encode floats", lambda: htj2k.encode(grey.astype("f4"))
    yield "decode", lambda: htj2k.decode(stream)
    yield "decode reduced", lambda: htj2k.decode(colour, reduce=1)
    yield "decode into out", lambda: htj2k.decode(stream, out=out)
    yield "decode into the wrong out", lambda: htj2k.decode(colour, out=out)
    yield "decode another dtype", lambda: htj2k.decode(stream, dtype="int32")
    yield "decode a file", lambda: htj2k.decode(file)
    yield "decode a cut stream", lambda: htj2k.decode(stream[:-40])
    yield "decode a cut header", lambda: htj2k.decode(stream[:60])
    yield "decode damage", lambda: htj2k.decode(damaged)
    yield "decode something else", lambda: htj2k.decode(b"\x89PNG\r\n\x1a\n" + bytes(100))
    yield "decode the unsupported", lambda: htj2k.decode(patch(stream, COD, 6, 2, 2))
    yield "decode too much", lambda: htj2k.decode(stream, max_pixels=10)
    yield "decode_partial", lambda: htj2k.decode_partial(stream[: len(stream) // 2])
    yield "decode_partial damage", lambda: htj2k.decode_partial(damaged)
    yield "decode_verified", lambda: htj2k.decode_verified(stream, checksums)
    yield "read_info", lambda: htj2k.read_info(file).resolutions
    yield "extract_resolution", lambda: htj2k.extract_resolution(stream, reduce=2)
    yield "checksums", lambda: (htj2k.pixel_checksums(rgb), htj2k.codestream_checksums(colour))
    yield "verify", lambda: (htj2k.verify(stream, checksums), htj2k.verify(damaged, checksums))
    yield "batches", lambda: htj2k.decode_batch(htj2k.encode_batch([grey, grey], threads=2), threads=2)
    yield "a batch that fails", lambda: htj2k.decode_batch([stream, damaged[:90]], threads=2)
    yield "progressive", lambda: [htj2k.ProgressiveDecoder().feed(part) for part in (stream[:300], stream)]


def growth(call: Callable[[], object], count: int) -> tuple[int, int]:
    """A leak grows in every round; what only some rounds show are caches that fill."""

    def round_of(times: int) -> tuple[int, int]:
        bytes_before, blocks_before = bytes_in_use(), sys.getallocatedblocks()
        for _ in range(times):
            with contextlib.suppress(htj2k.HTJ2KError, ValueError, TypeError):
                call()
        gc.collect()
        return bytes_in_use() - bytes_before, sys.getallocatedblocks() - blocks_before

    round_of(WARM_UP)
    rounds = [round_of(count) for _ in range(ROUNDS)]
    return min(grown for grown, _ in rounds), min(grown for _, grown in rounds)


def main() -> None:
    if not COUNTED.items() <= os.environ.items():
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **COUNTED})
    found: dict[str, tuple[int, int]] | None = None
    if _mallinfo2 is not None:
        found = {name: growth(call, int(sys.argv[1])) for name, call in calls()}
    print(json.dumps(found))  # noqa: T201


_mallinfo2 = getattr(ctypes.CDLL(None), "mallinfo2", None)
if _mallinfo2 is not None:
    _mallinfo2.restype = _MallInfo

if __name__ == "__main__":
    main()
