"""Frame x operation x library, grouped, each asserting its answer. Run with ``make bench``."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
import pytest

from frames import ALL
from libraries import available
from operations import OPERATIONS, crc32_calls, is_meaningful, prepared

LIBRARIES = available()
CASES = [(o, f) for o in OPERATIONS for f in ALL if is_meaningful(o, f)]


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(("operation", "frame"), CASES)
def test_library(benchmark: Any, operation: str, frame: str, library: str) -> None:
    benchmark.group = f"{operation}: {frame}"
    candidate = prepared(operation, frame, library, LIBRARIES[library])
    if isinstance(candidate, str):
        pytest.skip(f"{library}: {candidate}")
    assert candidate.fault(benchmark(candidate.call)) is None


@pytest.mark.parametrize("library", crc32_calls())
@pytest.mark.parametrize("size", [64, 4096, 1 << 20, 1 << 25])
def test_crc32(benchmark: Any, size: int, library: str) -> None:
    benchmark.group = f"crc32 of {size} bytes"
    data = np.random.default_rng(1).bytes(size)
    assert benchmark(crc32_calls()[library], data) == zlib.crc32(data)
