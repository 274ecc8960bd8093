"""DICOM in and out: P10 files become verified HTJ2K frames and image-set metadata, and these P10 files again.

Needs ``pip install "htj2k[dicom]"``.
"""

from __future__ import annotations

try:
    import pydicom as _pydicom  # noqa: F401
except ImportError as error:
    raise ImportError('htj2k.dicom needs pydicom; install it with: pip install "htj2k[dicom]"') from error

from .errors import InvalidInstance
from .export import ExportedInstance, ExportReport, build_instance, export
from .frames import iter_frames
from .ingest import JobReport, ingest
from .layout import PixelLayout
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
    "export",
    "ingest",
    "iter_frames",
    "read_dataset",
    "transcode",
]
