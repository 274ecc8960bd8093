"""DICOM in and out: P10 files become verified image sets and these P10 files again; pydicom learns HTJ2K.

Needs ``pip install "htj2k[dicom]"``.
"""

from __future__ import annotations

try:
    import pydicom as _pydicom  # noqa: F401
except ImportError as error:
    raise ImportError('htj2k.dicom needs pydicom; install it with: pip install "htj2k[dicom]"') from error

from .compress import compress
from .errors import InvalidInstance
from .export import ExportedInstance, ExportReport, build_instance, export
from .htj2k_syntax import transfer_syntax_uid
from .ingest import JobReport, ingest
from .layout import PixelLayout
from .plugins import register, unregister
from .read import disagreements, iter_frames, read_frame
from .reading import read_dataset
from .transcode import TranscodedFile, TranscodeReport, transcode

__all__ = [
    "ExportReport",
    "ExportedInstance",
    "InvalidInstance",
    "JobReport",
    "PixelLayout",
    "TranscodeReport",
    "TranscodedFile",
    "build_instance",
    "compress",
    "disagreements",
    "export",
    "ingest",
    "iter_frames",
    "read_dataset",
    "read_frame",
    "register",
    "transcode",
    "transfer_syntax_uid",
    "unregister",
]
