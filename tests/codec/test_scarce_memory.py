"""Memory that runs out: MemoryError from every call, and the next call works.

tests/cpp/allocation_test.cpp has the same of every single allocation of the core."""

from __future__ import annotations

import resource
import sys

import pytest

from limited import run_limited

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, and asks glibc for what it keeps")


def test_every_call_fails_with_memory_error_and_works_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MALLOC_ARENA_MAX", "1")  # a thread's own arena would take 64 MiB of addresses at once
    monkeypatch.setenv("HTJ2K_NUM_THREADS", "1")  # what helpers hold when memory is measured depends on the moment
    counts = run_limited("scarce_memory.py", memory=2 << 30, seconds=60)
    assert len(counts) == 7
    for name, (failed, right) in counts.items():
        assert failed > 0, name
        assert right > 0, name


@pytest.mark.parametrize("left", range(16_500_000, 20_500_000, 500_000))
def test_the_first_exception_of_a_worker(left: int) -> None:
    """A thread's own exceptions and variables get memory before its first job, not when it is gone."""
    assert run_limited("scarce_workers.py", str(left), memory=resource.RLIM_INFINITY, seconds=60) in (
        "done",
        "MemoryError",
    )
