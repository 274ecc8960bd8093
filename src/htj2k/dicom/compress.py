"""`compress`: a dataset to HTJ2K, with every attribute that this changes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pydicom
import pydicom.pixels.utils
from numpy.typing import NDArray
from pydicom.multival import MultiValue
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import ExplicitVRBigEndian, HTJ2KLosslessRPCL

from .encoder_plugin import is_lossy
from .errors import InvalidInstance, UnsupportedInstance
from .plugins import PLUGIN, register
from .reading import integer, text
from .syntaxes import HTJ2K_SYNTAXES, NATIVE_SYNTAXES

_PAIRS = "YBR_FULL_422"  # two pixels share their colour, which HTJ2K frames may not (DICOM PS3.5 8.2.14)
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
    PhotometricInterpretation RGB becomes YBR_RCT or YBR_ICT and YBR_FULL_422 becomes YBR_FULL,
    PlanarConfiguration becomes 0, and what is lossy gets LossyImageCompression, LossyImageCompressionRatio and
    LossyImageCompressionMethod (DICOM PS3.5 8.2.14, PS3.3 C.7.6.1.1.5).

    Parameters
    ----------
    dataset : pydicom.Dataset
        With its file meta information, in an uncompressed transfer syntax. What was read from a big-endian file
        is compressed too, but pydicom does not write it to a file of another byte order.
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
    ValueError
        For another `transfer_syntax_uid`.
    RuntimeError, ValueError
        From pydicom, with the encoder's reason: a sample that does not fit BitsStored, for example.
    """
    _require_htj2k(transfer_syntax_uid)
    _require_native(dataset)
    stored = integer(dataset, "BitsStored")
    high_bit = integer(dataset, "HighBit", default=stored - 1)
    if high_bit != stored - 1:
        raise UnsupportedInstance(f"HighBit is {high_bit}, not BitsStored - 1: samples must be in the lowest bits")
    lossy = is_lossy(options)
    array, length = _array(dataset), len(dataset.PixelData)
    register()
    with _color_label(dataset, color_transform, lossy):
        pydicom.pixels.utils.compress(
            dataset,
            transfer_syntax_uid,
            array,
            encoding_plugin=PLUGIN,
            encapsulate_ext=encapsulate_ext,
            generate_instance_uid=generate_instance_uid or lossy,
            **options,
        )
    if not encapsulate_ext:
        for keyword in ("ExtendedOffsetTable", "ExtendedOffsetTableLengths"):
            dataset.pop(keyword, None)
    if integer(dataset, "SamplesPerPixel", default=1) > 1:
        dataset.PlanarConfiguration = 0
    if lossy:
        _describe_loss(dataset, length / len(dataset.PixelData))
    return dataset


def _require_htj2k(uid: str) -> None:
    if isinstance(uid, str) and uid not in HTJ2K_SYNTAXES:
        raise ValueError(f"transfer_syntax_uid is {uid!r:.99}, but HTJ2K has {', '.join(HTJ2K_SYNTAXES)}")


def _require_native(dataset: pydicom.Dataset) -> None:
    syntax = getattr(dataset, "file_meta", {}).get("TransferSyntaxUID")
    if syntax not in NATIVE_SYNTAXES:
        raise InvalidInstance(f"TransferSyntaxUID is {syntax}; only an uncompressed dataset can be compressed")


def _array(dataset: pydicom.Dataset) -> NDArray[Any] | None:
    """The samples, where the encoder cannot take PixelData as it is: big-endian words, and pixels in pairs."""
    syntax = dataset.file_meta.TransferSyntaxUID
    if syntax != ExplicitVRBigEndian and dataset.PhotometricInterpretation != _PAIRS:
        return None
    keep_all_bits: dict[str, Any] = {"correct_unused_bits": False}
    return get_decoder(syntax).as_array(dataset, raw=True, **keep_all_bits)[0]


@contextmanager
def _color_label(dataset: pydicom.Dataset, color_transform: bool, lossy: bool) -> Iterator[None]:
    """pydicom takes PhotometricInterpretation for that of the encoded frames."""
    label = text(dataset, "PhotometricInterpretation")
    if label == "RGB" and color_transform:
        dataset.PhotometricInterpretation = "YBR_ICT" if lossy else "YBR_RCT"
    elif label == _PAIRS:
        dataset.PhotometricInterpretation = "YBR_FULL"
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
