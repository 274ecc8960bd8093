"""Fast HTJ2K (JPEG 2000 Part 15) codec with per-resolution pixel verification."""

from __future__ import annotations

import logging as _logging
from importlib.metadata import version as _version

from . import simd
from ._batch import decode_batch, encode_batch, iter_decode
from ._checksum import (
    ResolutionChecksum,
    codestream_checksums,
    crc32,
    crc32_combine,
    decode_with_checksum,
    pixel_checksums,
)
from ._decode import PartialImage, decode, decode_partial
from ._decode_components import decode_components
from ._decode_levels import decode_levels
from ._encode import encode
from ._encode_checksums import EncodedImage, encode_with_checksums
from ._info import (
    DEFAULT_MAX_PIXELS,
    CodestreamInfo,
    Comment,
    ComponentInfo,
    ResolutionInfo,
    TilePartInfo,
    extract_resolution,
    is_htj2k,
    read_info,
)
from ._progressive import ProgressiveDecoder, ProgressiveImage
from ._verify import LevelVerification, Verification, decode_verified, verify
from ._verify_batch import verify_batch
from .errors import (
    ChecksumMismatch,
    CodestreamError,
    HTJ2KError,
    LimitError,
    NotHTJ2KError,
    TruncatedError,
    UnsupportedError,
)

# Without a handler of its own a library's warnings would be printed by logging's last resort.
_logging.getLogger("htj2k").addHandler(_logging.NullHandler())

__version__ = _version("htj2k")

__all__ = [
    "DEFAULT_MAX_PIXELS",
    "ChecksumMismatch",
    "CodestreamError",
    "CodestreamInfo",
    "Comment",
    "ComponentInfo",
    "EncodedImage",
    "HTJ2KError",
    "LevelVerification",
    "LimitError",
    "NotHTJ2KError",
    "PartialImage",
    "ProgressiveDecoder",
    "ProgressiveImage",
    "ResolutionChecksum",
    "ResolutionInfo",
    "TilePartInfo",
    "TruncatedError",
    "UnsupportedError",
    "Verification",
    "codestream_checksums",
    "crc32",
    "crc32_combine",
    "decode",
    "decode_batch",
    "decode_components",
    "decode_levels",
    "decode_partial",
    "decode_verified",
    "decode_with_checksum",
    "encode",
    "encode_batch",
    "encode_with_checksums",
    "extract_resolution",
    "is_htj2k",
    "iter_decode",
    "pixel_checksums",
    "read_info",
    "simd",
    "verify",
    "verify_batch",
]
