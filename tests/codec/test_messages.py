"""The library's own text reaches the exception of the call that caused it, and no other."""

from __future__ import annotations

import concurrent.futures

import numpy as np
import pytest

import htj2k
from images import ct_like


def damaged() -> dict[str, bytes]:
    """Codestreams with one fault each, by a word that the message must have."""
    whole = htj2k.encode(ct_like((64, 64)))
    streams = {}
    for word, marker, offset, value in [
        ("QCD", b"\xff\x5c", 2, b"\x00\x03"),
        ("SIZ", b"\xff\x51", 22, b"\x00\x00\x00\x00"),
        ("COD", b"\xff\x52", 5, b"\x09"),
        ("SOT", b"\xff\x90", 4, b"\xff\xff"),
    ]:
        where = whole.index(marker) + offset
        streams[word] = whole[:where] + value + whole[where + len(value) :]
    body = whole.index(b"\xff\x93") + 2
    streams["packet"] = whole[:body] + b"\xff\x7f" * 30 + whole[body + 60 :]
    return streams


def message_of(stream: bytes) -> str:
    with pytest.raises(htj2k.HTJ2KError) as caught:
        htj2k.decode(stream)
    return str(caught.value)


def test_messages_of_concurrent_calls_do_not_mix(capfd: pytest.CaptureFixture[str]) -> None:
    streams = damaged()
    words = list(streams) * 40
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for word, message in zip(words, pool.map(message_of, [streams[w] for w in words]), strict=True):
            assert word in message
    assert capfd.readouterr() == ("", "")


def test_bomb_is_refused_before_anything_is_allocated() -> None:
    stream = bytearray(htj2k.encode(np.zeros((80, 96), np.uint16)))
    siz = stream.index(b"\xff\x51")
    for field in (6, 10, 22, 26):
        stream[siz + field : siz + field + 4] = (60000).to_bytes(4, "big")
    with pytest.raises(htj2k.LimitError, match="max_pixels"):
        htj2k.decode(stream)
    with pytest.raises(htj2k.CodestreamError, match="expected_shape"):
        htj2k.decode(stream, expected_shape=(80, 96))
