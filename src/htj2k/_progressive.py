"""Decoding a codestream while it is still arriving."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from . import _arguments as arguments
from . import _core
from ._buffers import Buffer
from ._checksum import Clamp, ResolutionChecksum, checksum_of_array
from ._decode import core_decode_options, log_messages
from ._info import DEFAULT_MAX_PIXELS, CodestreamInfo, read_info
from ._threads import thread_count
from ._verify import Expected, ExpectedChecksums, LevelVerification, compare, parse_expected
from .errors import HTJ2KError, LimitError, TruncatedError

DEFAULT_MAX_BYTES = 1 << 30


@dataclass(frozen=True)
class ProgressiveImage:
    """One resolution of an arriving codestream, whole.

    Attributes
    ----------
    resolution : int
        Counted from the base, which is 0.
    reduce : int
        Counted from the full size, which is 0.
    pixels : ndarray
        As :func:`decode` gives them at this `reduce`.
    verification : LevelVerification or None
        The verdict of the expected checksum of this size; None when none was given for it, so that nothing is
        verified.
    """

    resolution: int
    reduce: int
    pixels: NDArray[Any]
    verification: LevelVerification | None


class ProgressiveDecoder:
    """Takes a codestream in chunks of any size and gives each resolution as soon as its last byte is there.

    Each resolution is decoded once, strictly: every packet of it is whole. Where the native engine decodes the
    codestream (see :func:`decode`), this costs about as much as one decode of the full size: it keeps the
    coefficients of the last resolution, 2 to 8 bytes for each of its samples, and decodes only codeblocks of those
    above it. They are given up with the bytes of the codestream once this is whole.

    Parameters
    ----------
    expected : optional
        Checksums to verify against, in any form that :func:`verify` takes.
    latest_only : bool
        Decode only the highest of several resolutions that one chunk completes, as a viewer wants.
    clamp : {"precision", "container"}
        As in :func:`decode`.
    max_pixels : int or None
        As in :func:`decode`.
    max_bytes : int
        Most bytes of an incomplete codestream to keep; more raise LimitError.

    Raises
    ------
    TypeError, ValueError
        For arguments that are not of this form.

    Examples
    --------
    >>> decoder = ProgressiveDecoder()
    >>> for chunk in response:  # doctest: +SKIP
    ...     for image in decoder.feed(chunk):
    ...         show(image.pixels)
    >>> decoder.finish()  # doctest: +SKIP
    """

    def __init__(
        self,
        *,
        expected: Expected | None = None,
        latest_only: bool = False,
        clamp: Clamp = "precision",
        max_pixels: int | None = DEFAULT_MAX_PIXELS,
        max_bytes: int = DEFAULT_MAX_BYTES,
    ) -> None:
        self._expected = None if expected is None else parse_expected(expected)
        self._latest_only = bool(latest_only)
        self._clamp: Clamp = clamp
        self._max_pixels = max_pixels
        self._max_bytes = arguments.integer("max_bytes", max_bytes, 1, 2**63 - 1)
        self._data = bytearray()
        self._decoder = _core.ResolutionDecoder()
        self._info: CodestreamInfo | None = None
        self._complete = 0  # resolutions, from the base up
        self._look_again_at = 0
        self._is_whole = False
        self._failure: HTJ2KError | None = None

    @property
    def info(self) -> CodestreamInfo | None:
        """What the headers say, once the main header is there."""
        return self._info

    @property
    def resolutions_complete(self) -> int:
        """How many resolutions, from the base up, are whole."""
        return self._complete

    @property
    def complete(self) -> bool:
        """Whether the whole codestream has arrived; further bytes are ignored."""
        return self._is_whole

    @property
    def bytes_kept(self) -> int:
        """Bytes of the codestream held in memory."""
        return len(self._data)

    def feed(self, chunk: Buffer) -> list[ProgressiveImage]:
        """Take the next bytes.

        Parameters
        ----------
        chunk : buffer
            Any number of bytes, none included.

        Returns
        -------
        list of ProgressiveImage
            The resolutions that these bytes complete, base first.

        Raises
        ------
        HTJ2KError
            If the bytes so far are no codestream or a damaged one; the decoder stays in that state.
        LimitError
            If the image exceeds `max_pixels`, or the bytes `max_bytes`.
        """
        if self._failure is not None:
            raise self._failure
        if self._is_whole:
            return []
        try:
            return self._take(memoryview(chunk).cast("B"))  # type: ignore[arg-type]
        except HTJ2KError as e:
            self._failure = e
            raise

    def finish(self) -> None:
        """Say that nothing more comes.

        Raises
        ------
        TruncatedError
            If the codestream is not whole.
        """
        if self._failure is not None:
            raise self._failure
        if not self._is_whole:
            raise _cut(self._data, self._complete)

    def _take(self, chunk: memoryview) -> list[ProgressiveImage]:
        if len(self._data) + len(chunk) > self._max_bytes:
            raise LimitError(f"over max_bytes = {self._max_bytes} bytes arrived and the codestream has no end yet")
        self._data += chunk
        if len(self._data) < self._look_again_at:
            return []
        before = self._complete
        if not self._look():
            return []
        images = self._decode(before)
        if self._is_whole:
            self._data = bytearray()
        return images

    def _look(self) -> bool:
        """Update the state; True when something has become complete."""
        try:
            complete, needed, self._is_whole = _core.look_at(self._data, self._max_pixels)
        except TruncatedError as e:  # in the main header
            self._look_again_at = e.bytes_needed or 0
            return False
        if self._info is None or complete != self._complete:  # tiles may have fewer levels than the main header
            self._info = read_info(self._data)
        self._look_again_at = needed
        if complete == self._complete:
            return False
        self._complete = complete
        return True

    def _decode(self, before: int) -> list[ProgressiveImage]:
        first = self._complete - 1 if self._latest_only else before
        return [self._image(resolution) for resolution in range(first, self._complete)]

    def _image(self, resolution: int) -> ProgressiveImage:
        assert self._info is not None
        reduce = self._info.resolutions[resolution].reduce
        options = core_decode_options(reduce, self._clamp, self._max_pixels)
        pixels, messages = self._decoder.decode(self._data, *options, thread_count(None))
        log_messages(messages)
        return ProgressiveImage(resolution, reduce, pixels, self._verdict(pixels, reduce))

    def _verdict(self, pixels: NDArray[Any], reduce: int) -> LevelVerification | None:
        records = [] if self._expected is None else _records_for(self._expected, pixels, reduce)
        if not records:
            return None
        actual = checksum_of_array(pixels)
        verdicts = [compare(record, actual, self._clamp) for record in records]
        return next((verdict for verdict in verdicts if not verdict.ok), verdicts[0])


def _records_for(expected: ExpectedChecksums, pixels: NDArray[Any], reduce: int) -> list[ResolutionChecksum]:
    height, width = pixels.shape[:2]
    if expected.full is not None:
        return [ResolutionChecksum(width, height, expected.full)] if reduce == 0 else []
    return [record for record in expected.records if (record.width, record.height) == (width, height)]


def _cut(data: bytearray, complete: int) -> TruncatedError:
    error = TruncatedError(
        f"the codestream ended after {len(data)} bytes, with {complete} resolutions whole and more to come"
    )
    error.offset = error.bytes_present = len(data)
    error.resolutions_complete = complete
    return error
