"""Random damage: no crash, no hang, and nothing wrong is ever verified."""

from __future__ import annotations

import os

from limited import run_limited

COUNT = int(os.environ.get("HTJ2K_MUTATIONS", "20000"))


def test_mutated_codestreams():
    result = run_limited("mutate.py", str(COUNT), "1", memory=2 << 30, seconds=600)
    assert result["wrong"] == 0
    assert result["slowest"] < 5
    assert sum(result["outcomes"].values()) == COUNT
    assert set(result["outcomes"]) <= {
        "decoded",
        "CodestreamError",
        "NotHTJ2KError",
        "TruncatedError",
        "LimitError",
        "UnsupportedError",
    }
    assert result["outcomes"]["CodestreamError"] > COUNT // 20
