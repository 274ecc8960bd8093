"""What the benchmark suite writes beside the times: CPU, SIMD path, versions, and which libraries are left out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from environment import describe, pin_to_one_thread
from libraries import left_out

pin_to_one_thread()


def pytest_report_header() -> list[str]:
    found = describe()
    versions = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
    missing = [f"left out: {name} {reason}" for name, reason in left_out().items()]
    return [f"CPU: {found['cpu']}, SIMD path {found['simd']}", f"measured: {versions}", *missing]


def pytest_benchmark_update_machine_info(config: Any, machine_info: dict[str, Any]) -> None:
    machine_info["htj2k"] = {**describe(), "left_out": left_out()}
