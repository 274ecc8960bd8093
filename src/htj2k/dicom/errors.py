"""Why a DICOM file is refused."""

from __future__ import annotations

from htj2k.errors import HTJ2KError


class InvalidInstance(HTJ2KError):
    """A file cannot become part of an image set; the message names the attribute and what to do.

    Attributes
    ----------
    exception_type : str
        The ``exceptionType`` of ``failure.ndjson``.
    """

    exception_type = "ValidationException"


class UnreadableFile(InvalidInstance):
    """The operating system refuses to read the file."""

    exception_type = "AccessDeniedException"


class UnsupportedInstance(InvalidInstance):
    """Legal DICOM that is not imported (yet)."""

    exception_type = "UnsupportedInstanceException"


class DamagedInstance(InvalidInstance):
    """Bytes are missing, or are no DICOM."""

    exception_type = "InvalidDicomException"


class NotDicom(DamagedInstance):
    """A file of another kind: it has no DICOM prefix."""


class MediaDirectory(UnsupportedInstance):
    """A DICOMDIR, which lists the files of a medium."""


class LostInstance(InvalidInstance):
    """The process that decoded the file crashed, or made no progress in time; every other file goes on."""

    exception_type = "PixelDataDecodingException"
