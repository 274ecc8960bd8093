"""DICOM: P10 files become verified HTJ2K frames and image-set metadata; pydicom decodes and encodes HTJ2K.

Needs ``pip install "htj2k[dicom]"``.
"""

from __future__ import annotations

try:
    import pydicom as _pydicom  # noqa: F401
except ImportError as error:
    raise ImportError('htj2k.dicom needs pydicom; install it with: pip install "htj2k[dicom]"') from error

from .compress import compress
from .errors import InvalidInstance
from .frames import PixelLayout
from .ingest import JobReport, ingest
from .plugins import register, unregister
from .read import disagreements, iter_frames, read_frame
from .reading import read_dataset
from .syntaxes import transfer_syntax_uid

__all__ = [
    "InvalidInstance",
    "JobReport",
    "PixelLayout",
    "compress",
    "disagreements",
    "ingest",
    "iter_frames",
    "read_dataset",
    "read_frame",
    "register",
    "transfer_syntax_uid",
    "unregister",
]
