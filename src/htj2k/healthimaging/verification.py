"""Verification of a folder of image sets: every frame, every listed level, nothing skipped in silence."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import htj2k

from .ids import LOCAL_DATASTORE_ID, frame_id
from .job_output import MANIFEST
from .layout import FRAME_SUFFIX, ImageSetFolder, find_image_sets, listed_image_sets, unfinished_jobs
from .metadata import HTJ2K_LOSSLESS_RPCL, ImageFrame, ImageSetMetadata, Instance, MetadataError
from .pool import bounded_map, usable_cores

Status = Literal["verified", "mismatch", "missing", "unreadable", "not verifiable"]

# Lossless HTJ2K: the checksums are over decoded pixels. Everything else the service keeps as it came.
_DECODED_CHECKSUMS = ("1.2.840.10008.1.2.4.201", HTJ2K_LOSSLESS_RPCL)


@dataclass(frozen=True)
class FrameReport:
    """The verdict on one frame; only `status` "verified" means that its pixels are proven right."""

    image_set_id: str
    series_instance_uid: str
    sop_instance_uid: str
    frame_index: int
    frame_id: str
    status: Status
    reason: str = ""
    levels: tuple[dict[str, Any], ...] = ()
    bytes_stored: int = 0
    bytes_decoded: int = 0
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether the frame verified."""
        return self.status == "verified"

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "imageSetId": self.image_set_id,
            "seriesInstanceUID": self.series_instance_uid,
            "sopInstanceUID": self.sop_instance_uid,
            "frame": self.frame_index,
            "frameId": self.frame_id,
            "status": self.status,
            "reason": self.reason,
            "levels": list(self.levels),
        }


@dataclass(frozen=True)
class Problem:
    """Something wrong with the folder that belongs to no single frame."""

    where: str
    message: str

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"where": self.where, "message": self.message}


@dataclass
class FolderReport:
    """Verdicts on all frames of a folder.

    Attributes
    ----------
    frames : list of FrameReport
        One for each listed frame, in order.
    problems : list of Problem
        Damaged metadata, files that no metadata lists, image sets that are gone.
    image_sets : int
        How many image sets were read.
    """

    frames: list[FrameReport] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    image_sets: int = 0

    @property
    def ok(self) -> bool:
        """True if there is at least one frame, all frames verified and nothing else is wrong."""
        return bool(self.frames) and not self.problems and all(frame.ok for frame in self.frames)

    def count(self, status: Status) -> int:
        """How many frames have this status."""
        return sum(frame.status == status for frame in self.frames)

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "ok": self.ok,
            "imageSets": self.image_sets,
            "frames": len(self.frames),
            "verified": self.count("verified"),
            "levels": sum(len(frame.levels) for frame in self.frames),
            "problems": [problem.to_dict() for problem in self.problems],
            "reports": [frame.to_dict() for frame in self.frames],
        }


@dataclass(frozen=True)
class _Task:
    folder: ImageSetFolder
    instance: Instance
    index: int
    frame: ImageFrame
    is_local: bool  # written by our ingest, whose frame IDs are derived from the bytes


def verify_folder(
    output: Path, *, threads: int | None = None, progress: Callable[[int, int], None] | None = None
) -> FolderReport:
    """Verify every frame of every image set below `output` at every level its metadata lists.

    Parameters
    ----------
    output : Path
        What ``htj2k ingest`` wrote, or one image set of it.
    threads : int, optional
        Default: the cores this process may run on.
    progress : callable, optional
        Called with (frames done, frames in all) after each frame.

    Returns
    -------
    FolderReport
        A folder without a single frame is not ``ok``: nothing was proven.

    Raises
    ------
    OSError
        `output` is no folder or cannot be read.
    """
    output = Path(output)
    report = FolderReport()
    tasks = list(_collect(output, report))
    threads = threads or usable_cores()
    with ThreadPoolExecutor(threads) as pool:
        for frame in bounded_map(pool, _verify_frame, tasks, window=4 * threads):
            report.frames.append(frame)
            if progress is not None:
                progress(len(report.frames), len(tasks))
    if not tasks:
        report.problems.append(Problem(str(output), "no image frame is listed here; nothing was verified"))
    return report


def _collect(output: Path, report: FolderReport) -> Iterator[_Task]:
    """Read the metadata of all image sets; what cannot be read becomes a problem of `report`."""
    folders = find_image_sets(output)
    report.problems += _job_problems(output, {folder.image_set_id for folder in folders})
    for folder in folders:
        try:
            metadata = folder.metadata()
        except FileNotFoundError:
            report.problems.append(Problem(folder.image_set_id, "metadata.json.gz is missing"))
            continue
        except (OSError, MetadataError) as error:
            report.problems.append(Problem(folder.image_set_id, f"metadata.json.gz: {error}"))
            continue
        report.image_sets += 1
        report.problems += _unlisted_files(folder, metadata)
        for instance, index, frame in metadata.image_frames():
            is_local = metadata.datastore_id == LOCAL_DATASTORE_ID
            yield _Task(folder, instance, index, frame, is_local)


def _job_problems(output: Path, found: set[str]) -> Iterator[Problem]:
    for path in unfinished_jobs(output):
        yield Problem(path.name, "left by an ingest that did not finish")
    try:
        listed = listed_image_sets(output)
    except (OSError, MetadataError) as error:
        yield Problem(MANIFEST, str(error))
        return
    for image_set_id in sorted(set(listed or ()) - found):
        yield Problem(image_set_id, f"listed in {MANIFEST}, but the image set is missing")
    if listed is not None:
        for image_set_id in sorted(found - set(listed)):
            yield Problem(image_set_id, f"not listed in {MANIFEST}")


def _unlisted_files(folder: ImageSetFolder, metadata: ImageSetMetadata) -> Iterator[Problem]:
    listings = Counter(frame.id for _, _, frame in metadata.image_frames())
    for name, count in listings.items():
        if count > 1:
            yield Problem(folder.image_set_id, f"frame {name} is listed {count} times")
    for name in sorted(folder.stored_names() - {f"{listed}{FRAME_SUFFIX}" for listed in listings}):
        yield Problem(folder.image_set_id, f"frames/{name} is listed in no metadata")


def _verify_frame(task: _Task) -> FrameReport:
    try:
        path = task.folder.frame_path(task.frame.id)
        codestream = path.read_bytes()
    except ValueError as error:
        return _report(task, "unreadable", str(error))
    except FileNotFoundError:
        return _report(task, "missing", f"{path.name} does not exist")
    except OSError as error:
        return _report(task, "unreadable", f"{path.name}: {error.strerror or error}")
    return _verify_codestream(task, codestream)


def _verify_codestream(task: _Task, codestream: bytes) -> FrameReport:
    obstacle = _why_not_verifiable(task)
    if obstacle:
        return _report(task, "not verifiable", obstacle)
    begin = time.perf_counter()
    status, reason, levels = _compare(task, codestream)
    return replace(
        _report(task, status, reason),
        levels=tuple(_level(level) for level in levels),
        bytes_stored=len(codestream),
        seconds=time.perf_counter() - begin,
    )


def _compare(task: _Task, codestream: bytes) -> tuple[Status, str, Iterable[htj2k.LevelVerification]]:
    """Pixels first, at every level; then the bytes, so that damage which no pixel shows is found as well."""
    try:
        verification = htj2k.verify(codestream, task.frame.to_dict())
    except (ValueError, TypeError) as error:
        return "mismatch", f"the metadata of the frame: {error}", ()
    if verification.error is not None:
        # One resolution may be whole where another is not: ask for each.
        each = [htj2k.verify(codestream, [checksum]) for checksum in task.frame.checksums]
        levels = [
            level
            for verification, checksum in zip(each, task.frame.checksums, strict=True)
            for level in verification.levels or (_undecodable(checksum, verification.reason),)
        ]
        return "unreadable", verification.reason or "", levels
    if not verification.ok:
        return "mismatch", verification.reason or "", verification.levels
    if task.is_local and task.frame.id != frame_id(task.instance.sop_instance_uid, task.index, codestream):
        reason = "the pixels are right, but the stored bytes are not those that were ingested"
        return "mismatch", reason, verification.levels
    return "verified", "", verification.levels


def _undecodable(checksum: htj2k.ResolutionChecksum, reason: str | None) -> htj2k.LevelVerification:
    return htj2k.LevelVerification(checksum.width, checksum.height, checksum.checksum, None, False, None, reason)


def _why_not_verifiable(task: _Task) -> str:
    syntax = task.instance.stored_transfer_syntax_uid
    if syntax not in _DECODED_CHECKSUMS:
        return f"the frame is stored in transfer syntax {syntax}, not lossless HTJ2K"
    if task.instance.checksum_type not in (None, "DECOMPRESSED"):
        return f"the checksums are of type {task.instance.checksum_type}, not over decoded pixels"
    return "" if task.frame.checksums else "the metadata lists no checksum"


def _level(level: htj2k.LevelVerification) -> dict[str, Any]:
    return {
        "width": level.width,
        "height": level.height,
        "expected": level.expected,
        "actual": level.actual,
        "ok": level.ok,
    }


def _report(task: _Task, status: Status, reason: str) -> FrameReport:
    return FrameReport(
        image_set_id=task.folder.image_set_id,
        series_instance_uid=task.instance.series_instance_uid,
        sop_instance_uid=task.instance.sop_instance_uid,
        frame_index=task.index,
        frame_id=task.frame.id,
        status=status,
        reason=reason,
        bytes_decoded=task.frame.frame_size_in_bytes or 0,
    )
