"""Native (uncompressed) pixel data as arrays of the samples that are stored.

The samples are taken as they lie in the file, in their container: no rescale, no colour conversion, no
masking of bits above BitsStored. That is what HealthImaging's checksums are over, and it keeps embedded
overlays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pydicom

from .errors import DamagedInstance, InvalidInstance, UnsupportedInstance
from .reading import integer, text

_SAMPLES = {
    "MONOCHROME1": 1,
    "MONOCHROME2": 1,
    "PALETTE COLOR": 1,
    "RGB": 3,
    "YBR_FULL": 3,
    "YBR_FULL_422": 3,
}
_BIG_ENDIAN = "1.2.840.10008.1.2.2"
_IMAGE_KEYWORDS = ("Rows", "Columns", "BitsAllocated", "PhotometricInterpretation")


@dataclass(frozen=True)
class PixelLayout:
    """How the samples of one instance lie in its PixelData.

    Attributes
    ----------
    rows, columns, samples, frames : int
        `samples` is DICOM's SamplesPerPixel.
    bits_allocated : int
        8 or 16: the container, which is also the precision that the frames are encoded with.
    signed, planar, big_endian, swap_words : bool
        `swap_words`: bytes written as 16 bit words in Big Endian order (OW), pairwise reversed.
    photometric : str
        PhotometricInterpretation.
    """

    rows: int
    columns: int
    samples: int
    frames: int
    bits_allocated: int
    signed: bool
    planar: bool
    big_endian: bool
    swap_words: bool
    photometric: str

    @property
    def dtype(self) -> np.dtype[Any]:
        """The stored sample, in the file's byte order."""
        order = ">" if self.big_endian else "<"
        return np.dtype(f"{order}{'i' if self.signed else 'u'}{self.bits_allocated // 8}")

    @property
    def is_422(self) -> bool:
        """Two pixels share their colour: four samples are stored for them."""
        return self.photometric == "YBR_FULL_422"

    @property
    def frame_length(self) -> int:
        """Stored bytes of one frame."""
        samples = 2 if self.is_422 else self.samples
        return self.rows * self.columns * samples * self.dtype.itemsize

    @property
    def color_transform(self) -> bool | None:
        """For the codec: RGB may use the reversible transform, YBR_FULL already is one."""
        return None if self.photometric == "RGB" else False


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
    if all(keyword in dataset for keyword in _IMAGE_KEYWORDS):
        raise DamagedInstance(
            "DICOM attribute PixelData does not exist, but Rows, Columns and BitsAllocated describe an "
            "image: the file is truncated or its pixels were removed"
        )
    return False


def pixel_layout(dataset: pydicom.FileDataset) -> PixelLayout:
    """Read and check the attributes of the Image Pixel module.

    Raises
    ------
    InvalidInstance
        An attribute is missing, contradicts another one, or describes pixels that are not supported.
    """
    photometric = text(dataset, "PhotometricInterpretation")
    samples = integer(dataset, "SamplesPerPixel")
    big_endian = dataset.file_meta.TransferSyntaxUID == _BIG_ENDIAN
    bits_allocated = _bits_allocated(dataset)
    layout = PixelLayout(
        rows=_positive(dataset, "Rows"),
        columns=_positive(dataset, "Columns"),
        samples=samples,
        frames=_positive(dataset, "NumberOfFrames", default=1),
        bits_allocated=bits_allocated,
        signed=_flag(dataset, "PixelRepresentation"),
        planar=samples > 1 and _flag(dataset, "PlanarConfiguration"),
        big_endian=big_endian,
        swap_words=big_endian and bits_allocated == 8 and dataset["PixelData"].VR == "OW",
        photometric=photometric,
    )
    _check_colour(layout)
    return layout


def _check_colour(layout: PixelLayout) -> None:
    expected = _SAMPLES.get(layout.photometric)
    if expected is None:
        raise UnsupportedInstance(
            f"PhotometricInterpretation {layout.photometric} is not supported for uncompressed pixels; "
            f"supported are {', '.join(_SAMPLES)}"
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


def _bits_allocated(dataset: pydicom.Dataset) -> int:
    allocated = integer(dataset, "BitsAllocated")
    stored = integer(dataset, "BitsStored")
    high_bit = integer(dataset, "HighBit", default=max(stored - 1, 0))
    if allocated not in (8, 16):
        raise UnsupportedInstance(f"BitsAllocated {allocated} is not supported yet; supported are 8 and 16")
    if not 1 <= stored <= allocated or not stored - 1 <= high_bit < allocated:
        raise InvalidInstance(
            f"BitsStored {stored} with HighBit {high_bit} does not fit into BitsAllocated {allocated}"
        )
    return allocated


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


def stored_bytes(dataset: pydicom.Dataset, layout: PixelLayout) -> memoryview:
    """PixelData without padding, its length held against what the attributes announce.

    Zeros behind the last frame are tolerated as padding, as long as they are fewer than one frame. Anything
    else means that an attribute is wrong, and reading on would show wrong pixels."""
    element = dataset["PixelData"]
    if element.is_undefined_length:
        raise InvalidInstance(
            "PixelData is encapsulated (compressed), but TransferSyntaxUID names an uncompressed syntax"
        )
    data = memoryview(element.value or b"")
    expected = layout.frame_length * layout.frames
    if len(data) < expected:
        raise DamagedInstance(f"PixelData has {len(data)} bytes, but {_formula(layout)}: the file is truncated")
    rest = data[expected:]
    if len(rest) > 1 and (len(rest) >= layout.frame_length or any(rest)):
        raise InvalidInstance(
            f"PixelData has {len(data)} bytes, but {_formula(layout)}: one of these attributes is wrong"
        )
    return data[:expected] if not layout.swap_words else _swapped(data, expected)


def _formula(layout: PixelLayout) -> str:
    samples = 2 if layout.is_422 else layout.samples
    expected = layout.frame_length * layout.frames
    return (
        f"Rows {layout.rows} x Columns {layout.columns} x {samples} samples x "
        f"{layout.bits_allocated // 8} bytes x {layout.frames} frame(s) make {expected}"
    )


def _swapped(data: memoryview, expected: int) -> memoryview:
    padded = np.frombuffer(bytes(data) + bytes(len(data) % 2), "u2")
    return memoryview(padded.byteswap().tobytes())[:expected]


def iter_frames(dataset: pydicom.FileDataset) -> Iterator[np.ndarray[Any, np.dtype[Any]]]:
    """The frames of an uncompressed instance, in frame order.

    Yields
    ------
    ndarray
        ``(rows, columns)`` or ``(rows, columns, 3)``; u1, i1, u2 or i2 in native byte order. YBR_FULL_422 is
        yielded as YBR_FULL, each colour sample given to both of its pixels.

    Raises
    ------
    InvalidInstance
        As `pixel_layout` and `stored_bytes`, before the first frame.
    """
    layout = pixel_layout(dataset)
    data = stored_bytes(dataset, layout)
    for index in range(layout.frames):
        yield frame_at(data, layout, index)


def frame_at(data: memoryview, layout: PixelLayout, index: int) -> np.ndarray[Any, np.dtype[Any]]:
    """One frame of the bytes that `stored_bytes` returned; a view of them where that is possible."""
    begin = index * layout.frame_length
    flat = np.frombuffer(data[begin : begin + layout.frame_length], layout.dtype)
    flat = flat.astype(layout.dtype.newbyteorder("="), copy=False)
    if layout.is_422:
        return _expand_422(flat, layout)
    if layout.samples == 1:
        return flat.reshape(layout.rows, layout.columns)
    if layout.planar:
        return np.moveaxis(flat.reshape(layout.samples, layout.rows, layout.columns), 0, -1)
    return flat.reshape(layout.rows, layout.columns, layout.samples)


def _expand_422(flat: np.ndarray[Any, np.dtype[Any]], layout: PixelLayout) -> np.ndarray[Any, np.dtype[Any]]:
    # PS3.3 C.7.6.3.1.2: Y1 Y2 CB CR for two pixels side by side.
    pairs = flat.reshape(layout.rows, layout.columns // 2, 4)
    pixels = np.empty((layout.rows, layout.columns // 2, 2, 3), flat.dtype)
    pixels[..., 0] = pairs[..., :2]
    pixels[..., 1] = pairs[..., 2:3]
    pixels[..., 2] = pairs[..., 3:4]
    return pixels.reshape(layout.rows, layout.columns, 3)
