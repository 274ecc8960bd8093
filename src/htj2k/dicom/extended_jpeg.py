"""JPEG Extended with 12 bits, which none of pydicom's plugins without the GPL decodes; imagecodecs does."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .encapsulated import FrameHeader
from .errors import DamagedInstance, UnsupportedInstance
from .layout import PixelLayout
from .syntaxes import JPEG_EXTENDED


def is_12_bit_jpeg(syntax: str, header: FrameHeader) -> bool:
    """Whether this frame needs `decode_12_bit`."""
    return syntax == JPEG_EXTENDED and header.precision > 8


def decode_12_bit(frame: bytes, layout: PixelLayout, index: int) -> NDArray[Any]:
    """Decode one frame with libjpeg-turbo's 12-bit mode."""
    if layout.samples != 1 or layout.signed:
        raise UnsupportedInstance("JPEG Extended with 12 bits is supported for one unsigned sample a pixel")
    try:
        import imagecodecs
    except ImportError as error:
        raise UnsupportedInstance(
            "JPEG Extended with 12 bits is decoded by imagecodecs, which is not installed: pip install imagecodecs"
        ) from error
    try:
        pixels = np.asarray(imagecodecs.jpeg8_decode(frame))
    except Exception as error:  # its own exception types are not public
        raise DamagedInstance(f"frame {index} of PixelData cannot be decoded: {error}") from error
    if pixels.shape != layout.shape:
        raise DamagedInstance(
            f"frame {index} of PixelData decodes to shape {pixels.shape} instead of {layout.shape}"
        )
    return pixels.astype(layout.dtype.newbyteorder("="), copy=False)
