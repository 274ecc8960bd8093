"""``htj2k export``: image sets back to DICOM P10 files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from htj2k.healthimaging.layout import METADATA

from .output import exit_2_on_error, json_option, print_report, print_table, progress_bar, say, threads_option
from .targets import TARGET, require_folder

if TYPE_CHECKING:
    from htj2k.dicom import ExportReport

_SYNTAXES = {"explicit": "1.2.840.10008.1.2.1", "htj2k": "1.2.840.10008.1.2.4.202"}


@click.command()
@click.argument("source", metavar="FOLDER", type=click.Path(path_type=Path))
@click.argument("output", type=TARGET)
@click.option("--instance", metavar="UID", help="Only the instance with this SOP instance UID.")
@click.option(
    "--to",
    "syntax",
    type=click.Choice(list(_SYNTAXES)),
    default="explicit",
    show_default=True,
    help="Explicit VR Little Endian, or HTJ2K lossless RPCL (...4.202).",
)
@threads_option
@json_option
@exit_2_on_error
def export(
    source: Path, output: Path, instance: str | None, syntax: str, threads: int | None, as_json: bool
) -> None:
    """Write the instances of image sets as DICOM files.

    FOLDER is the output of an ingest or one image set of it. The files are OUTPUT/IMAGE_SET/UID.dcm; each is
    read again and compared, samples and attributes, before it gets its name.

    Exit code 0: all instances were written. 1: an instance did not verify, or there is none. 2: FOLDER cannot be
    read or OUTPUT cannot be written.

    \b
    Examples:
      htj2k export imagesets dicom
      htj2k export imagesets dicom --to htj2k"""
    from htj2k.dicom import export as run

    require_folder(output)
    _require_apart(source, output)
    with progress_bar("Exporting") as progress:
        report = run(
            source,
            output,
            sop_instance_uid=instance,
            transfer_syntax=_SYNTAXES[syntax],
            threads=threads,
            progress=progress,
        )
    print_report(report, as_json, _print_report)
    sys.exit(0 if report.ok else 1)


def _require_apart(source: Path, output: Path) -> None:
    """A file of ours in an image set, or a folder beside them, would no longer verify."""
    folder = source.resolve()
    is_image_set = (folder / METADATA).exists()
    if output.resolve().is_relative_to(folder) or (is_image_set and (output / folder.name).resolve() == folder):
        raise ValueError(f"the files would be written into the image sets in {source}; choose a folder outside")


def _print_report(report: ExportReport) -> None:
    failed = [entry for entry in report.instances if entry.path is None]
    if failed:
        rows = [[entry.image_set_id, entry.sop_instance_uid, entry.reason] for entry in failed]
        print_table("Not exported", ["image set", "instance", "reason"], rows)
    written = len(report.instances) - len(failed)
    frames = sum(entry.frames for entry in report.instances if entry.path is not None)
    say(
        f"{written} of {len(report.instances)} instances written, {frames} frames verified: "
        f"{'OK' if report.ok else 'FAILED'}"
    )
