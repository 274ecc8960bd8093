"""PixelData and the attributes that must agree with it, for the files that we write."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import pydicom
from numpy.typing import NDArray
from pydicom.encaps import encapsulate, encapsulate_extended

import htj2k

from .layout import PixelLayout, color_transform_of
from .native import pack_frames
from .syntaxes import LOSSY_SYNTAXES

_OFFSET_TABLES = ("ExtendedOffsetTable", "ExtendedOffsetTableLengths")
_MAX_BASIC_OFFSET = 2**32 - 1


def put_native(dataset: pydicom.Dataset, frames: Iterable[NDArray[Any]], layout: PixelLayout, syntax: str) -> None:
    """Uncompressed pixel data in Explicit VR Little Endian.

    `layout` is the source's and `syntax` its transfer syntax. What a decoder has shared out or transformed back
    keeps no trace of it; the rest is as it was, colour by plane and pairs of YBR_FULL_422 included."""
    if layout.encapsulated:
        dataset.PhotometricInterpretation = layout.photometric_of_samples
    if layout.samples > 1 and dataset.get("PlanarConfiguration") is None:
        dataset.PlanarConfiguration = 0
    written = replace(
        layout,
        photometric=str(dataset.PhotometricInterpretation),
        planar=layout.samples > 1 and dataset.PlanarConfiguration == 1,
        encapsulated=False,
        big_endian=False,
        swap_words=False,
    )
    vr = "OW" if layout.bits_allocated > 8 else dataset["PixelData"].VR
    dataset.add_new("PixelData", vr, pack_frames(iter(frames), written))
    _finish(dataset, syntax)


def put_htj2k(dataset: pydicom.Dataset, codestreams: Sequence[bytes], layout: PixelLayout, syntax: str) -> None:
    """Bare codestreams, one a fragment, with a table of their offsets."""
    info = htj2k.read_info(codestreams[0])
    dataset.PhotometricInterpretation = info.color_label or layout.photometric_of_samples
    if layout.samples > 1:
        dataset.PlanarConfiguration = 0
    _finish(dataset, syntax)
    if sum(len(codestream) + 9 for codestream in codestreams) > _MAX_BASIC_OFFSET:
        data, *tables = encapsulate_extended(list(codestreams))
        for keyword, table in zip(_OFFSET_TABLES, tables, strict=True):
            setattr(dataset, keyword, table)
    else:
        data = encapsulate(list(codestreams))
    dataset.add_new("PixelData", "OB", data)
    dataset["PixelData"].is_undefined_length = True


def _finish(dataset: pydicom.Dataset, syntax: str) -> None:
    for keyword in _OFFSET_TABLES:
        if keyword in dataset:
            delattr(dataset, keyword)
    # Once lossy, always marked so (PS3.3 C.7.6.1.1.5), also where the source left it to its transfer syntax.
    if syntax in LOSSY_SYNTAXES:
        dataset.LossyImageCompression = "01"


def encode_frame(pixels: NDArray[Any], layout: PixelLayout, photometric: str) -> bytes:
    """Lossless, with BitsStored as the codestream's precision, as DICOM wants it (PS3.5 8.2.4).

    Where samples have bits above it (an overlay), and in the rare cases where so few bits would not be
    lossless, the precision is the container's."""
    color_transform = color_transform_of(photometric)
    if layout.high_bit == layout.bits_stored - 1:
        try:
            return htj2k.encode(pixels, bits_stored=layout.bits_stored, color_transform=color_transform)
        except ValueError:
            pass
    return htj2k.encode(pixels, color_transform=color_transform)
