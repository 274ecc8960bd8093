"""benchmarks/instructions.py: what its gate lets pass."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))
from instructions import BASELINE, Counts, parse, report  # noqa: E402

BASE = Counts({"compiler": "gcc 12.2.0"}, {"CT encode": 1000, "CT decode": 500})


def test_the_file_is_read_as_it_was_written():
    assert parse(str(BASE)) == BASE


def test_the_stored_baseline_has_every_path():
    stored = parse(BASELINE.read_text())
    assert {"machine", "valgrind", "compiler", "OpenJPH", "OpenJPH's CPU level"} == set(stored.conditions)
    operations = {name.split(" ", 1)[1] for name in stored.instructions}
    assert set(stored.instructions) == {
        f"{path} {name}" for path in ("avx2", "sse41", "portable") for name in operations
    }
    assert {name.split()[1] for name in operations} == {"encode", "decode", "verify", "pixel_checksums", "crc32"}


@pytest.mark.parametrize(
    ("instructions", "ok", "text"),
    [
        ({}, True, "OK"),
        ({"CT decode": 509}, True, "+1.80%"),
        ({"CT decode": 511}, False, "MORE"),
        ({"CT decode": 480}, True, "fewer\n.*make bench-instructions-baseline"),
        ({"CT crc32": 5}, False, "NEW"),
    ],
)
def test_more_instructions_fail(capsys, instructions, ok, text):
    now = Counts(BASE.conditions, {**BASE.instructions, **instructions})
    assert report(BASE, now) is ok
    printed = capsys.readouterr().out
    assert all(part in printed for part in text.split("\n.*")), printed


def test_a_missing_operation_fails(capsys):
    assert report(BASE, Counts(BASE.conditions, {"CT encode": 1000})) is False
    assert "MISSING" in capsys.readouterr().out


@pytest.mark.parametrize("conditions", [{"compiler": "gcc 13.1.0"}, {}, {**BASE.conditions, "OpenJPH": "0.33.0"}])
def test_under_other_conditions_counts_are_only_reported(capsys, conditions):
    assert report(BASE, Counts(conditions, {"CT encode": 2000, "CT decode": 500})) is True
    printed = capsys.readouterr().out
    assert "Not compared" in printed
    assert "+100.00%" in printed
