"""The frames of an instance as arrays of the samples that it holds, in any of the transfer syntaxes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pydicom
from numpy.typing import NDArray

import htj2k
from htj2k.errors import HTJ2KError

from .encapsulated import FrameHeader, compressed_frames
from .errors import DamagedInstance, InvalidInstance, UnsupportedInstance
from .foreign import foreign_frames
from .layout import PixelLayout, pixel_layout
from .native import frame_at, stored_bytes
from .syntaxes import HTJ2K_SYNTAXES, NATIVE_SYNTAXES


def original_frames(dataset: pydicom.FileDataset) -> Iterator[NDArray[Any]]:
    """The frames of an instance, in frame order, each decoded when it is asked for.

    Yields
    ------
    ndarray
        ``(rows, columns)`` or ``(rows, columns, 3)``; u1, i1, u2, i2, u4 or i4 as BitsAllocated and
        PixelRepresentation say, in native byte order. Single bits are bytes of 0 and 1. Colours are those of
        the frame: YBR_FULL stays so, YBR_FULL_422 becomes YBR_FULL, YBR_RCT and YBR_ICT become RGB.

    Raises
    ------
    InvalidInstance
        An attribute is wrong or contradicts the frame, or a frame is damaged.
    """
    yield from LabelledFrames(dataset, pixel_layout(dataset))


class LabelledFrames:
    """The frames of an instance, to be iterated once, and what their colours are found to be.

    Attributes
    ----------
    photometric : str
        PhotometricInterpretation of the samples of the frames so far, which need not be what the attribute says.
    """

    def __init__(
        self, dataset: pydicom.FileDataset, layout: PixelLayout, alive: Callable[[], None] | None = None
    ) -> None:
        self._frames = _labelled(dataset, layout)
        self._alive = alive or (lambda: None)
        self.photometric = layout.photometric_of_samples
        self._is_first = True

    def __iter__(self) -> Iterator[NDArray[Any]]:
        """Each frame, after `alive` was called."""
        for pixels, photometric in self._frames:
            self._alive()
            if not self._is_first and photometric != self.photometric:
                raise InvalidInstance(f"some frames are {self.photometric}, others {photometric}")
            self.photometric, self._is_first = photometric, False
            yield pixels


def _labelled(dataset: pydicom.FileDataset, layout: PixelLayout) -> Iterator[tuple[NDArray[Any], str]]:
    syntax = dataset.file_meta.TransferSyntaxUID
    if syntax not in NATIVE_SYNTAXES:
        yield from _htj2k_frames(dataset, layout) if syntax in HTJ2K_SYNTAXES else foreign_frames(dataset, layout)
        return
    data = stored_bytes(dataset, layout)
    for index in range(layout.frames):
        yield frame_at(data, layout, index), layout.photometric_of_samples


def _htj2k_frames(dataset: pydicom.FileDataset, layout: PixelLayout) -> Iterator[tuple[NDArray[Any], str]]:
    for index, (frame, header) in enumerate(compressed_frames(dataset, layout)):
        assert header is not None  # only RLE has none
        try:
            pixels = _decode(frame, header, layout)
        except HTJ2KError as error:
            raise DamagedInstance(f"frame {index} of PixelData cannot be decoded: {error}") from error
        yield pixels.astype(layout.dtype.newbyteorder("="), copy=False), layout.photometric_of_samples


def _decode(frame: bytes, header: FrameHeader, layout: PixelLayout) -> NDArray[Any]:
    """Decode with the depth of the codestream and the sign of the attributes."""
    try:
        return htj2k.decode(
            frame, expected_shape=layout.shape, bits_stored=header.precision, is_signed=layout.signed
        )
    except ValueError as error:
        raise UnsupportedInstance(
            f"PixelRepresentation is {int(layout.signed)}, which contradicts the codestream: {error}"
        ) from error
