"""Files of others: malformed ones, Part 1 ones, and what our peers decode."""

from __future__ import annotations

import collections
import csv
from pathlib import Path
from typing import Any

import conformance
from limited import run_limited


def outcomes_of(test_data: Any, kind: str) -> dict[str, list[Any]]:
    with (test_data / "corpus/MANIFEST.tsv").open(newline="") as table:
        rows = list(csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE))
    paths = [str(test_data / "corpus" / row["path"]) for row in rows if row["kind"] == kind]
    found: dict[str, list[Any]] = run_limited("outcomes.py", memory=6 << 30, seconds=300, stdin="\n".join(paths))
    assert len(found) == len(paths)
    assert max(seconds for _, seconds in found.values()) < 5
    return found


def count(found: dict[str, list[Any]]) -> collections.Counter[str]:
    return collections.Counter(result for result, _ in found.values())


def test_malformed_files(test_data: Any) -> None:
    found = outcomes_of(test_data, "bad")
    decoded = [Path(path).name for path, (result, _) in found.items() if result == "decoded"]
    # Only the depth in its ihdr box is wrong, and the codestream is what counts.
    assert decoded == ["wrongbpc-ht.jph"]


def test_part_1_files_are_named_as_such(test_data: Any) -> None:
    assert set(count(outcomes_of(test_data, "j2k"))) == {"NotHTJ2KError"}


def test_htj2k_files_decode_or_are_refused(test_data: Any) -> None:
    """As docs/conformance.md has it; here within limits of time and memory."""
    found = outcomes_of(test_data, "htj2k")
    page = conformance.read_page(conformance.PAGE.read_text())
    refused = {str(test_data / "corpus" / path) for path, (verdict, _) in page.items() if verdict == "refused"}
    assert {path for path, (result, _) in found.items() if result != "decoded"} == refused
    assert set(count(found)) == {"decoded", "UnsupportedError"}
