"""The field's known crashes from one changed field (recipes in faults.py): always an exception, never a crash."""

from __future__ import annotations

import pytest

from limited import run_limited

REFUSED = {"CodestreamError", "TruncatedError", "LimitError", "UnsupportedError", "NotHTJ2KError"}


@pytest.fixture(scope="module")
def outcomes() -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = run_limited("faults.py", memory=2 << 30, seconds=60)
    return found


@pytest.mark.parametrize(
    "fault", ["geometry", "counts", "quantization", "coding_style", "small_blocks_in_coc", "subsampling"]
)
def test_changed_header_field_is_refused(outcomes: dict[str, list[tuple[str, str]]], fault: str) -> None:
    assert [case for case in outcomes[fault] if case[1] not in REFUSED] == []
    assert outcomes[fault]


def test_changed_bodies_are_refused_or_caught_by_the_checksum(outcomes: dict[str, list[tuple[str, str]]]) -> None:
    allowed = REFUSED | {"exact", "wrong but refused by its checksum"}
    assert [case for case in outcomes["bodies"] if case[1] not in allowed] == []
    assert any(case[1] == "wrong but refused by its checksum" for case in outcomes["bodies"])
