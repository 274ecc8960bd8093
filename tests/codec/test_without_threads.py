"""Where the system gives no thread, as under a limit of processes, calls do their work alone."""

from __future__ import annotations

import platform
import resource

import pytest

from limited import run_limited

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="asks glibc for huge stacks")


def test_calls_work_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTJ2K_NUM_THREADS", "2")
    found = run_limited("without_threads.py", memory=resource.RLIM_INFINITY, seconds=60)
    assert [name for name, is_right in found["answers"].items() if not is_right] == []
    assert len(found["answers"]) == 14
    alone, together = found["helpers"]
    assert alone == 0
    assert together > 0
