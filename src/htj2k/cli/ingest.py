"""``htj2k ingest``: DICOM files to verified HTJ2K image sets."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .output import (
    exit_2_on_error,
    json_option,
    print_report,
    print_table,
    progress_bar,
    threads_option,
    time_limit_option,
)
from .targets import TARGET, require_folder

if TYPE_CHECKING:
    from htj2k.dicom import JobReport


@click.command()
@click.argument("source", metavar="INPUT", type=click.Path(path_type=Path))
@click.argument("output", type=TARGET)
@threads_option
@time_limit_option
@json_option
@exit_2_on_error
def ingest(source: Path, output: Path, threads: int | None, time_limit: float, as_json: bool) -> None:
    """Import DICOM files into OUTPUT as HTJ2K image sets.

    INPUT is a file or a folder of any depth, in any of the sixteen transfer syntaxes that HealthImaging takes.
    Each frame is encoded, decoded again at every resolution and compared with the original before it is kept.
    OUTPUT must be empty or not exist; files that cannot be imported are listed in FAILURE/failure.ndjson and do
    not stop the job.

    Exit code 0: at least one file was imported. 1: none was. 2: INPUT cannot be read or OUTPUT cannot be
    written.

    \b
    Examples:
      htj2k ingest dicom imagesets
      htj2k ingest dicom imagesets --threads 8 --json > report.json"""
    from htj2k.dicom import ingest as run

    require_folder(output)
    with progress_bar("Importing") as progress:
        report = run(source, output, threads=threads, time_limit=time_limit, progress=progress)
    print_report(report, as_json, _print_report)
    sys.exit(0 if report.imported else 1)


def _print_report(report: JobReport) -> None:
    megabytes = report.bytes_decoded / 1e6
    summary = report.summary["jobSummary"]
    rows = [
        ["files scanned", summary["numberOfScannedFiles"]],
        ["files imported", summary["numberOfImportedFiles"]],
        ["files refused", len(report.failed)],
        ["image sets", summary["numberOfGeneratedImageSets"]],
        ["frames encoded and verified", report.frames],
        ["resolutions verified", report.levels],
        ["pixels, MB", round(megabytes, 1)],
        ["stored, MB", round(report.bytes_stored / 1e6, 1)],
        ["MB/s, everything included", round(megabytes / max(report.seconds, 1e-9), 1)],
    ]
    print_table("Import", ["", "count"], [[name, str(value)] for name, value in rows])
    if report.failed:
        reasons = Counter((failure.exception_type, failure.message) for failure in report.failed)
        print_table(
            "Refused (each file is listed in FAILURE/failure.ndjson)",
            ["files", "exception", "message"],
            [[count, kind, message] for (kind, message), count in reasons.most_common()],
        )
