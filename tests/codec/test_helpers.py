"""Several threads in a frame: that they work there when they have no frame of their own, and change no result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import htj2k
from htj2k import _core
from images import ct_like

LARGE = [ct_like((900, 900), seed=seed) for seed in range(3)]
ENCODED = [htj2k.encode_with_checksums(frame) for frame in LARGE]
STREAMS = [encoded.codestream for encoded in ENCODED]


def helpers_decode(call: Callable[[], Any], is_right: Callable[[Any], bool]) -> bool:
    """Whether another thread decodes codeblocks of it. On a busy machine it may come too late, but not always."""
    before = _core.blocks_by_helpers()
    for _ in range(100):
        assert is_right(call())
        if _core.blocks_by_helpers() > before:
            return True
    return False


def test_a_single_frame_has_helpers() -> None:
    for threads in (2, 3):
        assert helpers_decode(
            lambda n=threads: htj2k.decode(STREAMS[0], engine="native", threads=n),
            lambda pixels: np.array_equal(pixels, LARGE[0]),
        )


# Of one frame a thread has none; of three the thread that finishes first.
@pytest.mark.parametrize("count", [1, 3])
def test_threads_without_a_frame_help_with_the_last_ones(count: int) -> None:
    assert helpers_decode(
        lambda: htj2k.decode_batch(STREAMS[:count], threads=2),
        lambda pixels: np.array_equal(pixels, np.stack(LARGE[:count])),
    )
    expected = [encoded.checksums for encoded in ENCODED[:count]]
    assert helpers_decode(lambda: htj2k.verify_batch(STREAMS[:count], expected, threads=2), all)


def test_one_thread_is_one_thread() -> None:
    before = _core.blocks_by_helpers()
    htj2k.decode_batch(STREAMS, threads=1)
    htj2k.verify_batch(STREAMS, [encoded.checksums for encoded in ENCODED], threads=1)
    htj2k.decode(STREAMS[0], threads=1)
    assert _core.blocks_by_helpers() == before


def test_a_damaged_frame_among_those_with_helpers() -> None:
    damaged = bytearray(STREAMS[1])
    damaged[-2000:-1900] = bytes(100)
    whole = htj2k.decode_batch([STREAMS[0], STREAMS[2]], threads=1)
    for threads in (1, 2, 4):
        found = htj2k.decode_batch([STREAMS[0], bytes(damaged), STREAMS[2]], threads=threads, on_error="return")
        alone = _result_of(bytes(damaged))
        assert np.array_equal(found[0], whole[0])
        assert np.array_equal(found[2], whole[1])
        assert str(found[1]).endswith(str(alone)) if isinstance(alone, Exception) else (found[1] == alone).all()


def _result_of(stream: bytes) -> Any:
    try:
        return htj2k.decode(stream, threads=1)
    except htj2k.HTJ2KError as error:
        return error
