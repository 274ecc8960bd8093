"""Verification of what ``htj2k ingest`` writes: the frames, and that the folder holds neither less nor more."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor
from pathlib import Path

from htj2k._threads import Progress

from .job_output import MANIFEST
from .journal import Journal
from .judge import Levels
from .layout import FRAME_SUFFIX, METADATA, ImageSetFolder, find_image_sets, listed_image_sets, unfinished_jobs
from .metadata import ImageSetMetadata, MetadataError
from .report import Problem, VerificationReport
from .url_path import UrlPath, open_folder
from .verification import Item, frame_tasks, listing_problems, verify_items


def verify_folder(
    output: str | os.PathLike[str] | UrlPath,
    *,
    threads: int | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
    levels: Levels = "listed",
    journal: Journal | None = None,
) -> VerificationReport:
    """Verify every frame of every image set below `output` at every level its metadata lists.

    Parameters
    ----------
    output : path or URL
        What ``htj2k ingest`` wrote, or one image set of it: a local folder, or any URL that fsspec knows
        (``s3://``, ``gs://``, ``https://``, ``zip://`` and more; needs the extra ``healthimaging`` and the
        protocol's own package). `UrlPath.open` takes options for the connection.
    threads, executor, progress, levels, journal
        As in `verify_image_set`.

    Returns
    -------
    VerificationReport
        A folder without a single frame is not ``ok``: nothing was proven.

    Raises
    ------
    OSError
        `output` is no folder or cannot be read.
    """
    folder = output if isinstance(output, UrlPath) else open_folder(output)
    report = VerificationReport()
    items = list(_collect(folder, report))
    report.frames += verify_items(
        items, threads=threads, executor=executor, progress=progress, levels=levels, journal=journal
    )
    if not items:
        report.problems.append(Problem(str(output), "no image frame is listed here; nothing was verified"))
    return report


def _collect(output: Path | UrlPath, report: VerificationReport) -> Iterator[Item]:
    """Read the metadata of all image sets; what cannot be read becomes a problem of `report`."""
    folders = find_image_sets(output)
    is_one_set = [folder.path for folder in folders] == [output.resolve()]
    listed = _read_manifest(output, report, is_needed=not (is_one_set and isinstance(output, UrlPath)))
    report.problems += _job_problems(output, listed, {folder.image_set_id for folder in folders})
    for folder in folders:
        try:
            metadata = folder.metadata()
        except FileNotFoundError:
            report.problems.append(Problem(folder.image_set_id, f"{METADATA} is missing"))
            continue
        except (OSError, MetadataError) as error:
            report.problems.append(Problem(folder.image_set_id, f"{METADATA}: {error}"))
            continue
        report.image_sets += 1
        report.problems += listing_problems(metadata)
        report.problems += _lost_instances(metadata, (listed or {}).get(folder.image_set_id))
        report.problems += _unlisted_files(folder, metadata)
        for task in frame_tasks(metadata):
            yield folder, task


def _read_manifest(
    output: Path | UrlPath, report: VerificationReport, *, is_needed: bool
) -> dict[str, int] | None:
    """What the manifest lists; None without one, or if it cannot be read, which is a problem if it is needed."""
    try:
        return listed_image_sets(output)
    except (OSError, MetadataError) as error:
        # Some web servers forbid what does not exist, as the manifest of a single image set.
        if is_needed or not isinstance(error, OSError):
            report.problems.append(Problem(MANIFEST, str(error)))
    return None


def _job_problems(output: Path | UrlPath, listed: dict[str, int] | None, found: set[str]) -> Iterator[Problem]:
    try:
        for name in unfinished_jobs(output):
            yield Problem(name, "left by an ingest that did not finish")
    except OSError as error:
        yield from _unless_unlistable(output, Problem(str(output), str(error)), error)
    if listed is not None:
        for image_set_id in sorted(set(listed) - found):
            yield Problem(image_set_id, f"listed in {MANIFEST}, but the image set is missing")
        for image_set_id in sorted(found - set(listed)):
            yield Problem(image_set_id, f"not listed in {MANIFEST}")


def _lost_instances(metadata: ImageSetMetadata, counted: int | None) -> Iterator[Problem]:
    """A job may add to an image set that has instances already, so more than it counts are no fault."""
    count = len(metadata.instances)
    if counted is not None and count < counted:
        message = f"{MANIFEST} counts {counted} instances, but the metadata have {count}"
        yield Problem(metadata.image_set_id or "", message)


def _unlisted_files(folder: ImageSetFolder, metadata: ImageSetMetadata) -> Iterable[Problem]:
    listed = {f"{frame.id}{FRAME_SUFFIX}" for _, _, frame in metadata.image_frames()}
    try:
        stored = folder.stored_names()
    except OSError as error:
        yield from _unless_unlistable(folder.path, Problem(folder.image_set_id, str(error)), error)
        return
    for name in sorted(stored - listed):
        yield Problem(folder.image_set_id, f"frames/{name} is listed in no metadata")


def _unless_unlistable(folder: Path | UrlPath, problem: Problem, error: Exception) -> Iterator[Problem]:
    """Not every web server lists its folders; the frames of the metadata are all verified none the less."""
    if not (isinstance(folder, UrlPath) and isinstance(error, OSError)):
        yield problem
