"""Frames in the compressed syntaxes that are not HTJ2K, decoded by pydicom's plugins.

These run code in C that can crash or hang on a damaged frame; jobs call this in processes of their own
(`workers`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.pixels.decoders.base import get_decoder

from .encapsulated import FrameHeader, compressed_frames
from .errors import DamagedInstance, InvalidInstance, UnsupportedInstance
from .extended_jpeg import decode_12_bit, is_12_bit_jpeg
from .layout import PixelLayout
from .syntaxes import FOREIGN_SYNTAXES, RLE


def foreign_frames(dataset: pydicom.FileDataset, layout: PixelLayout) -> Iterator[tuple[NDArray[Any], str]]:
    """Each decoded frame with the PhotometricInterpretation of its samples.

    Raises
    ------
    InvalidInstance
        No plugin for the syntax is installed, or a frame is damaged or contradicts the attributes.
    """
    syntax = dataset.file_meta.TransferSyntaxUID
    decoder = get_decoder(syntax)
    if not decoder.is_available:
        raise UnsupportedInstance(
            f"no decoder for {syntax.name} ({syntax}) is installed: pip install {FOREIGN_SYNTAXES[syntax]}"
        )
    if syntax == RLE and layout.bits_allocated == 1:
        raise UnsupportedInstance(
            "RLE with BitsAllocated 1 is not supported; decompress the file with another tool first"
        )
    buffers = decoder.iter_buffer(dataset, raw=True)
    are_12_bit = False
    for index, (frame, header) in enumerate(compressed_frames(dataset, layout)):
        is_12_bit = header is not None and is_12_bit_jpeg(syntax, header)
        if index and is_12_bit != are_12_bit:  # `buffers` would give a frame before this one
            raise InvalidInstance(f"frame {index} has samples of another precision than the frames before it")
        are_12_bit = is_12_bit
        if is_12_bit:
            yield decode_12_bit(frame, layout, index), layout.photometric_of_samples
            continue
        try:
            buffer, properties = next(buffers)
        except Warning:  # of pydicom, where the caller made them errors
            raise
        except Exception as error:  # plugins raise many types on damaged frames
            raise DamagedInstance(f"frame {index} of PixelData cannot be decoded: {error}") from error
        pixels = _samples(buffer, properties, header, layout, index)
        yield pixels, _label(str(properties["photometric_interpretation"]))


def _label(photometric: str) -> str:
    # pydicom names the colours as they were stored; the decoder has shared them out among the pixels.
    return "YBR_FULL" if photometric == "YBR_FULL_422" else photometric


def _samples(
    buffer: bytes | bytearray | memoryview,
    properties: dict[str, Any],
    header: FrameHeader | None,
    layout: PixelLayout,
    index: int,
) -> NDArray[Any]:
    flat = np.frombuffer(buffer, f"<u{max(8, int(properties['bits_allocated'])) // 8}")
    count = layout.rows * layout.columns * layout.samples
    if flat.size != count:
        raise DamagedInstance(f"frame {index} of PixelData decodes to {flat.size} samples instead of {count}")
    pixels = with_sign(flat, header, layout)
    if properties.get("planar_configuration") == 1 and layout.samples > 1:
        return np.moveaxis(pixels.reshape(layout.samples, layout.rows, layout.columns), 0, -1)
    return pixels.reshape(layout.shape)


def with_sign(flat: NDArray[Any], header: FrameHeader | None, layout: PixelLayout) -> NDArray[Any]:
    """Read the bits that the frame declares as PixelRepresentation says: JPEG and JPEG-LS know no sign.

    RLE is kept as stored, whatever lies above BitsStored, as in uncompressed files."""
    unused = 8 * flat.itemsize - (header.precision if header is not None else 8 * flat.itemsize)
    wide = flat.view(f"i{flat.itemsize}") if layout.signed else flat
    shifted = np.right_shift(np.left_shift(wide, unused), unused) if unused else wide
    return shifted.astype(layout.dtype.newbyteorder("="), copy=False)
