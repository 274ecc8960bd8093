"""Mutated documents and files: the readers in Python raise what they document, and nothing else."""

from __future__ import annotations

import os

import numpy as np
import pytest

from limited import run_limited

pytest.importorskip("pydicom")

COUNT = int(os.environ.get("HTJ2K_PYTHON_MUTATIONS", "600"))


@pytest.mark.parametrize(
    ("target", "most_accepted"), [("metadata", 0.9), ("journal", 1), ("manifest", 0.2), ("instance", 0.6)]
)
def test_mutated(target: str, most_accepted: float) -> None:
    arguments = (target, "--count", str(COUNT))
    outcomes = run_limited("fuzz_python.py", *arguments, memory=4 << 30, seconds=300)
    assert sum(outcomes.values()) == COUNT
    accepted = sum(count for outcome, count in outcomes.items() if outcome in ("read", "imported, read"))
    assert 0 < accepted <= most_accepted * COUNT


def test_short_inputs_are_mutated_too() -> None:
    """Guided fuzzing comes to them."""
    from python_targets import mutate_bytes

    for seed in range(400):
        assert isinstance(mutate_bytes(bytes(seed % 9), np.random.default_rng(seed)), bytes)
