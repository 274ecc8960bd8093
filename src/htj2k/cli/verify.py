"""``htj2k verify``: every frame of a folder, a URL or an image set of AWS HealthImaging at every level."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import click

from htj2k.healthimaging import (
    HealthImagingStore,
    Journal,
    Problem,
    VerificationReport,
    junit_xml,
    read_metadata,
    verify_folder,
    verify_image_set,
)
from htj2k.healthimaging.files import replace_file
from htj2k.healthimaging.job_output import MANIFEST
from htj2k.healthimaging.judge import Levels
from htj2k.healthimaging.layout import METADATA

from .output import (
    behind_the_report,
    exit_2_on_error,
    json_option,
    print_report,
    print_table,
    progress_bar,
    say,
    threads_option,
)
from .state import journal_path
from .targets import TARGET, require_apart, require_files, require_no_device


@click.command()
@click.argument("target", metavar="[PATH_OR_URL]", required=False)
@click.option("--datastore", metavar="ID", help="Verify in this data store of AWS HealthImaging.")
@click.option("--image-set", "image_sets", metavar="ID", multiple=True, help="An image set of it; repeatable.")
@click.option("--endpoint-url", metavar="URL", help="Send the requests there instead of to AWS.")
@click.option("--region", metavar="NAME", help="AWS region, if not the configured one.")
@click.option(
    "--levels",
    type=click.Choice(get_args(Levels)),
    default="listed",
    show_default=True,
    help="Which resolutions: those with a checksum in the metadata, the full one only, or all that exist.",
)
@click.option("--resume", is_flag=True, help="Go on where an interrupted verification of the same target ended.")
@click.option("--journal", type=TARGET, help="Where to remember what verified (see above).")
@click.option("--junit", type=TARGET, metavar="FILE", help="Write a JUnit XML report, too.")
@threads_option
@json_option
@exit_2_on_error
def verify(
    target: str | None,
    datastore: str | None,
    image_sets: tuple[str, ...],
    resume: bool,
    journal: Path | None,
    junit: Path | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Verify image frames at every level that the metadata list.

    PATH_OR_URL is the output of an ingest or one image set of it: a folder, or a URL such as s3://bucket/sets or
    zip://::sets.zip. Image sets of AWS HealthImaging are given by --datastore and --image-set.

    What verified is remembered in a journal, by default a file in the user's state folder, until everything has
    verified. After an interruption, or when some frames could not be read, --resume looks only at the rest.

    Exit code 0: all frames verified. 1: a frame differs, is missing, unreadable or not verifiable, metadata are
    damaged, a file is listed nowhere, or there is no frame at all. 2: bad usage, or PATH_OR_URL or the image set
    cannot be read.

    \b
    Examples:
      htj2k verify imagesets
      htj2k verify s3://bucket/imagesets --junit report.xml
      htj2k verify --datastore ID --image-set ID --resume"""
    _check_usage(target, datastore, image_sets, options)
    _check_outputs(target, junit, journal)
    source = [target] if target is not None else [datastore or "", *image_sets]
    with _journal(journal, [*source, options["endpoint_url"] or ""], resume) as remembered:
        if target is not None:
            report = _verify_folder(target, remembered, options)
        else:
            report = _verify_image_sets(datastore or "", image_sets, remembered, options)
        if remembered is not None and report.ok:
            remembered.clear()
        print_report(report, as_json, _print_report)
        if junit is not None:
            with behind_the_report():
                replace_file(junit, junit_xml(report))
    sys.exit(0 if report.ok else 1)


def _check_usage(
    target: str | None, datastore: str | None, image_sets: tuple[str, ...], options: dict[str, Any]
) -> None:
    if (target is None) == (datastore is None):
        raise click.UsageError("Give either PATH_OR_URL or --datastore with --image-set.")
    if bool(datastore) != bool(image_sets):
        raise click.UsageError("--datastore and --image-set go together.")
    if datastore is None and (options["endpoint_url"] or options["region"]):
        raise click.UsageError("--endpoint-url and --region belong to --datastore.")


def _check_outputs(target: str | None, junit: Path | None, journal: Path | None) -> None:
    """What is written can be, and is no part of what is verified."""
    require_files([junit], [])
    require_apart([junit, journal], [])
    if journal is not None:
        require_no_device(journal)
    for output in (junit, journal):
        if target is not None and output is not None and _is_part(output, Path(target)):
            raise ValueError(f"{output} is a part of {target}, which is verified; write to another file")


def _is_part(output: Path, folder: Path) -> bool:
    """Whether the file is there and belongs to the image sets; reports of earlier runs may lie beside them."""
    real, whole = output.resolve(), folder.resolve()
    if not real.is_file() or not real.is_relative_to(whole):
        return False
    return len(real.relative_to(whole).parts) > 1 or real.name in (METADATA, MANIFEST)


@contextlib.contextmanager
def _journal(path: Path | None, source: list[str], resume: bool) -> Iterator[Journal | None]:
    """The journal; without a place to keep it a note, unless it was asked for."""
    try:
        journal = Journal(path or journal_path(source), resume=resume)
    except OSError as error:
        if path is not None or resume:
            raise
        click.echo(f"htj2k: no journal is kept, --resume will not work: {error}", err=True)
        yield None
        return
    if resume:
        click.echo(f"htj2k: {len(journal)} frames had verified before", err=True)
    with journal:
        yield journal


def _verify_folder(target: str, journal: Journal | None, options: dict[str, Any]) -> VerificationReport:
    with progress_bar("Verifying") as progress:
        return verify_folder(
            target, threads=options["threads"], levels=options["levels"], progress=progress, journal=journal
        )


def _verify_image_sets(
    datastore: str, image_sets: tuple[str, ...], journal: Journal | None, options: dict[str, Any]
) -> VerificationReport:
    report = VerificationReport()
    for image_set in image_sets:
        store = HealthImagingStore(
            datastore, image_set, endpoint_url=options["endpoint_url"], region_name=options["region"]
        )
        metadata = read_metadata(store.read_metadata())
        with progress_bar(f"Verifying {image_set}") as progress:
            found = verify_image_set(
                metadata,
                store,
                threads=options["threads"],
                levels=options["levels"],
                progress=progress,
                journal=journal,
            )
        if metadata.image_set_id != image_set:
            found.problems.append(Problem(image_set, f"the metadata are those of {metadata.image_set_id}"))
        report.extend(found)
    return report


def _print_report(report: VerificationReport) -> None:
    failures = report.failures()
    if failures:
        columns = ["frame", "status", "level", "expected", "actual", "reason"]
        print_table("Frames that did not verify", columns, list(failures))
    if report.problems:
        rows = [[problem.where, problem.message] for problem in report.problems]
        print_table("Problems", ["where", "what"], rows)
    say(report.summary())
