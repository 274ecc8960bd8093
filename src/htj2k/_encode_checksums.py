"""`encode_with_checksums`: what ingestion needs of a frame, from one read of its pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import ArrayLike

from . import _arguments as arguments
from . import _core
from ._checksum import Clamp, ResolutionChecksum
from ._encode import check_result, checked_options, core_options_of

__all__ = ["EncodedImage", "encode_with_checksums"]


@dataclass(frozen=True)
class EncodedImage:
    """An encoded image with what can be said of its pixels.

    Attributes
    ----------
    codestream : bytes
        As `encode` returns it.
    checksums : tuple of ResolutionChecksum
        From base to full, as `pixel_checksums` returns them.
    min_value, max_value : int
        The smallest and the largest sample.
    """

    codestream: bytes
    checksums: tuple[ResolutionChecksum, ...]
    min_value: int
    max_value: int


def encode_with_checksums(pixels: ArrayLike, *, clamp: Clamp = "precision", **encode_options: Any) -> EncodedImage:
    """Encode one image losslessly and checksum its pixels at every resolution, reading them once.

    The checksums come from the samples, through the transform of `pixel_checksums`, never from the codec: so
    that ``verify(result.codestream, result.checksums)`` checks the codec against them.

    Parameters
    ----------
    pixels : array_like
        As in `encode`.
    clamp : {"precision", "container"}
        As in `pixel_checksums`.
    **encode_options
        As in `encode`, with one tile and a reversible encoding. With `mask_unused_bits` the checksums are those
        of the masked samples.

    Returns
    -------
    EncodedImage

    Raises
    ------
    TypeError, ValueError, MemoryError, HTJ2KError
        As `encode` does; ValueError also for a lossy encoding and for one in several tiles, whose resolutions
        do not follow from the whole image's.

    Examples
    --------
    >>> encoded = htj2k.encode_with_checksums(np.arange(200, dtype=np.uint8).reshape(10, 20))
    >>> encoded.min_value, encoded.max_value
    (0, 199)
    >>> htj2k.verify(encoded.codestream, encoded.checksums).ok
    True
    """
    array, options = core_options_of(pixels, checked_options(encode_options))
    to_container = arguments.clamps_to_container(clamp)
    codestream, levels, low, high = _core.encode_with_checksums(array, options, to_container)
    check_result(array, options, codestream, bool(encode_options.get("verify", False)))
    return EncodedImage(codestream, tuple(ResolutionChecksum(*level) for level in levels), low, high)
