"""What a dataset says of its frames beside what their codestreams declare.

The codestream wins. Two's complement in a codestream of the other sign is read as the dataset says, as long as
only one reading is possible; what could be read either way is refused. Every disagreement can be told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray

import htj2k
from htj2k._buffers import Buffer
from htj2k._levels import level_size
from htj2k.errors import CodestreamError

from .reading import integer, text

Pixels = NDArray[Any]


@dataclass(frozen=True)
class ImagePixel:
    """The attributes of the Image Pixel module (DICOM PS3.3 C.7.6.3) that matter here.

    Attributes
    ----------
    rows, columns, samples : int
        `samples` is SamplesPerPixel.
    bits_allocated, bits_stored : int
        Container and depth of a sample.
    is_signed : bool
        PixelRepresentation.
    photometric : str
        PhotometricInterpretation.
    """

    rows: int
    columns: int
    samples: int
    bits_allocated: int
    bits_stored: int
    is_signed: bool
    photometric: str

    @classmethod
    def from_dataset(cls, dataset: pydicom.Dataset) -> ImagePixel:
        """Read the attributes; InvalidInstance when one is missing or no number."""
        return cls(
            rows=integer(dataset, "Rows"),
            columns=integer(dataset, "Columns"),
            samples=integer(dataset, "SamplesPerPixel", default=1),
            bits_allocated=integer(dataset, "BitsAllocated"),
            bits_stored=integer(dataset, "BitsStored"),
            is_signed=integer(dataset, "PixelRepresentation", default=0) == 1,
            photometric=text(dataset, "PhotometricInterpretation"),
        )

    @property
    def dtype(self) -> np.dtype[Any]:
        """The samples' type in pydicom's pixel_array: their container, signed as PixelRepresentation says."""
        return _dtype(self.is_signed, self.bits_allocated)

    def shape(self, reduce: int) -> tuple[int, ...]:
        """Of a frame's array."""
        sides = (level_size(self.rows, reduce), level_size(self.columns, reduce))
        return sides if self.samples == 1 else (*sides, self.samples)


@dataclass(frozen=True)
class Reading:
    """How to decode one frame.

    Attributes
    ----------
    dtype : numpy.dtype
        What `decode` returns.
    said : dict
        Arguments for `htj2k.decode`, if its samples are to be read in the other sign.
    sample_range : tuple of int or None
        Samples outside of it could be read in two ways.
    photometric : str
        PhotometricInterpretation of the decoded samples.
    disagreements : tuple of str
        Where dataset and codestream differ.
    """

    dtype: np.dtype[Any]
    said: dict[str, Any]
    sample_range: tuple[int, int] | None
    photometric: str
    disagreements: tuple[str, ...]


def plan_reading(info: htj2k.CodestreamInfo, image: ImagePixel, *, trust_codestream: bool = False) -> Reading:
    """Decide how a frame is decoded.

    Parameters
    ----------
    info : CodestreamInfo
        What the codestream declares.
    image : ImagePixel
        What the dataset says.
    trust_codestream : bool
        Ignore PixelRepresentation: the samples as the codestream declares them.

    Raises
    ------
    CodestreamError
        The codestream has another size or number of components, or more bits than the dataset has room for.
    """
    _check_shape(info, image)
    widest = max(info.components, key=lambda component: component.bit_depth)
    bits, is_signed = widest.bit_depth, widest.is_signed
    if bits > max(image.bits_allocated, 8 * (image.bits_allocated == 1)):
        raise CodestreamError(
            f"BitsAllocated is {image.bits_allocated}, but the codestream has {bits}-bit samples"
        )
    said: dict[str, Any] = {}
    sample_range = None
    if not trust_codestream and any(c.is_signed != image.is_signed for c in info.components):
        is_signed = image.is_signed
        if bits < image.bits_stored:
            # Without the highest bit a sample has the same value in both readings.
            sample_range, is_signed = (0, 2 ** (bits - 1) - 1), widest.is_signed
        else:
            said = {"bits_stored": bits, "is_signed": is_signed}
            sample_range = None if bits == image.bits_stored else _range(image)
    return Reading(
        _dtype(is_signed, bits),
        said,
        sample_range,
        _decoded_color(info, image),
        tuple(_disagreements(info, image)),
    )


def decode_frame(data: Buffer, reading: Reading, **options: Any) -> Pixels:
    """Decode a frame as planned; `options` are those of `htj2k.decode`."""
    pixels = htj2k.decode(data, **reading.said, **options)
    check_range(pixels, reading)
    return pixels


def check_range(pixels: Pixels, reading: Reading) -> None:
    """Refuse samples that could be read in two ways."""
    if reading.sample_range is None:
        return
    low, high = reading.sample_range
    least, most = int(pixels.min()), int(pixels.max())
    if least < low or most > high:
        raise CodestreamError(
            f"the samples can be read in two ways: {'; '.join(reading.disagreements)}; and they reach from "
            f"{least} to {most}, where only {low} to {high} would mean the same in both. Correct the dataset's "
            "BitsStored or PixelRepresentation, or decode the codestream with htj2k.decode"
        )


def _check_shape(info: htj2k.CodestreamInfo, image: ImagePixel) -> None:
    declared = (info.height, info.width, len(info.components))
    if declared != (image.rows, image.columns, image.samples):
        raise CodestreamError(
            f"Rows {image.rows}, Columns {image.columns} and SamplesPerPixel {image.samples} do not fit the "
            f"codestream, which has {declared[0]} rows, {declared[1]} columns and {declared[2]} components"
        )


def _dtype(is_signed: bool, bits: int) -> np.dtype[Any]:
    return np.dtype(f"{'i' if is_signed else 'u'}{1 if bits <= 8 else 2 if bits <= 16 else 4}")


def _range(image: ImagePixel) -> tuple[int, int]:
    half: int = 2 ** (image.bits_stored - 1)
    return (-half, half - 1) if image.is_signed else (0, 2 * half - 1)


def _decoded_color(info: htj2k.CodestreamInfo, image: ImagePixel) -> str:
    """The decoder undoes the component transform whenever the codestream has one, whatever the label says."""
    if info.color_transform or image.photometric in ("YBR_RCT", "YBR_ICT"):
        return "RGB"
    return image.photometric


def _disagreements(info: htj2k.CodestreamInfo, image: ImagePixel) -> list[str]:
    depths = sorted({c.bit_depth for c in info.components})
    signs = sorted({c.is_signed for c in info.components})
    reasons = []
    if depths != [image.bits_stored]:
        bits = " and ".join(map(str, depths))
        reasons.append(f"BitsStored is {image.bits_stored}, but the codestream has {bits} bits")
    if signs != [image.is_signed]:
        words = " and ".join("signed" if sign else "unsigned" for sign in signs)
        reasons.append(f"PixelRepresentation is {int(image.is_signed)}, but the codestream has {words} samples")
    if info.container != "j2c":
        reasons.append(f"the frame is a {info.container.upper()} file; DICOM holds the bare codestream")
    reasons += [f"PhotometricInterpretation: {reason}" for reason in info.check_color_label(image.photometric)]
    return reasons
