"""AWS HealthImaging's documents, stores and folders: image-set metadata, job output, verification.

The documents follow the HealthImaging developer guide and what the service really sends. Local folders need no
more than numpy; URLs need fsspec, and the service boto3: ``pip install "htj2k[healthimaging]"``.
"""

from __future__ import annotations

from .aws import HealthImagingStore
from .folder import verify_folder
from .journal import Journal
from .junit import junit_xml
from .layout import ImageSetFolder, find_image_sets
from .metadata import ImageFrame, ImageSetMetadata, Instance, MetadataError, read_metadata
from .report import FrameReport, Problem, VerificationReport
from .retry import Retry
from .stores import FrameStore
from .url_path import UrlPath
from .verification import verify_image_set
from .writing import encode_metadata

#: The name of `VerificationReport` when only folders could be verified.
FolderReport = VerificationReport

__all__ = [
    "FolderReport",
    "FrameReport",
    "FrameStore",
    "HealthImagingStore",
    "ImageFrame",
    "ImageSetFolder",
    "ImageSetMetadata",
    "Instance",
    "Journal",
    "MetadataError",
    "Problem",
    "Retry",
    "UrlPath",
    "VerificationReport",
    "encode_metadata",
    "find_image_sets",
    "junit_xml",
    "read_metadata",
    "verify_folder",
    "verify_image_set",
]
