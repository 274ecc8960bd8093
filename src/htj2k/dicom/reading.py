"""Reading one P10 file whole, and noticing when it is not whole.

pydicom stops silently where a file ends: an image cut before its pixel data would look like an instance
without pixels. So every element's length is held against the bytes that are there."""

from __future__ import annotations

import os
import zlib
from pathlib import Path
from typing import Any, BinaryIO

import pydicom
from pydicom.dataelem import RawDataElement
from pydicom.errors import InvalidDicomError
from pydicom.filereader import read_dataset as read_elements
from pydicom.filereader import read_file_meta_info, read_preamble
from pydicom.uid import UID

from .errors import (
    DamagedInstance,
    InvalidInstance,
    MediaDirectory,
    NotDicom,
    UnreadableFile,
    UnsupportedInstance,
)
from .syntaxes import DEFLATED, SYNTAXES

_DIRECTORY = "1.2.840.10008.1.3.10"
_UNDEFINED_LENGTH = 0xFFFFFFFF
#: A deflated dataset that becomes larger is refused instead of filling the memory.
MOST_INFLATED_BYTES = 2**30
_PIECE = 2**20


def read_dataset(path: str | os.PathLike[str]) -> pydicom.FileDataset:
    """Read a P10 file in one of the transfer syntaxes that are imported.

    Parameters
    ----------
    path : path-like
        The file.

    Returns
    -------
    pydicom.FileDataset

    Raises
    ------
    InvalidInstance
        The file cannot be read, is no P10 file, is truncated, or has a transfer syntax that is not imported.
    """
    try:
        require_small_when_inflated(path)
        dataset = pydicom.dcmread(path)
        _require_syntax(dataset)
        _require_whole(dataset, Path(path))
    except InvalidInstance:
        raise
    except InvalidDicomError as error:
        raise NotDicom(
            "not a DICOM P10 file: the prefix 'DICM' is missing at byte 128. "
            "Export it again as a DICOM file, or leave it out"
        ) from error
    except OSError as error:
        raise UnreadableFile(f"the file cannot be read: {error.strerror or error}") from error
    except zlib.error as error:
        raise DamagedInstance(f"the deflated dataset is damaged or truncated: {error}") from error
    except MemoryError:
        raise
    except Exception as error:  # pydicom raises many types on damaged files
        raise DamagedInstance(
            f"the DICOM structure is damaged ({error or type(error).__name__}). Export the file again"
        ) from error
    return dataset


def require_small_when_inflated(path: str | os.PathLike[str]) -> None:
    """Refuse a deflated dataset of which a few bytes become more than memory holds; pydicom inflates all at once.

    What is no P10 file passes: who reads it says why it is none."""
    with open(path, "rb") as file:
        if file.read(132)[128:] != b"DICM":
            return
        file.seek(0)
        read_preamble(file, force=False)
        meta = read_elements(file, False, True, stop_when=lambda tag, *_: tag.group != 2)
        if meta.get("TransferSyntaxUID") == DEFLATED and _inflated_size(file) > MOST_INFLATED_BYTES:
            raise UnsupportedInstance(f"the deflated dataset becomes larger than {MOST_INFLATED_BYTES} bytes")


def _inflated_size(file: BinaryIO) -> int:
    """How many bytes the rest of the file becomes, looked at no further than up to the limit."""
    inflater, size = zlib.decompressobj(-zlib.MAX_WBITS), 0
    while not inflater.eof and size <= MOST_INFLATED_BYTES:
        data = inflater.unconsumed_tail or file.read(_PIECE)
        piece = inflater.decompress(data, _PIECE)
        if not data and not piece:  # truncated
            break
        size += len(piece)
    return size


def peek_transfer_syntax(path: str | os.PathLike[str]) -> str:
    """The TransferSyntaxUID from the head of a file; empty where there is none. `read_dataset` says why."""
    try:
        return str(read_file_meta_info(path).get("TransferSyntaxUID", ""))
    except Exception:  # pydicom raises many types on damaged files
        return ""


def _require_syntax(dataset: pydicom.FileDataset) -> None:
    syntax = dataset.file_meta.get("TransferSyntaxUID") if hasattr(dataset, "file_meta") else None
    if not syntax:
        raise InvalidInstance("DICOM attribute TransferSyntaxUID does not exist")
    if dataset.file_meta.get("MediaStorageSOPClassUID") == _DIRECTORY:
        raise MediaDirectory("a DICOMDIR lists other files and holds no instance itself; leave it out")
    if syntax not in SYNTAXES:
        raise UnsupportedInstance(
            f"transfer syntax {UID(syntax).name} ({syntax}) is not imported; HealthImaging takes uncompressed "
            "files, JPEG, JPEG-LS, JPEG 2000, HTJ2K and RLE. Convert it first, for example with gdcmconv --raw"
        )


def _require_whole(dataset: pydicom.FileDataset, path: Path) -> None:
    end: int | None = 0  # of the last element, unless only pydicom knew it
    tags = list(dataset.keys())  # iterating the dataset itself would parse every value
    for tag in tags:
        element = dataset.get_item(tag)
        if not isinstance(element, RawDataElement) or element.length == _UNDEFINED_LENGTH:
            end = None
            continue
        present = len(element.value or b"")
        if present != element.length:
            raise DamagedInstance(
                f"the file is truncated in element {tag}: {element.length} bytes announced, {present} there. "
                "Copy or export the file again"
            )
        end = element.value_tell + element.length
    _require_no_rest(dataset, path, end)


def _require_no_rest(dataset: pydicom.FileDataset, path: Path, end: int | None) -> None:
    """Refuse a file that ends inside the header of an element, which pydicom takes for its end."""
    if dataset.file_meta.TransferSyntaxUID == DEFLATED or end is None:
        return
    size = path.stat().st_size
    if end < size:
        raise DamagedInstance(
            f"the file ends inside an element: the last whole one ends at byte {end} of {size}. "
            "Copy or export the file again"
        )


def integer(dataset: pydicom.Dataset, keyword: str, *, default: int | None = None) -> int:
    """The value of an attribute that must be one whole number."""
    value = _value(dataset, keyword)
    if value is None or value == "":
        if default is not None:
            return default
        problem = "has no value" if keyword in dataset else "does not exist"
        raise InvalidInstance(f"DICOM attribute {keyword} {problem}")
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        raise InvalidInstance(f"DICOM attribute {keyword} is {value!r}, not one whole number") from None
    return number


def text(dataset: pydicom.Dataset, keyword: str) -> str:
    """The value of an attribute that must be one text."""
    value = _value(dataset, keyword)
    if value is None or value == "":
        problem = "has no value" if keyword in dataset else "does not exist"
        raise InvalidInstance(f"DICOM attribute {keyword} {problem}")
    if not isinstance(value, str):
        raise InvalidInstance(f"DICOM attribute {keyword} is {value!r}, not one text")
    return str(value).strip()


def _value(dataset: pydicom.Dataset, keyword: str) -> Any:
    try:
        return dataset.get(keyword)
    except Exception as error:  # a value that pydicom cannot convert
        raise InvalidInstance(f"DICOM attribute {keyword} cannot be read: {error}") from error
