"""The report as Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from .compare import LEAST_NOISE, Comparison
from .results import Results
from .tables import NOTE, Table, comparison_table, machine_rows, summary, tables

_METHOD = (
    "Times are medians; except for batches they are of CPU time, so that other programs do not count. The calls "
    "take turns: all operations on a frame, on all SIMD paths. Every answer is compared with the right one, so no "
    "wrong answer has a time. The spread is the range between the quartiles, within which the middle half of the "
    "times lies, over the median."
)
_VERDICTS = (
    "An operation is slower or faster when the medians differ by more than both spreads together and by more than "
    f"{LEAST_NOISE:.0%}; slower, when it is so in two more runs as well."
)


def report(results: Results, comparison: Comparison | None, picture: str | None) -> str:
    """The whole document; `picture` is the path of the picture as the document has to link it."""
    return "\n".join(_lines(results, comparison, picture)) + "\n"


def _lines(results: Results, comparison: Comparison | None, picture: str | None) -> Iterator[str]:
    yield f"# htj2k {results.machine.htj2k} on {results.machine.cpu}\n"
    yield from (f"* {name}: {value}" for name, value in machine_rows(results))
    yield f"\n{_METHOD}\n\n{NOTE}\n"
    if picture is not None:
        yield f"![Speed by operation, threads and frame size]({picture})\n"
    if comparison is not None:
        yield from _table(comparison_table(comparison))
        yield f"{summary(comparison)}. {_VERDICTS}\n"
    for table in tables(results):
        yield from _table(table)


def _table(table: Table) -> Iterator[str]:
    yield f"## {table.title}\n"
    if table.rows:
        yield f"| {' | '.join(table.columns)} |"
        yield "|---" * len(table.columns) + "|"
        yield from (f"| {' | '.join(row)} |" for row in table.rows)
        yield ""
