"""The exceptions of htj2k. Wrong arguments raise ``ValueError`` or ``TypeError`` instead."""

from __future__ import annotations

__all__ = [
    "ChecksumMismatch",
    "CodestreamError",
    "HTJ2KError",
    "LimitError",
    "NotHTJ2KError",
    "SandboxUnavailable",
    "TruncatedError",
    "UnsupportedError",
    "WorkerLost",
]


class HTJ2KError(RuntimeError):
    """Base class of everything that htj2k raises about data.

    Attributes
    ----------
    frame_index : int or None
        Which frame of a batch it is about.
    """

    frame_index: int | None = None


class CodestreamError(HTJ2KError):
    """The bytes break the standard, or the library refused to decode them.

    Attributes
    ----------
    offset : int or None
        Where in the given bytes the fault was found, if known.
    """

    offset: int | None = None


class NotHTJ2KError(CodestreamError):
    """The bytes are not an HTJ2K codestream; the message says what they are."""


class TruncatedError(CodestreamError):
    """Bytes are missing.

    Attributes
    ----------
    bytes_present : int
        Length of the given data in bytes.
    bytes_needed : int or None
        Length that would have been enough, if it is known.
    resolutions_complete : int
        How many resolutions, counted from the base, are whole.
    """

    bytes_present: int = 0
    bytes_needed: int | None = None
    resolutions_complete: int = 0


class LimitError(HTJ2KError):
    """The data declare more than the caller allows; nothing was allocated."""

    offset: int | None = None


class UnsupportedError(HTJ2KError):
    """Legal data that this library does not handle; the message names the feature."""

    offset: int | None = None


class ChecksumMismatch(HTJ2KError):
    """Decoded pixels do not have the checksum that was expected."""


class WorkerLost(HTJ2KError):
    """The process that decoded the data crashed, was killed or took too long; the next call gets a new one.

    Attributes
    ----------
    signal : str or None
        Name of the signal that ended it, for example SIGSEGV. SIGSYS: it asked the kernel for something that
        decoding never needs, which is how an attack looks. None: it took too long, or ended by itself.
    """

    signal: str | None = None


class SandboxUnavailable(HTJ2KError):
    """This system cannot isolate the decoder as it was asked for; nothing was decoded."""
