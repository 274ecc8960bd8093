"""DICOM files made for tests, and the output of a job read back."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pydicom = pytest.importorskip("pydicom")

from pydicom.dataset import Dataset, FileMetaDataset  # noqa: E402
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian  # noqa: E402

UID_ROOT = "1.2.826.0.1.3680043.10.999."
CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"
_counter = iter(range(1, 10**9))


def new_uid() -> str:
    """A UID that no other test has."""
    return f"{UID_ROOT}{next(_counter)}"


def dataset(pixels: np.ndarray | None = None, *, syntax: str = ExplicitVRLittleEndian, **attributes: Any) -> Any:
    """An instance; `attributes` replace or add by keyword, None removes."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = syntax
    values = {
        "SOPClassUID": CT_IMAGE,
        "SOPInstanceUID": new_uid(),
        "StudyInstanceUID": UID_ROOT + "0.1",
        "SeriesInstanceUID": UID_ROOT + "0.2",
        "PatientName": "Test^Patient",
        "PatientID": "42",
        "Modality": "CT",
        **(_pixel_module(pixels, syntax) if pixels is not None else {}),
        **attributes,
    }
    for keyword, value in values.items():
        if value is not None:
            setattr(ds, keyword, value)
    if "PixelData" in ds:
        ds["PixelData"].VR = "OW" if ds.get("BitsAllocated") != 8 else "OB"
    return ds


def _pixel_module(pixels: np.ndarray, syntax: str) -> dict[str, Any]:
    colour = pixels.ndim > 2 and pixels.shape[-1] == 3
    frames = pixels.reshape(-1, *pixels.shape[-3 if colour else -2 :])
    order = ">" if syntax == ExplicitVRBigEndian else "<"
    content = frames.astype(frames.dtype.newbyteorder(order)).tobytes()
    return {
        "Rows": frames.shape[1],
        "Columns": frames.shape[2],
        "SamplesPerPixel": 3 if colour else 1,
        "PhotometricInterpretation": "RGB" if colour else "MONOCHROME2",
        "BitsAllocated": pixels.dtype.itemsize * 8,
        "BitsStored": pixels.dtype.itemsize * 8,
        "HighBit": pixels.dtype.itemsize * 8 - 1,
        "PixelRepresentation": int(pixels.dtype.kind == "i"),
        **({"PlanarConfiguration": 0} if colour else {}),
        **({"NumberOfFrames": str(len(frames))} if len(frames) > 1 else {}),
        "PixelData": content + b"\0" * (len(content) % 2),
    }


def write(path: Path, ds: Any) -> Path:
    """Write a P10 file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    ds.save_as(path, enforce_file_format=True)
    return path


def lines(output: Path, name: str) -> list[dict[str, Any]]:
    """success.ndjson or failure.ndjson of a job."""
    text = (output / name.upper() / f"{name}.ndjson").read_text("utf-8")
    return [json.loads(line) for line in text.splitlines()]


def failure(output: Path) -> dict[str, str]:
    """The exception of the only failure."""
    (line,) = lines(output, "failure")
    return line["exception"]


def documents(output: Path) -> list[dict[str, Any]]:
    """The metadata of every image set."""
    return [json.loads(gzip.decompress(path.read_bytes())) for path in sorted(output.glob("*/metadata.json.gz"))]


def instances(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The instances of the one series of a document."""
    ((_, series),) = document["Study"]["Series"].items()
    return series["Instances"]
