"""The Image Pixel module of one instance: how its samples are stored, checked before any is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pydicom

from htj2k.healthimaging.metadata import IMAGE_KEYWORDS

from .errors import DamagedInstance, InvalidInstance, UnsupportedInstance
from .reading import integer, text
from .syntaxes import BIG_ENDIAN, NATIVE_SYNTAXES

_SAMPLES = {
    "MONOCHROME1": 1,
    "MONOCHROME2": 1,
    "PALETTE COLOR": 1,
    "RGB": 3,
    "YBR_FULL": 3,
    "YBR_FULL_422": 3,
}
# JPEG 2000's own transforms (PS3.3 C.7.6.3.1.2); decoding undoes them.
_UNDONE_BY_DECODING = {"YBR_RCT": 3, "YBR_ICT": 3}
_BITS_ALLOCATED = (1, 8, 16, 32)


@dataclass(frozen=True)
class PixelLayout:
    """How the samples of one instance lie in its PixelData.

    Attributes
    ----------
    rows, columns, samples, frames : int
        `samples` is DICOM's SamplesPerPixel.
    bits_allocated, bits_stored : int
        `bits_allocated` is 1, 8, 16 or 32. Samples of 1 bit are handed out as bytes of 0 and 1.
    high_bit : int
        HighBit; the stored bits need not be the lowest.
    signed, planar, big_endian, swap_words : bool
        `swap_words`: bytes written as 16 bit words in Big Endian order (OW), pairwise reversed.
    encapsulated : bool
        The frames are compressed.
    photometric : str
        PhotometricInterpretation.
    """

    rows: int
    columns: int
    samples: int
    frames: int
    bits_allocated: int
    bits_stored: int
    high_bit: int
    signed: bool
    planar: bool
    big_endian: bool
    swap_words: bool
    encapsulated: bool
    photometric: str

    @property
    def precision(self) -> int:
        """Bits of the container of a sample that is handed out, and of the frames that are encoded: 8 to 32."""
        return max(8, self.bits_allocated)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The sample that is handed out, in the file's byte order."""
        order = ">" if self.big_endian else "<"
        return np.dtype(f"{order}{'i' if self.signed else 'u'}{self.precision // 8}")

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one frame: ``(rows, columns)`` or ``(rows, columns, 3)``."""
        return (self.rows, self.columns) if self.samples == 1 else (self.rows, self.columns, self.samples)

    @property
    def is_422(self) -> bool:
        """Two pixels share their colour: four samples are stored for them. Decoders of JPEG share it out."""
        return self.photometric == "YBR_FULL_422" and not self.encapsulated

    @property
    def frame_bits(self) -> int:
        """Stored bits of one uncompressed frame; frames of 1 bit need not end at a byte."""
        samples = 2 if self.is_422 else self.samples
        return self.rows * self.columns * samples * self.bits_allocated

    @property
    def photometric_of_samples(self) -> str:
        """PhotometricInterpretation of the samples that are handed out."""
        if self.photometric in _UNDONE_BY_DECODING:
            return "RGB"
        return "YBR_FULL" if self.photometric == "YBR_FULL_422" else self.photometric


def color_transform_of(photometric: str) -> bool | None:
    """For the codec: RGB may use the component transform, which YBR_FULL already is."""
    return None if photometric == "RGB" else False


def has_pixels(dataset: pydicom.Dataset) -> bool:
    """Whether the instance has frames; reports, plans and presentation states have none.

    Raises
    ------
    InvalidInstance
        It describes an image, but the pixels are not there or are floating point numbers.
    """
    if "PixelData" in dataset:
        return True
    for keyword in ("FloatPixelData", "DoubleFloatPixelData"):
        if keyword in dataset:
            raise UnsupportedInstance(
                f"the pixels are floating point numbers ({keyword}), which lossless HTJ2K cannot hold. "
                "Keep this file as DICOM"
            )
    if all(keyword in dataset for keyword in IMAGE_KEYWORDS):
        raise DamagedInstance(
            "DICOM attribute PixelData does not exist, but Rows, Columns and BitsAllocated describe an "
            "image: the file is truncated or its pixels were removed"
        )
    return False


def pixel_layout(dataset: pydicom.Dataset) -> PixelLayout:
    """Read and check the attributes of the Image Pixel module.

    Raises
    ------
    InvalidInstance
        An attribute is missing, contradicts another one, or describes pixels that are not supported.
    """
    syntax = dataset.file_meta.TransferSyntaxUID
    samples = integer(dataset, "SamplesPerPixel")
    big_endian = syntax == BIG_ENDIAN
    encapsulated = syntax not in NATIVE_SYNTAXES
    allocated, stored, high_bit = _bits(dataset)
    layout = PixelLayout(
        rows=_positive(dataset, "Rows"),
        columns=_positive(dataset, "Columns"),
        samples=samples,
        frames=_positive(dataset, "NumberOfFrames", default=1),
        bits_allocated=allocated,
        bits_stored=stored,
        high_bit=high_bit,
        signed=_flag(dataset, "PixelRepresentation"),
        # Compressed frames know themselves how their colours lie.
        planar=samples > 1 and not encapsulated and _flag(dataset, "PlanarConfiguration"),
        big_endian=big_endian,
        swap_words=big_endian and allocated <= 8 and dataset["PixelData"].VR == "OW",
        encapsulated=encapsulated,
        photometric=text(dataset, "PhotometricInterpretation"),
    )
    _check_colour(layout)
    _check_single_bits(layout)
    return layout


def _check_colour(layout: PixelLayout) -> None:
    known = {**_SAMPLES, **(_UNDONE_BY_DECODING if layout.encapsulated else {})}
    expected = known.get(layout.photometric)
    if expected is None:
        raise UnsupportedInstance(
            f"PhotometricInterpretation {layout.photometric} is not supported for "
            f"{'' if layout.encapsulated else 'un'}compressed pixels; supported are {', '.join(known)}"
        )
    if layout.samples != expected:
        raise InvalidInstance(
            f"SamplesPerPixel is {layout.samples}, but PhotometricInterpretation {layout.photometric} "
            f"has {expected}"
        )
    if layout.is_422 and (layout.columns % 2 or layout.bits_allocated != 8 or layout.planar):
        raise UnsupportedInstance(
            "YBR_FULL_422 needs an even number of Columns, BitsAllocated 8 and PlanarConfiguration 0; "
            f"this file has Columns {layout.columns}, BitsAllocated {layout.bits_allocated}, "
            f"PlanarConfiguration {int(layout.planar)}"
        )


def _check_single_bits(layout: PixelLayout) -> None:
    if layout.bits_allocated == 1 and (layout.samples != 1 or layout.signed):
        raise InvalidInstance(
            f"BitsAllocated 1 with SamplesPerPixel {layout.samples} and PixelRepresentation {int(layout.signed)}: "
            "single bits have one unsigned sample"
        )


def _bits(dataset: pydicom.Dataset) -> tuple[int, int, int]:
    allocated = integer(dataset, "BitsAllocated")
    stored = integer(dataset, "BitsStored")
    high_bit = integer(dataset, "HighBit", default=max(stored - 1, 0))
    if allocated not in _BITS_ALLOCATED:
        raise UnsupportedInstance(f"BitsAllocated {allocated} is not supported; supported are 1, 8, 16 and 32")
    if not 1 <= stored <= allocated or not stored - 1 <= high_bit < allocated:
        raise InvalidInstance(
            f"BitsStored {stored} with HighBit {high_bit} does not fit into BitsAllocated {allocated}"
        )
    return allocated, stored, high_bit


def _positive(dataset: pydicom.Dataset, keyword: str, *, default: int | None = None) -> int:
    value = integer(dataset, keyword, default=default)
    if value < 1:
        raise InvalidInstance(f"DICOM attribute {keyword} is {value}; it must be at least 1")
    return value


def _flag(dataset: pydicom.Dataset, keyword: str) -> bool:
    value = integer(dataset, keyword)
    if value not in (0, 1):
        raise InvalidInstance(f"DICOM attribute {keyword} is {value}; it must be 0 or 1")
    return value == 1
