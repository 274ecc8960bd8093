"""The object behind the pytest fixture `image_frame_verifier`."""

from __future__ import annotations

from pathlib import Path

from numpy.typing import ArrayLike

from htj2k._buffers import Buffer
from htj2k._verify import Expected

from .assertions import assert_checksums, assert_lossless


class ImageFrameVerifier:
    """Asserts for one image frame after the other; pictures of what differs go to a folder.

    Parameters
    ----------
    folder : Path
        Where pictures are written, made when the first one is.

    Attributes
    ----------
    verified : int
        How many frames passed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen = 0
        self.verified = 0

    def __call__(
        self, codestream: Buffer, expected: Expected | None = None, *, pixels: ArrayLike | None = None
    ) -> None:
        """Assert that a frame has the expected checksums, or is lossless, or both.

        Parameters
        ----------
        codestream : bytes-like
            The stored frame: a J2C codestream, or a JPH or JP2 file with one.
        expected : int, list or dict, optional
            Its checksums, as in `htj2k.verify`; AWS HealthImaging's image frame is one.
        pixels : array_like, optional
            The original image, as in `assert_lossless`.

        Raises
        ------
        AssertionError
            As `assert_lossless` and `assert_checksums` raise it.
        TypeError
            If there is nothing to compare with.
        """
        __tracebackhide__ = True
        if expected is None and pixels is None:
            raise TypeError("give the expected checksums, the original pixels, or both: nothing would be verified")
        self._seen += 1
        if pixels is not None:  # first, as it knows where the difference is
            assert_lossless(pixels, codestream, picture=self._folder / f"frame-{self._seen}.png")
        if expected is not None:
            assert_checksums(codestream, expected)
        self.verified += 1
