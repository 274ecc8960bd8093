"""pytest plugin of htj2k: the fixture ``image_frame_verifier``.

A package of its own, because pytest imports its plugins in every run: inside of htj2k it would load numpy and
the codec into test suites that do not use them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from htj2k.testing import ImageFrameVerifier


@pytest.fixture
def image_frame_verifier(tmp_path: Path) -> ImageFrameVerifier:
    """Call it with a codestream and its expected checksums, the original ``pixels=``, or both.

    The test fails with what differs and where. A picture of the differing pixels is left in the test's
    temporary folder, and the message says where.
    """
    from htj2k.testing import ImageFrameVerifier

    return ImageFrameVerifier(tmp_path / "htj2k")
