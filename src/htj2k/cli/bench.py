"""``htj2k bench``: what this machine does, and whether it became slower."""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path

import click

from htj2k.bench.compare import Comparison, compare, confirmed, obstacles
from htj2k.bench.machine import this_machine
from htj2k.bench.markdown import report
from htj2k.bench.operations import WrongAnswer
from htj2k.bench.results import Results, read_results
from htj2k.bench.run import run
from htj2k.bench.settings import FULL, QUICK, Settings
from htj2k.bench.tables import NOTE, Table, comparison_table, machine_rows, summary, tables
from htj2k.healthimaging.files import replace_file

from .output import (
    behind_the_report,
    exit_2_on_error,
    fail,
    json_option,
    print_json,
    print_table,
    progress_bar,
    say,
)
from .state import baseline_path
from .targets import TargetType, require_files

_BASELINE = "the stored baseline"
_FILES = ("bench.png", "bench.json", "report.md")


@click.command()
@click.option("--quick", is_flag=True, help="Fewer frames and sizes, half a minute instead of some minutes.")
@click.option(
    "--compare",
    "earlier",
    metavar="[FILE]",
    is_flag=False,
    flag_value=_BASELINE,
    help="Compare with the JSON of an earlier run; without FILE with the stored baseline of this CPU.",
)
@click.option("--save-baseline", is_flag=True, help="Store this run as the baseline of this CPU.")
@click.option("--force", is_flag=True, help="Compare in spite of another CPU or other settings.")
@click.option(
    "--output",
    metavar="DIR",
    type=TargetType(path_type=Path, file_okay=False),
    help="Write report.md, bench.png and bench.json into this folder.",
)
@json_option
@exit_2_on_error
def bench(
    quick: bool, earlier: str | None, save_baseline: bool, force: bool, output: Path | None, as_json: bool
) -> None:
    """Measure encoding, decoding, verification and checksums on this machine.

    Seeded frames with the shapes of modalities, on every SIMD path and number of threads; every answer is compared
    with the right one. With --compare an operation counts as slower or faster when the medians of both runs differ
    by more than their spreads (the ranges between the quartiles) together, and by more than 5 %; what seems slower
    is measured again, twice.

    Exit code 0: measured, and nothing is slower. 1: something is slower than before, or an answer was wrong.
    2: the earlier run cannot be read, or is of another CPU or other settings; DIR cannot be written.

    \b
    Examples:
      htj2k bench --quick --output report
      htj2k bench --quick --save-baseline
      htj2k bench --quick --compare
      htj2k bench --compare report/bench.json --json"""
    settings = QUICK if quick else FULL
    baseline = baseline_path(this_machine().cpu, settings.name)
    before = _earlier(earlier, baseline, settings, force) if earlier else None
    if output is not None:
        output.mkdir(parents=True, exist_ok=True)
        written = [output / name for name in _FILES]
        require_files(written, [Path(earlier)] if earlier and earlier != _BASELINE else [])
    results = _measure(settings, before, as_json)
    comparison = compare(before, results) if before is not None else None
    ok = comparison is None or comparison.ok
    if as_json:
        compared = {"comparison": comparison.to_dict()} if comparison is not None else {}
        print_json({"ok": ok, **results.to_dict(), **compared})
    else:
        _print(results, comparison)
    with behind_the_report():
        _save(results, comparison, output, baseline if save_baseline else None)
    sys.exit(0 if ok else 1)


def _earlier(name: str, baseline: Path, settings: Settings, force: bool) -> Results:
    """The run to compare with, which is looked at before anything is measured."""
    path = baseline if name == _BASELINE else Path(name)
    if path == baseline and not path.exists():
        raise ValueError("no baseline of this CPU is stored for these settings; --save-baseline stores one")
    before = read_results(path)
    different = obstacles(before, this_machine(), settings)
    if different and not force:
        raise ValueError(f"{path} cannot be compared: {'; '.join(different)}. --force compares all the same")
    return before


def _measure(settings: Settings, before: Results | None, as_json: bool) -> Results:
    try:
        with progress_bar("Measuring") as progress:
            results = run(settings, progress)
        if before is None:
            return results
        with progress_bar("Measuring again what seems slower") as progress:
            return confirmed(before, results, partial(run, settings, progress))
    except WrongAnswer as error:
        fail(str(error), as_json=as_json, kind="WrongAnswer", code=1)


def _save(results: Results, comparison: Comparison | None, output: Path | None, baseline: Path | None) -> None:
    document = json.dumps(results.to_dict(), indent=1).encode()
    if baseline is not None:
        baseline.parent.mkdir(parents=True, exist_ok=True)
        replace_file(baseline, document)
    if output is None:
        return
    picture = _picture(results)
    if picture is not None:
        replace_file(output / "bench.png", picture)
    replace_file(output / "bench.json", document)
    text = report(results, comparison, "bench.png" if picture is not None else None)
    replace_file(output / "report.md", text.encode())


def _picture(results: Results) -> bytes | None:
    try:
        from htj2k.bench.picture import draw

        return draw(results)
    except ImportError as error:
        if error.name != "matplotlib":
            raise
        click.echo("htj2k: no picture is drawn: pip install matplotlib for it", err=True)
        return None


def _print(results: Results, comparison: Comparison | None) -> None:
    for name, value in machine_rows(results):
        say(f"{name}: {value}")
    for table in tables(results):
        _print_table(table)
    say(NOTE)
    if comparison is not None:
        if not all(v.verdict == "same" for v in comparison.verdicts):
            _print_table(comparison_table(comparison))
        say(summary(comparison))


def _print_table(table: Table) -> None:
    print_table(table.title, table.columns, list(table.rows))
