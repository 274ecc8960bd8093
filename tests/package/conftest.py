"""Fixtures for the tests of the benchmark."""

from __future__ import annotations

import pytest

from bench_runs import TINY
from htj2k.bench.results import Results
from htj2k.bench.run import run
from htj2k.cli import bench as command


@pytest.fixture(scope="session")
def measured() -> Results:
    """A real run, the smallest."""
    return run(TINY)


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """--quick measures next to nothing."""
    monkeypatch.setattr(command, "QUICK", TINY)


@pytest.fixture
def again(monkeypatch: pytest.MonkeyPatch, tiny: None, measured: Results) -> Results:
    """The command finds always the same."""
    monkeypatch.setattr(command, "run", lambda settings, progress, only=None: measured)
    return measured
