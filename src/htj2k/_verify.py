"""Verification of codestreams against the checksums that somebody recorded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from . import _arguments as arguments
from ._checksum import (
    Clamp,
    ResolutionChecksum,
    checksum_of_array,
    to_checksum,
    to_integer,
)
from ._decode import decode
from ._info import DEFAULT_MAX_PIXELS, read_info
from .errors import ChecksumMismatch, HTJ2KError

__all__ = ["LevelVerification", "Verification", "verify"]

# AWS HealthImaging's metadata has the first, its guide also spells the second.
CHECKSUM_KEYS = ("PixelDataChecksumFromBaseToFullResolution", "ImageDataChecksumFromBaseToFullResolution")

Expected = int | Iterable[Mapping[str, Any] | ResolutionChecksum] | Mapping[str, Any] | ResolutionChecksum


@dataclass(frozen=True)
class LevelVerification:
    """The verdict about one expected checksum.

    Attributes
    ----------
    width, height : int
        Size of the resolution in samples, as expected.
    expected : int
        The checksum that was recorded.
    actual : int or None
        The checksum of the decoded pixels; None when the codestream has no resolution of this size.
    ok : bool
        Whether both are equal.
    clamp : {"precision", "container"} or None
        How the decoded samples were clamped for `actual`.
    reason : str or None
        Why not `ok`.
    """

    width: int
    height: int
    expected: int
    actual: int | None
    ok: bool
    clamp: Clamp | None
    reason: str | None = None


@dataclass(frozen=True)
class Verification:
    """The verdict about one codestream. It is true in a condition exactly when `ok` is.

    Attributes
    ----------
    ok : bool
        Whether there was something to verify and all of it matched.
    levels : tuple of LevelVerification
        One for each expected checksum, in the order in which they were given.
    reason : str or None
        Why not `ok`, in one line.
    error : HTJ2KError or None
        What decoding raised, when the data could not be decoded.
    """

    ok: bool
    levels: tuple[LevelVerification, ...] = ()
    reason: str | None = None
    error: HTJ2KError | None = field(default=None, compare=False)

    def __bool__(self) -> bool:
        return self.ok

    def raise_for_mismatch(self) -> None:
        """Do nothing when `ok`.

        Raises
        ------
        ChecksumMismatch
            With `reason` when not `ok`, caused by `error` if there is one.
        """
        if not self.ok:
            raise ChecksumMismatch(self.reason) from self.error


@dataclass(frozen=True)
class ExpectedChecksums:
    """What the caller's `expected` means."""

    records: tuple[ResolutionChecksum, ...] = ()
    full: int | None = None  # a checksum without a size
    extremes: tuple[tuple[str, int], ...] = ()  # ("MinPixelValue", 451), ...


def _parse_record(record: object) -> ResolutionChecksum:
    return record if isinstance(record, ResolutionChecksum) else ResolutionChecksum.from_dict(record)  # type: ignore[arg-type]


def _parse_records(records: object, name: str) -> tuple[ResolutionChecksum, ...]:
    if isinstance(records, (str, bytes, bytearray, Mapping)) or not isinstance(records, Iterable):
        raise TypeError(f"{name} is {records!r}; expected a list of dicts with Width, Height and Checksum")
    return tuple(_parse_record(record) for record in records)


def _parse_image_frame(frame: Mapping[str, Any]) -> ExpectedChecksums:
    keys = [key for key in CHECKSUM_KEYS if key in frame]
    if not keys:
        raise ValueError(f"expected is a dict with neither of the keys {' and '.join(CHECKSUM_KEYS)}")
    records = [r for key in keys if frame[key] is not None for r in _parse_records(frame[key], key)]
    present = [key for key in ("MinPixelValue", "MaxPixelValue") if frame.get(key) is not None]
    return ExpectedChecksums(tuple(records), extremes=tuple((key, to_integer(frame[key], key)) for key in present))


def parse_expected(expected: object) -> ExpectedChecksums:
    if isinstance(expected, ResolutionChecksum):
        return ExpectedChecksums((expected,))
    if isinstance(expected, Mapping):
        if "Checksum" in expected:
            return ExpectedChecksums((ResolutionChecksum.from_dict(expected),))
        return _parse_image_frame(expected)
    if expected is None or isinstance(expected, (str, bytes, float)):
        raise TypeError(f"expected is {expected!r}; expected a checksum, a list of them, or an image frame's dict")
    if isinstance(expected, Iterable):
        return ExpectedChecksums(_parse_records(expected, "expected"))
    return ExpectedChecksums(full=to_checksum(expected, "expected"))


class _Frame:
    """A codestream whose resolutions are decoded once, when they are asked for."""

    def __init__(self, data: Any, max_pixels: int | None) -> None:
        self._data = data
        self._max_pixels = max_pixels
        info = read_info(data)
        # Of several resolutions of one size (only 1x1 can repeat, with equal pixels) the last one is taken.
        self.reduces = {(r.width, r.height): r.reduce for r in info.resolutions}
        self.full_size = (info.resolutions[-1].width, info.resolutions[-1].height)
        self.clamps_differ = any(c.bit_depth not in (8, 16, 32) for c in info.components)
        self._checksums: dict[tuple[int, Clamp], int] = {}
        self._extremes: dict[Clamp, tuple[int, int]] = {}

    def checksum(self, reduce: int, clamp: Clamp) -> int:
        if (reduce, clamp) not in self._checksums:
            self._decode(reduce, clamp)
        return self._checksums[reduce, clamp]

    def extremes(self, clamp: Clamp) -> tuple[int, int]:
        if clamp not in self._extremes:
            self._decode(0, clamp)
        return self._extremes[clamp]

    def _decode(self, reduce: int, clamp: Clamp) -> None:
        pixels = decode(self._data, reduce=reduce, clamp=clamp, max_pixels=self._max_pixels)
        self._checksums[reduce, clamp] = checksum_of_array(pixels)
        if reduce == 0:
            self._extremes[clamp] = (int(pixels.min()), int(pixels.max()))


def compare(record: ResolutionChecksum, actual: int, clamp: Clamp) -> LevelVerification:
    """The verdict about a resolution whose checksum is known."""
    size = (record.width, record.height)
    if actual == record.checksum:
        return LevelVerification(*size, record.checksum, actual, True, clamp)
    reason = f"{size[0]}x{size[1]} has checksum {actual}, expected {record.checksum}"
    return LevelVerification(*size, record.checksum, actual, False, clamp, reason)


def _verify_level(frame: _Frame, record: ResolutionChecksum, clamp: Clamp) -> LevelVerification:
    size = (record.width, record.height)
    if size not in frame.reduces:
        sizes = ", ".join(f"{width}x{height}" for width, height in frame.reduces)
        reason = f"{size[0]}x{size[1]} is no resolution of the codestream, which has {sizes}"
        return LevelVerification(*size, record.checksum, None, False, None, reason)
    return compare(record, frame.checksum(frame.reduces[size], clamp), clamp)


def _verify_levels(
    frame: _Frame, records: tuple[ResolutionChecksum, ...], clamp: Clamp
) -> list[LevelVerification]:
    return [_verify_level(frame, record, clamp) for record in records]


def _verify_in_either_clamp(frame: _Frame, records: tuple[ResolutionChecksum, ...]) -> list[LevelVerification]:
    """One convention for all levels, as one decoder made them: which matches more, precision in a tie."""
    levels = _verify_levels(frame, records, "precision")
    if frame.clamps_differ and not all(level.ok for level in levels):
        others = _verify_levels(frame, records, "container")
        if sum(level.ok for level in others) > sum(level.ok for level in levels):
            return others
    return levels


def _wrong_extremes(frame: _Frame, expected: ExpectedChecksums, clamp: Clamp) -> list[str]:
    if not expected.extremes:
        return []
    actual = dict(zip(("MinPixelValue", "MaxPixelValue"), frame.extremes(clamp), strict=True))
    return [
        f"{key} is {actual[key]}, expected {value}" for key, value in expected.extremes if actual[key] != value
    ]


def _verdict(frame: _Frame, expected: ExpectedChecksums, clamp: Clamp | None) -> Verification:
    records = expected.records
    if expected.full is not None:
        records = (ResolutionChecksum(*frame.full_size, expected.full),)
    levels = _verify_in_either_clamp(frame, records) if clamp is None else _verify_levels(frame, records, clamp)
    used = next((level.clamp for level in levels if level.clamp is not None), clamp or "precision")
    reasons = [level.reason for level in levels if level.reason is not None] + _wrong_extremes(
        frame, expected, used
    )
    return Verification(not reasons, tuple(levels), "; ".join(reasons) or None)


def verify(
    data: Any,
    expected: Expected,
    *,
    clamp: Literal["precision", "container"] | None = None,
    max_pixels: int | None = DEFAULT_MAX_PIXELS,
) -> Verification:
    """Decode a codestream and compare the checksum of each expected resolution.

    Parameters
    ----------
    data : bytes-like
        A J2C codestream, or a JPH or JP2 file with one.
    expected : int, list or dict
        The checksum of the full resolution; or a list of dicts with Width, Height and Checksum or of
        `ResolutionChecksum`; or a whole image frame of AWS HealthImaging's metadata, whose MinPixelValue and
        MaxPixelValue are compared too unless they are null. Checksums may be in their signed (negative) form.
        Entries are matched by width and height, in any order, and need not cover every resolution.
    clamp : {"precision", "container"}, optional
        What decoded samples are clamped to, as in `decode`. By default precision is tried first, then
        container, and `levels` tell which one it was.
    max_pixels : int or None
        As in `decode`.

    Returns
    -------
    Verification
        Its `ok` is False, with a `reason`, when a checksum or an extreme differs, when an entry's size is no
        resolution of the codestream, when `expected` lists nothing, and when `data` cannot be decoded: so a
        batch has a verdict for every frame. Call `Verification.raise_for_mismatch` to have an exception
        instead.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong; never for the sake of what `data` holds.
    """
    if clamp is not None:
        arguments.clamps_to_container(clamp)
    parsed = parse_expected(expected)
    if not parsed.records and parsed.full is None:
        return Verification(False, reason="nothing to verify: no checksums are expected")
    try:
        return _verdict(_Frame(data, max_pixels), parsed, clamp)
    except HTJ2KError as error:
        return Verification(False, reason=f"{type(error).__name__}: {error}", error=error)
