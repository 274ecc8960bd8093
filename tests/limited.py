"""Runs a script of this folder in a process of its own, under limits: bad input must not take the suite down."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any


def run_limited(script: str, *arguments: str, memory: int, seconds: int, stdin: str = "") -> Any:
    """The JSON that the script prints; fails when it crashes, prints a word on stderr or exceeds a limit.

    `memory` is the address space in bytes, `seconds` are of CPU time.
    """

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))

    run = subprocess.run(
        [sys.executable, str(Path(__file__).with_name(script)), *arguments],
        input=stdin,
        preexec_fn=limit,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    assert run.stderr == ""
    return json.loads(run.stdout)
