"""``htj2k verify``: every frame of a folder at every listed resolution."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from htj2k.healthimaging.verification import FolderReport, FrameReport, verify_folder

from .output import exit_2_on_error, json_option, print_json, print_table, progress_bar, threads_option


@click.command()
@click.argument("output", metavar="FOLDER", type=click.Path(path_type=Path))
@threads_option
@json_option
@exit_2_on_error
def verify(output: Path, threads: int | None, as_json: bool) -> None:
    """Verify what ingest wrote: every frame at every level that the metadata lists.

    FOLDER is the output of an ingest or one image set of it.

    Exit code 0: all frames verified. 1: a frame differs, is missing or unreadable, metadata are damaged, a
    file is listed nowhere, or there is no frame at all. 2: FOLDER cannot be read."""
    with progress_bar("Verifying") as progress:
        report = verify_folder(output, threads=threads, progress=progress)
    if as_json:
        print_json(report.to_dict())
    else:
        _print_report(report)
    sys.exit(0 if report.ok else 1)


def _print_report(report: FolderReport) -> None:
    bad = [frame for frame in report.frames if not frame.ok]
    if bad:
        rows = [row for frame in bad for row in _rows(frame)]
        print_table(
            "Frames that did not verify", ["frame", "status", "level", "expected", "actual", "reason"], rows
        )
    if report.problems:
        rows = [[problem.where, problem.message] for problem in report.problems]
        print_table("Problems", ["where", "what"], rows)
    levels = sum(len(frame.levels) for frame in report.frames)
    click.echo(
        f"{report.count('verified')} of {len(report.frames)} frames verified at {levels} levels in "
        f"{report.image_sets} image sets, {len(report.problems)} other problems: "
        f"{'OK' if report.ok else 'FAILED'}"
    )


def _rows(frame: FrameReport) -> list[list[str]]:
    name = f"{frame.image_set_id}/{frame.frame_id}"
    levels = [level for level in frame.levels if not level["ok"]]
    if not levels:
        return [[name, frame.status, "", "", "", frame.reason]]
    return [
        [
            name,
            frame.status,
            f"{level['width']}x{level['height']}",
            str(level["expected"]),
            "" if level["actual"] is None else str(level["actual"]),
            frame.reason,
        ]
        for level in levels
    ]
