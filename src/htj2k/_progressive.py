"""Decoding a codestream while it is still arriving."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from . import _arguments as arguments
from . import _core
from ._buffers import Buffer, contiguous_view
from ._checksum import Clamp, ResolutionChecksum, checksum_of_array
from ._decode import core_decode_options, log_messages
from ._info import DEFAULT_MAX_PIXELS, CodestreamInfo, read_info
from ._threads import thread_count
from ._verify import Expected, ExpectedChecksums, LevelVerification, compare, parse_expected
from .errors import HTJ2KError, LimitError, TruncatedError, UnsupportedError

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

    Samples of more than 28 bits decode at full size only: lower resolutions of them are left out.

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
        self._latest_only = arguments.boolean("latest_only", latest_only)
        _, self._to_container, self._max_pixels = core_decode_options(0, clamp, max_pixels)
        self._clamp: Clamp = clamp
        self._max_bytes = arguments.integer("max_bytes", max_bytes, 1, 2**63 - 1)
        self._data = bytearray()
        self._decoder = _core.ResolutionDecoder()
        self._info: CodestreamInfo | None = None
        self._arrived = 0  # resolutions, from the base up
        self._delivered = 0  # of these
        self._look_again_at = 0
        self._is_whole = False
        self._failure: Exception | None = None

    @property
    def info(self) -> CodestreamInfo | None:
        """What the headers say, once the main header is there."""
        return self._info

    @property
    def resolutions_complete(self) -> int:
        """How many resolutions, from the base up, are whole; those that a failed `feed` still owes not counted."""
        return self._delivered

    @property
    def complete(self) -> bool:
        """Whether the whole codestream has arrived and `feed` owes nothing of it; further bytes are ignored."""
        return self._is_whole and self._delivered == self._arrived

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
        TypeError, ValueError
            If `chunk` is no contiguous buffer; nothing is taken.
        MemoryError
            If memory runs out. What could not be decoded comes with the next call, for which ``b""`` is enough;
            when not even the bytes could be kept, the decoder stays in that state.
        """
        if self._failure is not None:
            raise self._failure
        view = contiguous_view(chunk)
        try:
            if not self._is_whole:
                self._take(view)
            return self._deliver()
        except HTJ2KError as e:
            self._failure = e
            raise

    def finish(self) -> None:
        """Say that nothing more comes.

        Raises
        ------
        TruncatedError
            If the codestream is not whole.
        HTJ2KError
            What `feed` raised, or that it failed otherwise and still owes a resolution.
        """
        if self._failure is not None:
            raise self._failure
        if not self._is_whole:
            raise _cut(self._data, self._delivered)
        if not self.complete:
            raise HTJ2KError(
                f"of {self._arrived} resolutions {self._delivered} were delivered before feed failed;"
                " feed(b'') gives the others"
            )

    def _take(self, chunk: memoryview) -> None:
        if len(self._data) + chunk.nbytes > self._max_bytes:
            raise LimitError(f"over max_bytes = {self._max_bytes} bytes arrived and the codestream has no end yet")
        try:
            self._data += chunk
        except Exception as e:  # what came next would follow a gap
            self._failure = e
            raise
        if self._data and len(self._data) >= self._look_again_at:
            self._look()

    def _look(self) -> None:
        """Update the state: all of it, or nothing if something fails."""
        try:
            arrived, needed, is_whole = _core.look_at(self._data, self._max_pixels)
        except TruncatedError as e:  # in the main header
            self._look_again_at = e.bytes_needed or 0
            return
        if self._info is None or arrived != self._arrived:  # tiles may have fewer levels than the main header
            self._info = read_info(self._data)
        self._arrived, self._look_again_at, self._is_whole = arrived, needed, is_whole

    def _deliver(self) -> list[ProgressiveImage]:
        """What has arrived and was not delivered; it counts as that only when all of it is decoded."""
        first = max(self._delivered, self._arrived - 1) if self._latest_only else self._delivered
        images = self._images(range(first, self._arrived))
        self._delivered = self._arrived
        if self._is_whole:
            self._data = bytearray()
        return images

    def _images(self, resolutions: range) -> list[ProgressiveImage]:
        if not resolutions:
            return []
        opened = _core.ArrivedBytes(self._data, self._reduce_of(resolutions[-1]), self._max_pixels)
        with closing(opened) as arrived:
            return [image for r in resolutions if (image := self._image(arrived, r)) is not None]

    def _reduce_of(self, resolution: int) -> int:
        assert self._info is not None
        return self._info.resolutions[resolution].reduce

    def _image(self, arrived: _core.ArrivedBytes, resolution: int) -> ProgressiveImage | None:
        """None where only a higher resolution decodes."""
        reduce = self._reduce_of(resolution)
        try:
            pixels, messages = self._decoder.decode(arrived, reduce, self._to_container, thread_count(None))
        except UnsupportedError as e:
            if reduce == 0:
                raise
            log_messages([(False, f"resolution {resolution} is left out: {e}")])
            return None
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
