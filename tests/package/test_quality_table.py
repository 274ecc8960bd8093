"""benchmarks/quality.md says what the library does."""

from __future__ import annotations

import itertools
import re
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))
import quality  # noqa: E402

Row = tuple[str, float, int, float]


def written(name: str) -> list[Row]:
    """The rows of a frame's table."""
    section = (BENCHMARKS / "quality.md").read_text().split(f"## {name}\n")[1].split("## ")[0]
    cells = re.findall(r"^\| (\S+) \| (\S+) \| (\d+) \| (\S+) \|$", section, re.MULTILINE)
    return [(s, float("inf") if psnr == "exact" else float(psnr), int(e), float(b)) for s, psnr, e, b in cells]


@pytest.mark.parametrize("name", quality.FRAMES)
def test_table_is_complete_and_monotone(name: str) -> None:
    rows = written(name)
    assert [row[0] for row in rows] == [setting for setting, _ in quality.settings()]
    assert rows[0][1:3] == (float("inf"), 0)
    for start in ("qstep", "qfactor"):
        of_one = [row for row in rows if row[0].startswith(start)]
        for better, worse in itertools.pairwise(of_one):
            assert better[1] >= worse[1]
            assert better[3] > worse[3]


def test_table_can_be_measured_again() -> None:
    name = "gradient, 8 bits"
    make, bits = quality.FRAMES[name]
    pixels = make()
    for (_, psnr, error, size), (setting, options) in zip(written(name), quality.settings(), strict=True):
        found = quality.measure(pixels, bits, **options)
        # CPUs may round otherwise in the 9/7 transform.
        assert found.psnr == pytest.approx(psnr, abs=0.1), setting
        assert abs(found.largest_error - error) <= 1
        assert found.bits_per_sample == pytest.approx(size, rel=0.01, abs=0.001)
