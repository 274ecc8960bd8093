"""HTJ2K instances made for tests: codestreams in items, with every way to write these."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from pydicom.encaps import encapsulate, encapsulate_extended
from pydicom.uid import HTJ2KLosslessRPCL

import htj2k
from dicom_files import dataset

ITEM = b"\xfe\xff\x00\xe0"


def item(value: bytes) -> bytes:
    return ITEM + len(value).to_bytes(4, "little") + value


def items(fragments: list[bytes], table: list[int] | None = None) -> bytes:
    """A Basic Offset Table and fragments, as they are given."""
    offsets = b"".join(offset.to_bytes(4, "little") for offset in table or [])
    return item(offsets) + b"".join(map(item, fragments)) + b"\xfe\xff\xdd\xe0" + bytes(4)


def htj2k_dataset(pixels: np.ndarray, codestreams: list[bytes] | bytes | None = None, **attributes: Any) -> Any:
    """An instance described as `pixels` are; `codestreams` (default: those of `pixels`), or PixelData as bytes."""
    color = pixels.ndim > 2 and pixels.shape[-1] == 3
    frames = pixels.reshape(-1, *pixels.shape[-3 if color else -2 :])
    if codestreams is None:
        codestreams = [htj2k.encode(frame) for frame in frames]
    extended = attributes.pop("extended", False)
    values = {
        "syntax": HTJ2KLosslessRPCL,
        **({"PhotometricInterpretation": "YBR_RCT"} if color else {}),
        **attributes,
    }
    ds = dataset(pixels, **values)
    if isinstance(codestreams, bytes):
        ds.PixelData = codestreams
    elif extended:
        ds.PixelData, ds.ExtendedOffsetTable, ds.ExtendedOffsetTableLengths = encapsulate_extended(codestreams)
    else:
        ds.PixelData = encapsulate(codestreams)
    ds["PixelData"].VR = "OB"
    ds["PixelData"].is_undefined_length = True
    return ds


def reread(ds: Any) -> Any:
    """The dataset as it comes back from a file."""
    import pydicom

    file = io.BytesIO()
    ds.save_as(file, enforce_file_format=True)
    file.seek(0)
    return pydicom.dcmread(file)
