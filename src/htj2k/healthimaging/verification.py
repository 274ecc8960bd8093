"""Verification of image sets: every frame, every listed level, nothing skipped in silence."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

from htj2k import _arguments as arguments
from htj2k._executors import map_chunks
from htj2k._threads import Progress, batch_options, usable_cores

from .aws import HealthImagingStore
from .ids import LOCAL_DATASTORE_ID
from .journal import Journal, task_key
from .judge import FrameTask, Levels, judge
from .layout import ImageSetFolder
from .metadata import ImageSetMetadata, Instance, read_metadata
from .pool import bounded_map
from .report import FrameReport, Outcome, Problem, VerificationReport
from .stores import FrameStore

Item = tuple[FrameStore, FrameTask]

#: Frames on their way at a time: enough to hide the time that a remote store takes to answer.
_READERS = 16
#: Reads of a frame that does not verify. Not every transport notices when it loses or changes bytes.
_MOST_READS = 3


def verify_image_set(
    metadata: ImageSetMetadata | bytes,
    store: FrameStore,
    *,
    threads: int | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
    levels: Levels = "listed",
    journal: Journal | None = None,
) -> VerificationReport:
    """Verify every frame of an image set; the next frames are read while some are decoded.

    Parameters
    ----------
    metadata : ImageSetMetadata or bytes
        What `read_metadata` returns or takes, for example ``store.read_metadata()``.
    store : FrameStore
        Where the frames are: `ImageSetFolder`, `HealthImagingStore`, or an object of yours.
    threads : int, optional
        Frames that are decoded at a time, by default as many as cores; with an executor those of each worker,
        by default 1. At most some dozens of frames are in memory.
    executor : concurrent.futures.Executor, optional
        Any: a pool of processes, or one that stands for a cluster. Its workers read the store themselves, so
        it must pickle and be within their reach.
    progress : callable, optional
        Called with (frames done, frames in all). What it raises stops the verification.
    levels : {"listed", "full", "all"}
        "listed": every checksum that the metadata list. "full": only that of the full size, for a quicker
        look. "all": besides the listed ones every other resolution is decoded by itself, and must be what the
        proven pixels of the full size make of it.
    journal : Journal, optional
        Remembers what verified; frames that it knows are not read again.

    Returns
    -------
    VerificationReport
        One report for each listed frame, in order. An image set without a frame is not ``ok``: nothing was
        proven.

    Raises
    ------
    MetadataError
        If `metadata` cannot be read.
    TypeError, ValueError
        If an argument is wrong; never for the sake of what the store holds.

    Notes
    -----
    The checksums are of decoded pixels for what the service encodes, and of the stored bytes for originals that
    it keeps; StoredTransferSyntaxUID and ChecksumType tell which. They are matched by width and height.
    MinPixelValue and MaxPixelValue are compared where they are given, FrameSizeInBytes is only reported. A frame
    that does not verify is read again, and the verdict stands when the same bytes come back.
    """
    if not isinstance(metadata, ImageSetMetadata):
        metadata = read_metadata(metadata)
    report = VerificationReport(image_sets=1)
    report.problems += listing_problems(metadata)
    items: list[Item] = [(store, task) for task in frame_tasks(metadata)]
    if not items:
        report.problems.append(
            Problem(metadata.image_set_id or "", "no image frame is listed; nothing was verified")
        )
    report.frames += verify_items(
        items, threads=threads, executor=executor, progress=progress, levels=levels, journal=journal
    )
    return report


def frame_tasks(metadata: ImageSetMetadata) -> Iterator[FrameTask]:
    """Every frame of an image set with what is expected of it."""
    for instance, index, frame in metadata.image_frames():
        yield FrameTask(
            image_set_id=metadata.image_set_id or "",
            study_instance_uid=instance.study_instance_uid,
            series_instance_uid=instance.series_instance_uid,
            sop_instance_uid=instance.sop_instance_uid,
            index=index,
            frame=frame,
            transfer_syntax_uid=instance.stored_transfer_syntax_uid,
            checksum_type=instance.checksum_type,
            is_local=metadata.datastore_id == LOCAL_DATASTORE_ID,
        )


def listing_problems(metadata: ImageSetMetadata) -> Iterator[Problem]:
    """Instances that list fewer or more frames than they say that they have, and frames listed twice."""
    for instance in metadata.instances:
        message = _listing_problem(instance)
        if message:
            yield Problem(instance.sop_instance_uid, message)
    # A frame that stands in another one's place hides that this is gone.
    for name, count in Counter(frame.id for _, _, frame in metadata.image_frames()).items():
        if count > 1:
            yield Problem(metadata.image_set_id or "", f"frame {name} is listed {count} times")


def _listing_problem(instance: Instance) -> str:
    listed, announced = len(instance.image_frames), instance.number_of_frames
    if announced not in (None, listed):
        return f"NumberOfFrames is {announced}, but {listed or 'no'} image frames are listed"
    if not listed and instance.describes_image and announced is None:
        return "the attributes describe an image, but no image frame is listed"
    return ""


def verify_items(
    items: Sequence[Item],
    *,
    threads: int | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
    levels: Levels = "listed",
    journal: Journal | None = None,
) -> list[FrameReport]:
    """Reports on frames, in order; the arguments are those of `verify_image_set`."""
    arguments.choice("levels", levels, ("listed", "full", "all"))
    batch_options(threads, "return", progress)  # checks them
    outcomes: list[Outcome | None] = [None] * len(items)
    keys = [] if journal is None else [task_key(task, levels, _place(store)) for store, task in items]
    if journal is not None:
        outcomes = [journal.get(key) for key in keys]
    open_items = [i for i, outcome in enumerate(outcomes) if outcome is None]
    before = len(items) - len(open_items)
    shown = None if progress is None else lambda done, _: progress(before + done, len(items))
    pending = [items[i] for i in open_items]
    found = (
        _on_threads(pending, levels, threads, shown)
        if executor is None
        else _on_executor(pending, levels, threads, executor, shown)
    )
    for i, outcome in zip(open_items, found, strict=True):
        outcomes[i] = outcome
        if journal is not None and outcome.ok:
            journal.add(keys[i], outcome)
    return [_report(task, outcome) for (_, task), outcome in zip(items, outcomes, strict=True) if outcome]


def _place(store: FrameStore) -> str:
    """Tells stores apart, also in another process and from another folder."""
    if isinstance(store, ImageSetFolder):
        return str(store.path.resolve())
    return repr(store) if isinstance(store, HealthImagingStore) else type(store).__qualname__


@contextmanager
def _pool(threads: int) -> Iterator[ThreadPoolExecutor]:
    """Its end does not wait: where all went well nothing is left to wait for, and a store may never answer."""
    pool = ThreadPoolExecutor(threads)
    try:
        yield pool
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _on_threads(
    items: Sequence[Item], levels: Levels, threads: int | None, progress: Progress | None
) -> Iterator[Outcome]:
    """One pool waits for the store, another decodes what has arrived."""
    threads = threads or usable_cores()
    with _pool(_READERS) as reading, _pool(threads) as judging:
        arrived = bounded_map(reading, _read, items, window=2 * _READERS)
        verdicts = bounded_map(judging, functools.partial(_judge, levels=levels), arrived, window=2 * threads)
        for done, outcome in enumerate(verdicts, 1):
            yield outcome
            if progress is not None:
                progress(done, len(items))


def _on_executor(
    items: Sequence[Item], levels: Levels, threads: int | None, executor: Executor, progress: Progress | None
) -> list[Outcome]:
    return map_chunks(executor, _verify_chunk, items, (levels, threads or 1), _lost, progress)


def _verify_chunk(items: Sequence[Item], levels: Levels, threads: int) -> list[Outcome]:
    """What an executor's worker runs."""
    return list(_on_threads(items, levels, threads, None))


def _lost(error: BaseException) -> Outcome:
    return Outcome(status="unreadable", reason=f"the executor lost this frame: {type(error).__name__}: {error}")


def _read(item: Item) -> tuple[Item, bytes | Outcome]:
    """The bytes, or the verdict that there are none."""
    store, task = item
    try:
        return item, bytes(store.read(task.frame.id))
    except FileNotFoundError as error:
        return item, Outcome(status="missing", reason=_describe(error, "does not exist"))
    except Exception as error:  # a store of the caller's own may raise anything
        return item, Outcome(status="unreadable", reason=_describe(error))


def _describe(error: Exception, default: str = "") -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return f"{type(error).__name__}: {str(error) or default}"


def _judge(arrived: tuple[Item, bytes | Outcome], *, levels: Levels) -> Outcome:
    item, data = arrived
    if isinstance(data, Outcome):
        return data
    try:
        return _confirmed(item, data, levels)
    except MemoryError:
        return Outcome(status="unreadable", reason="not enough memory for this frame", bytes_stored=len(data))


def _confirmed(item: Item, data: bytes, levels: Levels) -> Outcome:
    """A verdict against a frame is passed only on bytes that came twice."""
    outcome = judge(item[1], data, levels)
    for reads in range(2, _MOST_READS + 1):
        if outcome.ok or outcome.status == "not verifiable":
            return outcome
        _, again = _read(item)
        if isinstance(again, Outcome):
            note = f"read {reads} failed: {again.reason}"
            return replace(outcome, notes=(*outcome.notes, note))
        if again == data:
            return outcome
        data = again
        outcome = judge(item[1], data, levels)
        outcome = replace(outcome, notes=(*outcome.notes, f"read {reads} gave other bytes than the one before"))
    return outcome


def _report(task: FrameTask, outcome: Outcome) -> FrameReport:
    return FrameReport(
        **vars(outcome),
        image_set_id=task.image_set_id,
        study_instance_uid=task.study_instance_uid,
        series_instance_uid=task.series_instance_uid,
        sop_instance_uid=task.sop_instance_uid,
        frame_index=task.index,
        frame_id=task.frame.id,
        frame_size_in_bytes=task.frame.frame_size_in_bytes,
    )
