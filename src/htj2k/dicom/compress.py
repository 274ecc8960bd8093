"""`compress`: a dataset to HTJ2K, with every attribute that this changes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pydicom
import pydicom.pixels.utils
from pydicom.multival import MultiValue
from pydicom.uid import ExplicitVRBigEndian, HTJ2KLosslessRPCL

from .errors import InvalidInstance, UnsupportedInstance
from .plugins import PLUGIN, register
from .reading import NATIVE_SYNTAXES, integer, text

_METHOD = "ISO_15444_15"  # Defined Term for HTJ2K, irreversible (DICOM PS3.3 C.7.6.1.1.5.1)


def compress(
    dataset: pydicom.Dataset,
    transfer_syntax_uid: str = HTJ2KLosslessRPCL,
    *,
    color_transform: bool = True,
    generate_instance_uid: bool = True,
    encapsulate_ext: bool = False,
    **options: Any,
) -> pydicom.Dataset:
    """Compress an uncompressed dataset in place, and set the attributes that describe it.

    As ``dataset.compress`` with the plugin that `register` adds (it is called), and on top of that:
    PhotometricInterpretation RGB becomes YBR_RCT or YBR_ICT, PlanarConfiguration 0, and what is lossy gets
    LossyImageCompression, LossyImageCompressionRatio and LossyImageCompressionMethod (DICOM PS3.5 8.2.14, PS3.3
    C.7.6.1.1.5).

    Parameters
    ----------
    dataset : pydicom.Dataset
        With its file meta information, in an uncompressed transfer syntax.
    transfer_syntax_uid : str
        1.2.840.10008.1.2.4.202 (the default), .201 or .203; only .203 may be lossy.
    color_transform : bool
        Apply the component transform to RGB, which compresses better.
    generate_instance_uid : bool
        Give the dataset a new SOPInstanceUID. What is lossy needs one.
    encapsulate_ext : bool
        Write an Extended Offset Table instead of the Basic Offset Table.
    **options
        Those of `htj2k.encode` that `register` lists.

    Returns
    -------
    pydicom.Dataset
        `dataset`. When it cannot be compressed it is left as it was.

    Raises
    ------
    InvalidInstance
        It is compressed already, or its attributes rule it out.
    RuntimeError, ValueError
        From pydicom, with the encoder's reason: a sample that does not fit BitsStored, for example.
    """
    byteorder = _byteorder(dataset)
    stored = integer(dataset, "BitsStored")
    high_bit = integer(dataset, "HighBit", default=stored - 1)
    if high_bit != stored - 1:
        raise UnsupportedInstance(
            f"HighBit is {high_bit}, not BitsStored - 1; samples must fill their lowest bits"
        )
    quality = (options.get("qstep"), options.get("qfactor"))
    is_lossy = options.get("reversible") is False or quality != (None, None)
    length = len(dataset.PixelData)
    register()
    with _color_label(dataset, color_transform, is_lossy):
        pydicom.pixels.utils.compress(
            dataset,
            transfer_syntax_uid,
            encoding_plugin=PLUGIN,
            encapsulate_ext=encapsulate_ext,
            generate_instance_uid=generate_instance_uid or is_lossy,
            byteorder=byteorder,
            **options,
        )
    if not encapsulate_ext:
        for keyword in ("ExtendedOffsetTable", "ExtendedOffsetTableLengths"):
            dataset.pop(keyword, None)
    if integer(dataset, "SamplesPerPixel", default=1) > 1:
        dataset.PlanarConfiguration = 0
    if is_lossy:
        _describe_loss(dataset, length / len(dataset.PixelData))
    return dataset


def _byteorder(dataset: pydicom.Dataset) -> str:
    syntax = getattr(dataset, "file_meta", {}).get("TransferSyntaxUID")
    if syntax not in NATIVE_SYNTAXES:
        raise InvalidInstance(f"TransferSyntaxUID is {syntax}; only an uncompressed dataset can be compressed")
    if syntax != ExplicitVRBigEndian:
        return "<"
    if dataset.BitsAllocated == 8 and dataset["PixelData"].VR == "OW":
        raise UnsupportedInstance("8-bit samples are stored in big-endian words; write it little-endian first")
    return ">"


@contextmanager
def _color_label(dataset: pydicom.Dataset, color_transform: bool, is_lossy: bool) -> Iterator[None]:
    """pydicom takes PhotometricInterpretation for that of the encoded frames."""
    label = text(dataset, "PhotometricInterpretation")
    if label == "RGB" and color_transform:
        dataset.PhotometricInterpretation = "YBR_ICT" if is_lossy else "YBR_RCT"
    try:
        yield
    except BaseException:
        dataset.PhotometricInterpretation = label
        raise


def _describe_loss(dataset: pydicom.Dataset, ratio: float) -> None:
    """A file that was lossy before keeps what it says of that, and gets one value more."""
    dataset.LossyImageCompression = "01"
    said = {"LossyImageCompressionRatio": f"{ratio:.2f}", "LossyImageCompressionMethod": _METHOD}
    for keyword, value in said.items():
        before = dataset.get(keyword) or []
        values = list(before) if isinstance(before, MultiValue | list) else [before]
        setattr(dataset, keyword, [*values, value])
