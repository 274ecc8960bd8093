"""Files of others: malformed ones, Part 1 ones, and what our peers decode."""

from __future__ import annotations

import collections
import csv
import json
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

MEMORY = 6 << 30


def limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (300, 300))


def outcomes_of(test_data: Any, kind: str) -> dict[str, list[Any]]:
    with (test_data / "corpus/MANIFEST.tsv").open(newline="") as table:
        rows = list(csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE))
    paths = [str(test_data / "corpus" / row["path"]) for row in rows if row["kind"] == kind]
    run = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("outcomes.py"))],
        input="\n".join(paths),
        preexec_fn=limit,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    assert run.stderr == ""
    found: dict[str, list[Any]] = json.loads(run.stdout)
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
    found = count(outcomes_of(test_data, "htj2k"))
    assert found["decoded"] >= 79
    assert found["NotHTJ2KError"] == found["TruncatedError"] == found["LimitError"] == 0
