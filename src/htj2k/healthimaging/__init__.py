"""AWS HealthImaging's documents and folders: image-set metadata, job output, verification.

The documents follow the HealthImaging developer guide and what the service really sends; nothing here needs
more than numpy, and nothing here talks to the network.
"""

from __future__ import annotations

from .layout import ImageSetFolder, find_image_sets
from .metadata import ImageFrame, ImageSetMetadata, Instance, MetadataError, read_metadata
from .verification import FolderReport, FrameReport, verify_folder

__all__ = [
    "FolderReport",
    "FrameReport",
    "ImageFrame",
    "ImageSetFolder",
    "ImageSetMetadata",
    "Instance",
    "MetadataError",
    "find_image_sets",
    "read_metadata",
    "verify_folder",
]
