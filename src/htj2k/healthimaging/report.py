"""What a verification found: per frame, per level, and in sum."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

Status = Literal["verified", "mismatch", "missing", "unreadable", "not verifiable"]
STATUSES: tuple[Status, ...] = get_args(Status)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The verdict on the bytes of a frame.

    Attributes
    ----------
    status : str
        Only "verified" means that everything that was asked for is proven right. "mismatch": the frame is not
        what the metadata describe. "missing": there is no such frame. "unreadable": it could not be had or not
        be decoded. "not verifiable": nothing that the metadata list can prove it.
    reason : str
        Why not verified.
    levels : tuple of dict
        For each checksum ``width``, ``height``, ``expected``, ``actual`` (None: could not be had), ``ok`` and
        ``reason``; what did not verify as a whole can hold levels that did. ``listed`` is False where
        `expected` follows from pixels that a listed checksum proved.
    notes : tuple of str
        What else there is to know; nothing that makes a frame fail.
    bytes_stored, bytes_decoded : int
        Sizes, 0 where unknown.
    seconds : float
        Time to decode and compare.
    """

    status: Status
    reason: str = ""
    levels: tuple[dict[str, Any], ...] = ()
    notes: tuple[str, ...] = ()
    bytes_stored: int = 0
    bytes_decoded: int = 0
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether the frame verified."""
        return self.status == "verified"


@dataclass(frozen=True, kw_only=True)
class FrameReport(Outcome):
    """The verdict on one frame with the frame's place; `frame_index` counts from 0 within the instance.

    Attributes
    ----------
    image_set_id, study_instance_uid, series_instance_uid, sop_instance_uid : str
        Where the frame belongs.
    frame_index : int
        From 0 within the instance.
    frame_id : str
        As the metadata name the frame.
    frame_size_in_bytes : int or None
        What the metadata say of its size.
    """

    image_set_id: str
    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    frame_index: int
    frame_id: str
    frame_size_in_bytes: int | None

    def to_dict(self) -> dict[str, Any]:
        """For JSON. Nothing in it depends on when or how fast it was found."""
        return {
            "imageSetId": self.image_set_id,
            "studyInstanceUID": self.study_instance_uid,
            "seriesInstanceUID": self.series_instance_uid,
            "sopInstanceUID": self.sop_instance_uid,
            "frame": self.frame_index,
            "frameId": self.frame_id,
            "status": self.status,
            "reason": self.reason,
            "levels": list(self.levels),
            "notes": list(self.notes),
            "frameSizeInBytes": self.frame_size_in_bytes,
            "bytesStored": self.bytes_stored,
            "bytesDecoded": self.bytes_decoded,
        }


@dataclass(frozen=True)
class Problem:
    """Something wrong with an image set or a folder that belongs to no single frame.

    Attributes
    ----------
    where : str
        Which image set, folder or file.
    message : str
        What is wrong.
    """

    where: str
    message: str

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"where": self.where, "message": self.message}


@dataclass
class VerificationReport:
    """Verdicts on all frames of one or more image sets.

    Attributes
    ----------
    frames : list of FrameReport
        One for each listed frame, in order.
    problems : list of Problem
        Damaged metadata, files that no metadata lists, image sets that are gone, sets without a frame.
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
        """How many frames have this status.

        Parameters
        ----------
        status : str
            One of "verified", "mismatch", "missing", "unreadable", "not verifiable".

        Returns
        -------
        int
        """
        return sum(frame.status == status for frame in self.frames)

    def extend(self, other: VerificationReport) -> None:
        """Add what another verification found.

        Parameters
        ----------
        other : VerificationReport
            Of other frames; it is not changed.
        """
        self.frames += other.frames
        self.problems += other.problems
        self.image_sets += other.image_sets

    def summary(self) -> str:
        """The result in one line."""
        levels = sum(level["ok"] for frame in self.frames for level in frame.levels)
        others = [f"{n} {status}" for status in STATUSES[1:] if (n := self.count(status))]
        return (
            f"{self.count('verified')} of {len(self.frames)} frames verified"
            + (f" ({', '.join(others)})" if others else "")
            + f" at {levels} levels in {self.image_sets} image sets, {len(self.problems)} other problems: "
            + ("OK" if self.ok else "FAILED")
        )

    def failures(self) -> list[list[str]]:
        """A table of what did not verify: frame, status, level, expected, actual, reason."""
        return [row for frame in self.frames if not frame.ok for row in _rows(frame)]

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "ok": self.ok,
            "imageSets": self.image_sets,
            "frames": len(self.frames),
            **{_camel(status): self.count(status) for status in STATUSES},
            "levels": sum(len(frame.levels) for frame in self.frames),
            "problems": [problem.to_dict() for problem in self.problems],
            "reports": [frame.to_dict() for frame in self.frames],
        }

    def to_json(self) -> str:
        """The whole report as one JSON document."""
        return json.dumps(self.to_dict(), indent=2)

    def __str__(self) -> str:
        """What did not verify, and the summary; a text for logs."""
        rows = ["  ".join(filter(None, row)) for row in self.failures()]
        problems = [f"{problem.where}  {problem.message}" for problem in self.problems]
        return "\n".join([*rows, *problems, self.summary()])


def _rows(frame: FrameReport) -> Iterable[list[str]]:
    name = f"{frame.image_set_id}/{frame.frame_id}"
    bad = [level for level in frame.levels if not level["ok"]]
    if not bad:
        yield [name, frame.status, "", "", "", frame.reason]
    for level in bad:
        size = f"{level['width']}x{level['height']}"
        actual = "" if level["actual"] is None else str(level["actual"])
        yield [name, frame.status, size, str(level["expected"]), actual, level["reason"] or frame.reason]


def _camel(status: str) -> str:
    first, *others = status.split()
    return first + "".join(map(str.title, others))
