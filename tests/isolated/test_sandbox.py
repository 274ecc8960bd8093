"""What a decoder that the data have taken over can do: nothing but end itself, and the host says how."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

import htj2k
from htj2k import isolated
from htj2k.errors import SandboxUnavailable, WorkerLost
from htj2k.isolated import Sandbox, process
from images import ct_like

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the filter of system calls is Linux's")

PIXELS = ct_like((120, 90))
CODESTREAM = htj2k.encode(PIXELS)


def start_as(monkeypatch: pytest.MonkeyPatch, function: str) -> None:
    real = "from htj2k.isolated.worker import main; main("
    assert real in process.START
    hostile = f"import hostile_worker; hostile_worker.{function}("
    monkeypatch.setattr(process, "START", process.START.replace(real, hostile))


@pytest.fixture(scope="module")
def shared_sandbox() -> Iterator[Sandbox]:
    with Sandbox(time_limit=20, memory_limit=1 << 28) as made:
        yield made


@pytest.fixture
def sandbox(shared_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """One for many tests: whatever the data did, the next call finds a worker that works."""
    start_as(monkeypatch, "main")
    assert works(shared_sandbox)
    return shared_sandbox


def works(sandbox: Sandbox) -> bool:
    return np.array_equal(sandbox.decode(CODESTREAM), PIXELS)


@pytest.mark.parametrize(
    "attempt",
    [
        "read a file",
        "write a file",
        "list a folder",
        "delete a file",
        "connect",
        "connect locally",
        "fork",
        "run a program",
        "kill the host",
        "look at the host",
        "write elsewhere",
        "read elsewhere",
        "map executable memory",
        "make memory executable",
        "raise a limit",
    ],
)
def test_the_kernel_ends_a_worker_that_asks_for_more(sandbox: Sandbox, attempt: str) -> None:
    assert sandbox.level() == "seccomp"
    with pytest.raises(WorkerLost, match="SIGSYS") as caught:
        sandbox.decode(attempt.encode())
    assert caught.value.signal == "SIGSYS"


@pytest.mark.parametrize(
    ("attempt", "words", "signal"),
    [("read address 0", "SIGSEGV", "SIGSEGV"), ("exit", "exit code 3", None)],
)
def test_a_crash_costs_one_call(sandbox: Sandbox, attempt: str, words: str, signal: str | None) -> None:
    with pytest.raises(WorkerLost, match=words) as caught:
        sandbox.decode(attempt.encode())
    assert caught.value.signal == signal
    assert works(sandbox)


def test_a_hang_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    start_as(monkeypatch, "main")
    with Sandbox(time_limit=1) as sandbox:
        begin = time.monotonic()
        with pytest.raises(WorkerLost, match="longer than 1 s"):
            sandbox.decode(b"hang")
        assert time.monotonic() - begin < 20
        assert works(sandbox)


def test_memory_is_limited(sandbox: Sandbox) -> None:
    with pytest.raises(MemoryError):
        sandbox.decode(b"eat memory")
    assert works(sandbox)


def test_the_worker_knows_nothing_of_the_environment(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with pytest.raises(htj2k.HTJ2KError) as caught:
        sandbox.decode(b"environment")
    names = set(json.loads(str(caught.value).partition(": ")[2]))
    assert names <= {*process._VARIABLES, *process._SETTINGS, "LC_CTYPE"}


def test_pixels_that_change_after_decoding_are_found(sandbox: Sandbox) -> None:
    with pytest.raises(WorkerLost, match="pixels are not those"):
        sandbox.decode(b"change a pixel late")
    assert works(sandbox)


ZEROS = np.zeros((8, 8), np.uint8)
PICTURE = {"shape": [8, 8], "dtype": "|u1", "offset": 1 << 20, "crc32": htj2k.crc32(ZEROS)}


@pytest.mark.parametrize(
    "change",
    [
        {"shape": [64]},
        {"shape": [4, 4, 2, 2]},
        {"shape": [8, -8]},
        {"shape": [2**20, 2**20]},
        {"shape": "8x8"},
        {"dtype": "|O"},
        {"dtype": ["<i2"]},
        {"offset": -1},
        {"offset": 2**70},
        {"offset": 1.5},
        {"crc32": None},
    ],
)
def test_no_claim_about_pixels_is_believed(sandbox: Sandbox, change: dict[str, object]) -> None:
    assert np.array_equal(sandbox.decode(json.dumps(PICTURE).encode()), ZEROS)
    with pytest.raises(WorkerLost, match="makes no sense"):
        sandbox.decode(json.dumps(PICTURE | change).encode())


RIGHT = {"id": "right", "cpu": 0, "log": [], "value": PICTURE}


@pytest.mark.parametrize(
    "reply",
    [
        [],
        {},
        {**RIGHT, "id": 77},
        {**RIGHT, "cpu": "x"},
        {**RIGHT, "log": [1]},
        {**RIGHT, "value": None},
        {**RIGHT, "error": "x"},
        {**RIGHT, "padding": "x" * 2**20},
    ],
)
def test_replies_that_are_none(monkeypatch: pytest.MonkeyPatch, reply: object) -> None:
    start_as(monkeypatch, "reply_with_nonsense")
    with Sandbox() as sandbox:
        assert np.array_equal(sandbox.decode(json.dumps(RIGHT).encode()), ZEROS)
        with pytest.raises(WorkerLost, match="makes no sense"):
            sandbox.decode(json.dumps(reply).encode())


def test_only_exceptions_of_the_library_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not SystemExit or KeyboardInterrupt, which would end the host."""
    start_as(monkeypatch, "reply_with_nonsense")
    error = {"class": "SystemExit", "text": "out", "numbers": {"offset": "x", "frame_index": 3}}
    with Sandbox() as sandbox, pytest.raises(htj2k.HTJ2KError, match="out") as caught:
        sandbox.decode(json.dumps({**RIGHT, "error": error}).encode())
    assert type(caught.value) is htj2k.HTJ2KError
    assert caught.value.frame_index is None


def test_without_a_filter_nothing_is_decoded_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    start_as(monkeypatch, "without_filter")
    with Sandbox() as strict:
        calls: list[Callable[[], object]] = [
            lambda: strict.decode(CODESTREAM),
            lambda: strict.verify(CODESTREAM, 0),
            strict.level,
        ]
        for call in calls:
            with pytest.raises(SandboxUnavailable, match="require_sandbox"):
                call()
    with Sandbox(require_sandbox=False) as sandbox:
        assert sandbox.level() == "rlimits"
        assert works(sandbox)
        for attempt in (b"read a file", b"connect"):  # there is no descriptor left for them
            with pytest.raises(htj2k.HTJ2KError, match="OSError"):
                sandbox.decode(attempt)


def test_the_shared_worker_under_the_caller_s_terms(monkeypatch: pytest.MonkeyPatch) -> None:
    start_as(monkeypatch, "without_filter")
    isolated._shared.close()
    try:
        with pytest.raises(SandboxUnavailable):
            isolated.decode(CODESTREAM)
        with pytest.raises(SandboxUnavailable):
            isolated.verify(CODESTREAM, 0)
        assert isolated.level() == "rlimits"
        assert np.array_equal(isolated.decode(CODESTREAM, require_sandbox=False), PIXELS)
        with pytest.raises(WorkerLost, match=r"longer than 0\.5 s"):
            isolated.decode(b"hang", time_limit=0.5, require_sandbox=False)
    finally:
        isolated._shared.close()


def test_a_worker_that_cannot_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "START", "raise SystemExit(7)")
    with Sandbox(require_sandbox=False) as sandbox, pytest.raises(SandboxUnavailable, match="exit code 7"):
        sandbox.decode(CODESTREAM)
    monkeypatch.setattr(sys, "executable", None)
    with Sandbox() as sandbox, pytest.raises(SandboxUnavailable, match="executable"):
        sandbox.level()
