"""The tables that the terminal and the Markdown report show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .compare import Comparison
from .results import Measurement, Results

NOTE = (
    "SIMD paths are those of htj2k's own kernels; OpenJPH, which codes the blocks, always takes the best it has. "
    "MB/s: samples of the full frame."
)


@dataclass(frozen=True)
class Table:
    """A title, and rows whose first cells are text and whose others are numbers."""

    title: str
    columns: list[str]
    rows: list[list[str]]


def tables(results: Results) -> Iterator[Table]:
    """One for each section."""
    yield _frames(results)
    yield _threads(results)
    yield _sizes(results)


def paths(results: Results) -> list[str]:
    """The SIMD paths, fastest first."""
    return list(dict.fromkeys(m.simd for m in results.section("frames")))


def milliseconds(seconds: float) -> str:
    """With three digits that count."""
    value = 1e3 * seconds
    return f"{value:.3g}" if value < 999 else f"{value:.0f}"


def _frames(results: Results) -> Table:
    by_call: dict[tuple[str, str], dict[str, Measurement]] = {}
    for m in results.section("frames"):
        by_call.setdefault((m.frame, m.operation), {})[m.simd] = m
    simd, columns = results.machine.simd, paths(results)
    rows = [
        [
            *call,
            *(milliseconds(found[path].median) for path in columns),
            *_details(found[simd]),
        ]
        for call, found in by_call.items()
    ]
    head = ["frame", "operation", *columns, f"spread {simd}", f"MB/s {simd}"]
    return Table("Milliseconds a call in one thread, by SIMD path", head, rows)


def _details(m: Measurement) -> tuple[str, str]:
    """Spread and speed. A reduced decode does not touch all of the frame."""
    return f"{m.spread:.0%}", "" if "reduce" in m.operation else f"{m.megabytes_per_second:.0f}"


def _threads(results: Results) -> Table:
    section = results.section("threads")
    alone = {m.operation: m.median for m in section if m.threads == 1}
    rows = [
        [m.frame, m.operation, str(m.threads), milliseconds(m.median), f"{m.megabytes_per_second:.0f}",
         f"{alone[m.operation] / m.median:.2f}"]
        for m in sorted(section, key=lambda m: (m.operation, m.threads))
    ]  # fmt: skip
    head = ["frames", "operation", "threads", "ms", "MB/s", "times one thread"]
    return Table("Batches on several threads", head, rows)


def _sizes(results: Results) -> Table:
    rows: dict[str, list[str]] = {}
    head = ["frame"]
    for m in results.section("sizes"):
        head += [] if f"{m.operation} ms" in head else [f"{m.operation} ms", "MB/s"]
        rows.setdefault(m.frame, [m.frame]).extend([milliseconds(m.median), f"{m.megabytes_per_second:.0f}"])
    return Table(f"Frame sizes, {results.machine.simd}, one thread", head, list(rows.values()))


def comparison_table(comparison: Comparison) -> Table:
    """The verdicts; what is the same is only counted."""
    rows = [
        [v.new.section, v.new.frame, v.new.operation, v.new.simd, str(v.new.threads), milliseconds(v.old.median),
         milliseconds(v.new.median), f"{v.ratio - 1:+.0%}", f"{v.noise:.0%}", v.verdict]
        for v in comparison.verdicts
        if v.verdict != "same"
    ]  # fmt: skip
    head = [
        "section",
        "frame",
        "operation",
        "SIMD path",
        "threads",
        "old ms",
        "new ms",
        "change",
        "noise",
        "verdict",
    ]
    return Table("Beside the earlier run", head, rows)


def summary(comparison: Comparison) -> str:
    """The verdicts, counted."""
    verdicts = [v.verdict for v in comparison.verdicts]
    counts = ", ".join(f"{verdicts.count(word)} {word}" for word in ("faster", "same", "slower"))
    missing = f", {len(comparison.missing)} in one of the runs only" if comparison.missing else ""
    change = f", median change {comparison.median_ratio - 1:+.0%}" if verdicts else ""
    return f"{len(verdicts)} operations compared: {counts}{missing}{change}: {'OK' if comparison.ok else 'SLOWER'}"


def machine_rows(results: Results) -> list[tuple[str, Any]]:
    """Where and with what was measured."""
    machine, settings = results.machine, results.settings
    return [
        ("CPU", machine.cpu),
        ("cores usable", machine.cores),
        ("SIMD path", machine.simd),
        ("htj2k", machine.htj2k),
        ("OpenJPH", machine.openjph),
        ("Python", machine.python),
        ("platform", machine.platform),
        ("run", f"{settings.name}: at least {settings.rounds} times or {settings.seconds:g} s a measurement"),
    ]
