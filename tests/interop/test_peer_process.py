"""What crashes, hangs or prints in a peer is an answer, and the next call works again."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import peer_process
import pytest
from peer_process import Answer, PeerProcess
from peers import Options


@pytest.fixture
def faulty() -> Iterator[PeerProcess]:
    peer = PeerProcess("_faulty")
    yield peer
    peer.close()


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        (b"abort", Answer("crashes", "SIGABRT")),
        (b"exit", Answer("crashes", "last words")),
        (b"raise", Answer("refuses", "ValueError: first line")),
    ],
)
def test_failures_are_told_apart_and_survived(faulty: PeerProcess, data: bytes, answer: Answer) -> None:
    assert faulty.decode(data) == answer
    state, value = faulty.decode(b"", 7)
    assert state == "ok"
    assert np.array_equal(value, np.full((2, 3), 7))


def test_time_limit(faulty: PeerProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    assert faulty.version() == Answer("ok", "faulty 1")
    monkeypatch.setattr(peer_process, "TIME_LIMIT", 0.5)
    assert faulty.decode(b"hang").state == "hangs"
    monkeypatch.undo()
    assert faulty.decode(b"").state == "ok"


def test_what_a_peer_has_no_parameter_for_is_no_refusal(faulty: PeerProcess) -> None:
    assert faulty.encode(np.zeros((2, 2), np.uint8), Options(8)) == Answer("cannot", "no parameter")


def test_peers_are_found_and_those_for_tests_are_not() -> None:
    assert "openhtj2k" in peer_process.module_names()
    assert not [name for name in peer_process.module_names() if name.startswith("_")]
