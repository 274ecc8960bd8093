"""Nothing is kept: whatever a call does or refuses, all that it allocated is free again.

The counts are exact: a byte that the C++ side keeps from each call shows, and so does an object of Python's.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="asks glibc for the bytes in use")

CALLS = 400  # Python's own lists of free objects grow by up to 50, however often a call is made


def test_no_call_leaks() -> None:
    script = Path(__file__).parents[1] / "leaks.py"
    run = subprocess.run([sys.executable, str(script), str(CALLS)], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    if found is None:
        pytest.skip("this C library has no mallinfo2")
    leaking = {call: grown for call, grown in found.items() if grown[0] >= 8 * CALLS or grown[1] >= CALLS // 2}
    assert not leaking
    assert len(found) > 20
