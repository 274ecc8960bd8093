"""Random damage: no crash, no hang, and nothing wrong is ever verified."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

COUNT = int(os.environ.get("HTJ2K_MUTATIONS", "20000"))
MEMORY = 2 << 30
SECONDS = 600


def limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


def test_mutated_codestreams():
    script = Path(__file__).with_name("mutate.py")
    run = subprocess.run(
        [sys.executable, str(script), str(COUNT), "1"],
        preexec_fn=limit,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    assert run.stderr == ""
    result = json.loads(run.stdout)
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
