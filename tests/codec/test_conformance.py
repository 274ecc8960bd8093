"""The corpus' codestreams against their references, and the page that says so."""

from __future__ import annotations

from typing import Any

import conformance


def page() -> dict[str, tuple[str, str]]:
    return conformance.read_page(conformance.PAGE.read_text())


def test_every_stream_has_the_verdict_that_the_page_tells(test_data: Any) -> None:
    """Lossy figures may differ in their last digits from CPU to CPU; verdicts and refusals may not."""
    results = conformance.compare_all(test_data / "corpus")
    assert [r for r in results if r.verdict == "wrong"] == []
    found = {r.path: (r.verdict, r.detail if r.verdict == "refused" else "") for r in results}
    told = {path: (verdict, detail if verdict == "refused" else "") for path, (verdict, detail) in page().items()}
    assert found == told, "run 'make conformance' if this is meant to be so"


def test_the_page_is_whole() -> None:
    """Its counts are those of its rows, and nothing is wrong."""
    results = [conformance.Result(path, *row) for path, row in page().items()]
    assert conformance.render(results) == conformance.PAGE.read_text()
    assert len(results) == 106
    assert {r.verdict for r in results} <= set(conformance.VERDICTS) - {"wrong"}
    assert [
        r for r in results if r.group == conformance.GROUPS["iso_htj2k_conformance"] and r.verdict == "refused"
    ] == []
