"""Assertions about HTJ2K codestreams, for the test suites of whoever writes or stores them.

A failure says what differs and where, and can draw it. Nothing here needs a test framework; with pytest the
fixture ``image_frame_verifier`` is there as soon as htj2k is installed.
"""

from __future__ import annotations

from .assertions import assert_checksums, assert_lossless
from .verifier import ImageFrameVerifier

__all__ = ["ImageFrameVerifier", "assert_checksums", "assert_lossless"]
