"""``htj2k transcode``: DICOM files to other transfer syntaxes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .output import (
    exit_2_on_error,
    json_option,
    print_report,
    print_table,
    progress_bar,
    say,
    threads_option,
    time_limit_option,
)
from .targets import TARGET, require_folder, require_no_device

if TYPE_CHECKING:
    from htj2k.dicom import TranscodeReport

_SYNTAXES = {
    "201": "1.2.840.10008.1.2.4.201",
    "202": "1.2.840.10008.1.2.4.202",
    "203": "1.2.840.10008.1.2.4.203",
    "explicit": "1.2.840.10008.1.2.1",
}


@click.command()
@click.argument("source", metavar="SRC", type=click.Path(path_type=Path))
@click.argument("target", metavar="DST", type=TARGET)
@click.option(
    "--to",
    "syntax",
    type=click.Choice(list(_SYNTAXES)),
    default="202",
    show_default=True,
    help="HTJ2K (1.2.840.10008.1.2.4.20x, lossless in any case), or Explicit VR Little Endian.",
)
@click.option(
    "--overwrite", is_flag=True, help="Replace files of DST that are something else, or older than SRC's."
)
@threads_option
@time_limit_option
@json_option
@exit_2_on_error
def transcode(
    source: Path,
    target: Path,
    syntax: str,
    overwrite: bool,
    threads: int | None,
    time_limit: float,
    as_json: bool,
) -> None:
    """Write DICOM files in another transfer syntax, losslessly.

    SRC and DST are two files or two folders, or a file and the folder for it. Where both are the same path, files
    are replaced; a file replaces itself in the folder that it lies in only with --overwrite. Each file is written
    beside its target, read again, decoded and compared, samples and attributes, before it replaces anything. A job
    that was interrupted can be started again: what is done is skipped. Files that are no DICOM are left out.

    Exit code 0: all files were written or were there already. 1: a file failed, or there was none. 2: SRC cannot
    be read or DST cannot be written.

    \b
    Examples:
      htj2k transcode dicom compressed
      htj2k transcode compressed plain --to explicit"""
    from htj2k.dicom import transcode as run

    _require_target(source, target, overwrite)
    with progress_bar("Transcoding") as progress:
        report = run(
            source,
            target,
            transfer_syntax=_SYNTAXES[syntax],
            overwrite=overwrite,
            threads=threads,
            time_limit=time_limit,
            progress=progress,
        )
    print_report(report, as_json, _print_report)
    sys.exit(0 if report.ok else 1)


def _require_target(source: Path, target: Path, overwrite: bool) -> None:
    if source.is_dir():
        require_folder(target)
    require_no_device(target)
    if source.is_dir() or not target.is_dir():
        return
    place = target / source.name
    require_no_device(place)
    if not overwrite and place.exists() and place.samefile(source):
        raise ValueError(f"{source} lies in {target} and would be replaced; --overwrite does that")


def _print_report(report: TranscodeReport) -> None:
    failed = [file for file in report.files if file.status == "failed"]
    if failed:
        print_table("Not transcoded", ["file", "reason"], [[file.name, file.reason] for file in failed])
    counts = report.to_dict()
    say(
        f"{counts['written']} files written and verified ({counts['frames']} frames, {counts['bytesRead']} to "
        f"{counts['bytesWritten']} bytes), {counts['skipped']} there already, {counts['leftOut']} left out, "
        f"{counts['failed']} failed: {'OK' if report.ok else 'FAILED'}"
    )
