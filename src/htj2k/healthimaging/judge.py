"""The verdict on the bytes of one frame against what its metadata say."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import htj2k
from htj2k import LevelVerification, ResolutionChecksum

from .ids import frame_id
from .metadata import HTJ2K_LOSSLESS_RPCL, ImageFrame
from .report import Outcome, Status

Levels = Literal["listed", "full", "all"]

_HTJ2K = ("1.2.840.10008.1.2.4.201", HTJ2K_LOSSLESS_RPCL, "1.2.840.10008.1.2.4.203")
#: What the service encodes itself, and checks by the decoded pixels. All else it keeps as it came, with a
#: checksum of the bytes.
_CHECKED_BY_PIXELS = (*_HTJ2K[:2], "1.2.840.10008.1.2.4.90")


@dataclass(frozen=True)
class FrameTask:
    """A frame to verify: where it stands, and what is expected of it."""

    image_set_id: str
    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    index: int
    frame: ImageFrame
    transfer_syntax_uid: str = HTJ2K_LOSSLESS_RPCL
    checksum_type: str | None = None
    is_local: bool = False  # written by our ingest, whose frame IDs are derived from the bytes


def judge(task: FrameTask, data: bytes, levels: Levels) -> Outcome:
    """Verify the bytes of one frame."""
    begin = time.perf_counter()
    outcome = replace(_judge(task, data, levels), bytes_stored=len(data))
    return _with_sizes(task, data, replace(outcome, seconds=time.perf_counter() - begin))


def _judge(task: FrameTask, data: bytes, levels: Levels) -> Outcome:
    if not task.frame.checksums:
        return Outcome(status="not verifiable", reason="the metadata list no checksum")
    by_pixels = task.transfer_syntax_uid in _CHECKED_BY_PIXELS
    if task.checksum_type is not None:
        by_pixels = task.checksum_type == "DECOMPRESSED"
    if not by_pixels:
        return _judge_bytes(task, data)
    if task.transfer_syntax_uid not in _HTJ2K:
        syntax = task.transfer_syntax_uid
        return Outcome(
            status="not verifiable",
            reason=f"the checksum is of decoded pixels, but transfer syntax {syntax} is not HTJ2K",
        )
    return _judge_pixels(task, data, levels)


def _judge_bytes(task: FrameTask, data: bytes) -> Outcome:
    """Originals that were kept: one checksum, of the bytes as they are stored."""
    actual = htj2k.crc32(data)
    found = [
        LevelVerification(r.width, r.height, r.checksum, actual, r.checksum == actual, None)
        for r in task.frame.checksums
    ]
    notes = ("the checksum is of the stored bytes; the pixels were not decoded",)
    levels = tuple(map(to_dict, found))
    if all(level.ok for level in found):
        return Outcome(status="verified", levels=levels, notes=notes)
    expected = ", ".join(str(level.expected) for level in found)
    reason = f"the stored bytes have checksum {actual}, expected {expected}"
    if task.checksum_type is not None and task.transfer_syntax_uid in _CHECKED_BY_PIXELS:
        reason = f"checksum type {task.checksum_type} is unknown; {reason}"
        return Outcome(status="not verifiable", reason=reason, levels=levels, notes=notes)
    return Outcome(status="mismatch", reason=reason, levels=levels, notes=notes)


def _judge_pixels(task: FrameTask, data: bytes, levels: Levels) -> Outcome:
    if levels == "full":
        return _judge_full(task, data)
    outcome = _judge_records(task, data, task.frame.checksums)
    return _judge_the_rest(task, data, outcome) if levels == "all" and outcome.ok else outcome


def _judge_full(task: FrameTask, data: bytes) -> Outcome:
    try:
        full = htj2k.read_info(data).resolutions[-1]
    except htj2k.HTJ2KError as error:
        return Outcome(status=_status_of(error, data), reason=f"{type(error).__name__}: {error}")
    size = (full.width, full.height)
    records = [record for record in task.frame.checksums if (record.width, record.height) == size]
    if not records:
        listed = ", ".join(f"{record.width}x{record.height}" for record in task.frame.checksums)
        reason = f"no checksum of the full size {size[0]}x{size[1]} is listed, only of {listed}"
        return Outcome(status="not verifiable", reason=reason)
    outcome = _judge_records(task, data, records)
    left = len(task.frame.checksums) - len(records)
    note = f"{left} listed checksums of other sizes were not asked for"
    return replace(outcome, notes=(*outcome.notes, note)) if left else outcome


def _judge_records(task: FrameTask, data: bytes, records: Sequence[ResolutionChecksum]) -> Outcome:
    """Pixels first, at every level; then the bytes, so that damage which no pixel shows is found as well."""
    try:
        verification = htj2k.verify(data, replace(task.frame, checksums=tuple(records)).to_dict())
    except (ValueError, TypeError) as error:
        return Outcome(status="mismatch", reason=f"the metadata of the frame: {error}")
    if verification.error is not None:
        levels = tuple(_levels_one_by_one(data, records))
        return Outcome(
            status=_status_of(verification.error, data), reason=verification.reason or "", levels=levels
        )
    levels = tuple(map(to_dict, verification.levels))
    if not verification.ok:
        return Outcome(status="mismatch", reason=verification.reason or "", levels=levels)
    if task.is_local and task.frame.id != frame_id(task.sop_instance_uid, task.index, data):
        reason = "the pixels are right, but the stored bytes are not those that were ingested"
        return Outcome(status="mismatch", reason=reason, levels=levels)
    return Outcome(status="verified", levels=levels)


def _levels_one_by_one(data: bytes, records: Sequence[ResolutionChecksum]) -> Iterator[dict[str, Any]]:
    """One resolution may be whole where another is not."""
    for record in records:
        verification = htj2k.verify(data, [record])
        missing = None
        if isinstance(verification.error, htj2k.TruncatedError) and verification.error.bytes_needed is not None:
            missing = verification.error.bytes_needed - verification.error.bytes_present
        for level in verification.levels or (_undecodable(record, verification.reason),):
            yield to_dict(level) if missing is None else {**to_dict(level), "bytesMissing": missing}


def _undecodable(record: ResolutionChecksum, reason: str | None) -> LevelVerification:
    return LevelVerification(record.width, record.height, record.checksum, None, False, None, reason)


def _judge_the_rest(task: FrameTask, data: bytes, outcome: Outcome) -> Outcome:
    """Decode each resolution by itself; those that are not listed must be what the proven pixels make of them.

    The expected values come from a transform of our own, not from the decoder.
    """
    listed = {(record.width, record.height) for record in task.frame.checksums}
    if listed.issuperset((r.width, r.height) for r in htj2k.read_info(data).resolutions):
        return outcome
    try:
        verification = htj2k.verify(data, _derived_checksums(task, data), decode_each_level=True)
        if verification.error is not None:
            raise verification.error
    except (htj2k.HTJ2KError, ValueError) as error:
        reason = f"the resolutions that are not listed cannot be proven: {error}"
        return replace(outcome, status="not verifiable", reason=reason)
    rest = [level for level in verification.levels if (level.width, level.height) not in listed]
    levels = (*outcome.levels, *({**to_dict(level), "listed": False} for level in rest))
    if not verification.ok:
        return replace(outcome, status="mismatch", reason=verification.reason or "", levels=levels)
    return replace(outcome, levels=levels)


def _derived_checksums(task: FrameTask, data: bytes) -> list[ResolutionChecksum]:
    info = htj2k.read_info(data)
    if not info.reversible or info.num_tiles != 1:
        raise ValueError("only lossless codestreams of a single tile have resolutions that follow from the pixels")
    return htj2k.pixel_checksums(
        htj2k.decode_verified(data, task.frame.checksums),
        bits_stored=info.components[0].bit_depth,
        num_decompositions=info.num_decompositions,
        color_transform=info.color_transform,
    )


def _status_of(error: htj2k.HTJ2KError, data: bytes) -> Status:
    is_jpeg_2000 = data[:4] == b"\xff\x4f\xff\x51" or data[4:8] == b"jP  "
    # A data store may keep Part 1 and its metadata not say so: nothing is wrong with such a frame.
    other_part = isinstance(error, htj2k.NotHTJ2KError) and is_jpeg_2000
    return "not verifiable" if other_part or isinstance(error, htj2k.UnsupportedError) else "unreadable"


def _with_sizes(task: FrameTask, data: bytes, outcome: Outcome) -> Outcome:
    """FrameSizeInBytes has meant the decoded size and the stored one: it is reported, and never fails."""
    decoded = _decoded_size(data)
    claimed = task.frame.frame_size_in_bytes
    notes = outcome.notes
    if claimed is not None and claimed not in (decoded, len(data)):
        sizes = f"{decoded or 'unknown'} bytes decoded and {len(data)} stored"
        notes = (*notes, f"FrameSizeInBytes is {claimed}; the frame has {sizes}")
    return replace(outcome, notes=notes, bytes_decoded=decoded)


def _decoded_size(data: bytes) -> int:
    try:
        info = htj2k.read_info(data)
    except htj2k.HTJ2KError:
        return 0
    depth = max(component.bit_depth for component in info.components)
    return info.width * info.height * len(info.components) * (1 if depth <= 8 else 2 if depth <= 16 else 4)


def to_dict(level: LevelVerification) -> dict[str, Any]:
    """A level for the report."""
    return {
        "width": level.width,
        "height": level.height,
        "expected": level.expected,
        "actual": level.actual,
        "ok": level.ok,
        "clamp": level.clamp,
        "reason": level.reason,
    }
