"""Verification of codestreams against the checksums that somebody recorded."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from numpy.typing import NDArray

from . import _arguments as arguments
from . import _core
from ._buffers import Buffer
from ._checksum import (
    Clamp,
    DecodedLevels,
    ResolutionChecksum,
    checksum_levels,
    other_clamp,
    to_checksum,
    to_integer,
)
from ._info import DEFAULT_MAX_PIXELS
from .errors import ChecksumMismatch, HTJ2KError

__all__ = ["LevelVerification", "Verification", "decode_verified", "verify"]

_NOTHING_EXPECTED = "nothing to verify: no checksums are expected"

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

    @property
    def is_empty(self) -> bool:
        return not self.records and self.full is None


def _parse_record(record: object) -> ResolutionChecksum:
    return record if isinstance(record, ResolutionChecksum) else ResolutionChecksum.from_dict(record)  # type: ignore[arg-type]


def _parse_records(records: object, name: str) -> tuple[ResolutionChecksum, ...]:
    if isinstance(records, (str, bytes, bytearray, Mapping)) or not isinstance(records, Iterable):
        raise TypeError(
            f"{name} is {reprlib.repr(records)}; expected a list of dicts with Width, Height and Checksum"
        )
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
        raise TypeError(
            f"expected is {reprlib.repr(expected)}; expected a checksum, a list of them, or an image frame's dict"
        )
    if isinstance(expected, Iterable):
        return ExpectedChecksums(_parse_records(expected, "expected"))
    return ExpectedChecksums(full=to_checksum(expected, "expected"))


@dataclass(frozen=True)
class Request:
    """How to decode: what does not depend on the clamp convention."""

    max_pixels: int | None
    decode_each_level: bool = False
    wants_extremes: bool = False
    wants_pixels: bool = False
    out: NDArray[Any] | None = None


class Decoding:
    """All that a verification asks about the data. A subclass may have another process answer."""

    def sizes(self, data: Buffer) -> tuple[list[tuple[int, int]], list[int]]:
        """Width and height of the resolutions from base to full, and the bit depths that occur."""
        return _core.sizes(data)

    def levels(self, data: Buffer, first: int, last: int, clamp: Clamp, request: Request) -> DecodedLevels:
        """What `checksum_levels` returns."""
        return checksum_levels(data, first, last, clamp=clamp, **vars(request))


_IN_THIS_PROCESS = Decoding()


class _Frame:
    """A codestream that is decoded once, in each clamp convention, for all the resolutions that are wanted."""

    def __init__(self, data: Buffer, request: Request, decoding: Decoding = _IN_THIS_PROCESS) -> None:
        self._data = data
        self._request = request
        self._decoding = decoding
        self.sizes, bit_depths = decoding.sizes(data)
        # Of several resolutions of one size (only 1x1 can repeat, with equal pixels) the last one is taken.
        self.reduces = {size: len(self.sizes) - 1 - r for r, size in enumerate(self.sizes)}
        self.full_size = self.sizes[-1]
        self.clamps_differ = any(bits not in (8, 16, 32) for bits in bit_depths)
        self.wanted: set[int] = set()
        self._decoded: dict[Clamp, DecodedLevels] = {}

    def size_of(self, reduce: int) -> tuple[int, int]:
        if reduce >= len(self.sizes):
            raise ValueError(f"reduce is {reduce}; this codestream has {len(self.sizes) - 1} decomposition levels")
        return self.sizes[-1 - reduce]

    def want(self, records: Iterable[ResolutionChecksum]) -> None:
        self.wanted.update(self.reduces[size] for r in records if (size := (r.width, r.height)) in self.reduces)

    def checksum(self, reduce: int, clamp: Clamp) -> int:
        return self.decoded(clamp).levels[reduce].checksum

    def keep(self, clamp: Clamp, decoded: DecodedLevels) -> None:
        self._decoded[clamp] = decoded

    def decoded(self, clamp: Clamp) -> DecodedLevels:
        if clamp not in self._decoded:
            first, last = min(self.wanted), max(self.wanted)
            self._decoded[clamp] = self._decoding.levels(self._data, first, last, clamp, self._request)
        return self._decoded[clamp]


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


def _name_other_convention(frame: _Frame, level: LevelVerification) -> LevelVerification:
    if level.ok or level.clamp is None:
        return level
    other = other_clamp(level.clamp)
    if frame.checksum(frame.reduces[level.width, level.height], other) != level.expected:
        return level
    return replace(level, reason=f"{level.reason}, which it has when clamped to the {other}")


def _verify_in_either_clamp(
    frame: _Frame, records: tuple[ResolutionChecksum, ...], clamp: Clamp | None
) -> list[LevelVerification]:
    """One convention for all levels, as one decoder made them: which matches more, precision in a tie."""
    levels = _verify_levels(frame, records, clamp or "precision")
    if not frame.clamps_differ or all(level.ok for level in levels):
        return levels
    if clamp is None:
        others = _verify_levels(frame, records, "container")
        if sum(level.ok for level in others) > sum(level.ok for level in levels):
            levels = others
    return [_name_other_convention(frame, level) for level in levels]


def _wrong_extremes(frame: _Frame, expected: ExpectedChecksums, clamp: Clamp) -> list[str]:
    extremes = frame.decoded(clamp).extremes if expected.extremes else None
    if extremes is None:
        return []
    actual = dict(zip(("MinPixelValue", "MaxPixelValue"), extremes, strict=True))
    return [
        f"{key} is {actual[key]}, expected {value}" for key, value in expected.extremes if actual[key] != value
    ]


def _records_of(frame: _Frame, expected: ExpectedChecksums) -> tuple[ResolutionChecksum, ...]:
    """What to compare; the frame learns what to decode for it."""
    records = expected.records
    if expected.full is not None:
        records = (ResolutionChecksum(*frame.full_size, expected.full),)
    frame.want(records)
    if expected.extremes:
        frame.wanted.add(0)
    return records


def _verdict(frame: _Frame, expected: ExpectedChecksums, clamp: Clamp | None) -> tuple[Verification, Clamp]:
    """The verdict and the clamp convention it speaks of."""
    records = _records_of(frame, expected)
    levels = _verify_in_either_clamp(frame, records, clamp)
    used = next((level.clamp for level in levels if level.clamp is not None), clamp or "precision")
    reasons = [level.reason for level in levels if level.reason is not None]
    reasons += _wrong_extremes(frame, expected, used)
    return Verification(not reasons, tuple(levels), "; ".join(reasons) or None), used


def verify(
    data: Buffer,
    expected: Expected,
    *,
    clamp: Clamp | None = None,
    max_pixels: int | None = DEFAULT_MAX_PIXELS,
    decode_each_level: bool = False,
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
    decode_each_level : bool
        By default the highest resolution that is asked for is decoded, and those below it are taken from that
        decode: the native engine (see `decode`) meets them on the way; where OpenJPH's engine decodes, they follow
        from the samples, of which the reversible transform (ITU-T T.800 Annex F) returns exactly the low-pass
        samples that they were made from, or are decoded each if the codestream is lossy or tiled. True decodes
        every resolution by itself, as a reader of a thumbnail does: slower, and it also puts the decoder's
        reduced-size paths to the test.

    Returns
    -------
    Verification
        Its `ok` is False, with a `reason`, when a checksum or an extreme differs, when an entry's size is no
        resolution of the codestream, when `expected` lists nothing, and when `data` cannot be decoded: so a
        batch has a verdict for every frame. When a level matches in the clamp convention that was not used,
        its reason says so. Call `Verification.raise_for_mismatch` to have an exception instead.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong; never for the sake of what `data` holds.

    Examples
    --------
    >>> pixels = np.arange(200, dtype=np.uint8).reshape(10, 20)
    >>> codestream = htj2k.encode(pixels)
    >>> htj2k.verify(codestream, htj2k.pixel_checksums(pixels)).ok
    True
    >>> htj2k.verify(codestream, 1234).ok
    False
    """
    return verify_by(_IN_THIS_PROCESS, data, expected, clamp, max_pixels, decode_each_level)


def verify_by(
    decoding: Decoding,
    data: Buffer,
    expected: Expected,
    clamp: Clamp | None,
    max_pixels: int | None,
    decode_each_level: bool,
) -> Verification:
    """Do what `verify` does, wherever the data are decoded."""
    most, each = checked_options(clamp, max_pixels, decode_each_level)
    parsed = parse_expected(expected)
    request = Request(most, each, bool(parsed.extremes))
    return PendingVerification(data, parsed, clamp, request, decoding).verdict()


def checked_options(
    clamp: Clamp | None, max_pixels: int | None, decode_each_level: bool = False
) -> tuple[int | None, bool]:
    """`max_pixels` and `decode_each_level`, when these and `clamp` are what `verify` takes."""
    if clamp is not None:
        arguments.clamps_to_container(clamp)
    return arguments.pixel_limit(max_pixels), arguments.boolean("decode_each_level", decode_each_level)


class PendingVerification:
    """A verification whose decoding may be done elsewhere, together with that of other frames."""

    def __init__(
        self,
        data: Buffer,
        expected: ExpectedChecksums,
        clamp: Clamp | None,
        request: Request,
        decoding: Decoding = _IN_THIS_PROCESS,
    ) -> None:
        self._expected = expected
        self._clamp = clamp
        self._frame: _Frame | None = None
        self._failure: Verification | None = None
        if expected.is_empty:
            self._failure = Verification(False, reason=_NOTHING_EXPECTED)
            return
        try:
            self._frame = _Frame(data, request, decoding)
        except HTJ2KError as error:
            self.fail(error)

    def resolutions(self) -> tuple[int, int] | None:
        """The first and last `reduce` to decode, or None when there is nothing to decode."""
        if self._frame is None:
            return None
        _records_of(self._frame, self._expected)
        wanted = self._frame.wanted
        return (min(wanted), max(wanted)) if wanted else None

    def use(self, clamp: Clamp, decoded: DecodedLevels) -> None:
        """Take what was decoded for `resolutions`."""
        assert self._frame is not None
        self._frame.keep(clamp, decoded)

    def fail(self, error: HTJ2KError) -> None:
        self._failure = Verification(False, reason=f"{type(error).__name__}: {error}", error=error)

    def verdict(self) -> Verification:
        if self._failure is None:
            assert self._frame is not None
            try:
                return _verdict(self._frame, self._expected, self._clamp)[0]
            except HTJ2KError as error:
                self.fail(error)
        assert self._failure is not None
        return self._failure


def decode_verified(
    data: Buffer,
    expected: Expected,
    *,
    reduce: int = 0,
    out: NDArray[Any] | None = None,
    clamp: Clamp | None = None,
    max_pixels: int | None = DEFAULT_MAX_PIXELS,
) -> NDArray[Any]:
    """Decode a codestream in one pass with the verification of its pixels: verified pixels, or none.

    Parameters
    ----------
    data, expected, clamp, max_pixels
        As in `verify`. There must be an expected checksum of the resolution that is decoded; those of the
        resolutions below it are verified too, and those above it, with the extremes of the full size, are left
        out.
    reduce, out
        As in `decode`. After a mismatch `out` is filled with zeros.

    Returns
    -------
    ndarray
        As `decode` returns it.

    Raises
    ------
    ChecksumMismatch
        If a checksum or an extreme differs, or there is none of this resolution.
    HTJ2KError
        If `data` cannot be decoded, as `decode` raises it.
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> pixels = np.arange(200, dtype=np.uint8).reshape(10, 20)
    >>> htj2k.decode_verified(htj2k.encode(pixels), htj2k.pixel_checksums(pixels)).shape
    (10, 20)
    """
    most, _ = checked_options(clamp, max_pixels)
    reduce = arguments.integer("reduce", reduce, 0, 32)
    parsed = parse_expected(expected)
    request = Request(most, wants_extremes=bool(parsed.extremes), wants_pixels=True, out=arguments.out_array(out))
    frame = _Frame(data, request)
    size = frame.size_of(reduce)
    relevant = _relevant(parsed, frame, reduce)
    frame.want(relevant.records)
    if relevant.full is None and reduce not in frame.wanted:
        raise ChecksumMismatch(f"no checksum of {size[0]}x{size[1]}, the size that is decoded, is expected")
    verdict, used = _verdict(frame, relevant, clamp)
    if not verdict.ok and out is not None:
        out[...] = 0
    verdict.raise_for_mismatch()
    pixels = frame.decoded(used).pixels
    assert pixels is not None
    return pixels


def _relevant(expected: ExpectedChecksums, frame: _Frame, reduce: int) -> ExpectedChecksums:
    """What is expected of a resolution and of those below it."""
    if reduce == 0:
        return expected
    above = {size for size, r in frame.reduces.items() if r < reduce}
    return ExpectedChecksums(tuple(r for r in expected.records if (r.width, r.height) not in above))
