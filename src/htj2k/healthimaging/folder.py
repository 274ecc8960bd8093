"""Verification of what ``htj2k ingest`` writes: the frames, and that the folder holds neither less nor more."""

from __future__ import annotations

import os
from collections import Counter
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
from .verification import Item, frame_tasks, missing_frames, verify_items


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
    report.problems += _job_problems(output, {folder.image_set_id for folder in folders})
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
        report.problems += [*missing_frames(metadata), *_unlisted_files(folder, metadata)]
        for task in frame_tasks(metadata):
            yield folder, task


def _job_problems(output: Path | UrlPath, found: set[str]) -> Iterator[Problem]:
    try:
        for name in unfinished_jobs(output):
            yield Problem(name, "left by an ingest that did not finish")
        listed = listed_image_sets(output)
    except (OSError, MetadataError) as error:
        yield from _unless_unlistable(output, Problem(MANIFEST, str(error)), error)
        return
    if listed is not None:
        for image_set_id in sorted(set(listed) - found):
            yield Problem(image_set_id, f"listed in {MANIFEST}, but the image set is missing")
        for image_set_id in sorted(found - set(listed)):
            yield Problem(image_set_id, f"not listed in {MANIFEST}")


def _unlisted_files(folder: ImageSetFolder, metadata: ImageSetMetadata) -> Iterable[Problem]:
    listings = Counter(frame.id for _, _, frame in metadata.image_frames())
    for name, count in listings.items():
        if count > 1:
            yield Problem(folder.image_set_id, f"frame {name} is listed {count} times")
    try:
        stored = folder.stored_names()
    except OSError as error:
        yield from _unless_unlistable(folder.path, Problem(folder.image_set_id, str(error)), error)
        return
    for name in sorted(stored - {f"{listed}{FRAME_SUFFIX}" for listed in listings}):
        yield Problem(folder.image_set_id, f"frames/{name} is listed in no metadata")


def _unless_unlistable(folder: Path | UrlPath, problem: Problem, error: Exception) -> Iterator[Problem]:
    """Not every web server lists its folders; the frames of the metadata are all verified none the less."""
    if not (isinstance(folder, UrlPath) and isinstance(error, OSError)):
        yield problem
