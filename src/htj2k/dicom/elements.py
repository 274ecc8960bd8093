"""Attributes as HealthImaging's metadata writes them back to a pydicom dataset: `values` the other way round."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any

import pydicom
from pydicom.config import IGNORE
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import DataElement, empty_value_for_VR
from pydicom.dataset import FileMetaDataset
from pydicom.tag import BaseTag, Tag

from .errors import InvalidInstance

_HEX_TAG = re.compile(r"[0-9A-F]{8}\Z", re.ASCII)
_BINARY = {"OB", "OD", "OF", "OL", "OV", "OW", "UN", "OB or OW"}
_WHOLE_NUMBERS = {"US", "SS", "UL", "SL", "UV", "SV", "US or SS", "US or OW", "US or SS or OW"}
_VRS_KEY = "DICOMVRs"
#: Who writes the file says these; pydicom does.
OF_THE_WRITER = {
    "FileMetaInformationGroupLength",
    "ImplementationClassUID",
    "ImplementationVersionName",
    "MediaStorageSOPClassUID",  # repeat the dataset's (PS3.10 7.1), which some sources get wrong
    "MediaStorageSOPInstanceUID",
}
_PIXEL_DATA = 0x7FE00010
_FIRST_ITEM = b"\xfe\xff\x00\xe0"


def dataset_from(attributes: Mapping[str, tuple[Any, str]]) -> pydicom.Dataset:
    """Build a dataset, with its file meta information, from what `read_file_attributes` found in one.

    PixelData is there, with its VR, but empty.

    Raises
    ------
    InvalidInstance
        A key is no attribute, or a value does not fit its VR.
    """
    dataset = pydicom.Dataset()
    dataset.file_meta = FileMetaDataset()
    for key, (value, vr) in attributes.items():
        if key not in OF_THE_WRITER:
            element = _element(key, value, vr)
            (dataset.file_meta if element.tag.group == 2 else dataset).add(element)
    return dataset


def _element(key: str, value: Any, vr: str) -> DataElement:
    tag = int(key, 16) if _HEX_TAG.match(key) else tag_for_keyword(key)
    if tag is None:
        raise InvalidInstance(f"the metadata have {key!r}, which is neither a DICOM keyword nor a tag")
    try:
        vr = vr or dictionary_VR(tag)
        element = _convertible(Tag(tag), vr, _value(value, vr))
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError) as error:
        # Not in the words of `error`: they repeat the value, which may be the patient's.
        kind = type(value).__name__
        raise InvalidInstance(f"the metadata's value of {key}, of type {kind}, does not fit VR {vr}") from error
    # An icon in a sequence may be compressed like the image.
    if tag == _PIXEL_DATA and (element.value or b"").startswith(_FIRST_ITEM):
        element.is_undefined_length = True
    return element


def _convertible(tag: BaseTag, vr: str, value: Any) -> DataElement:
    """An element; a text that should be a number and is none ("1.9.10.0") stays a text, as pydicom reads it."""
    try:
        return DataElement(tag, vr, value, validation_mode=IGNORE)
    except (ValueError, TypeError):
        if vr not in ("DS", "IS"):
            raise
        return DataElement(tag, vr, value, already_converted=True)


def _value(value: Any, vr: str) -> Any:
    if vr == "SQ":
        return [_item(item) for item in value or ()]
    if vr in _BINARY and value is not None:
        return base64.b64decode(value, validate=True)
    if value is None:
        return empty_value_for_VR(vr)
    return [_plain(part, vr) for part in value] if isinstance(value, list) else _plain(value, vr)


def _item(item: Mapping[str, Any]) -> pydicom.Dataset:
    dataset = pydicom.Dataset()
    vrs = item.get(_VRS_KEY) or {}
    for key, value in item.items():
        if key != _VRS_KEY:
            dataset.add(_element(key, value, vrs.get(key, "")))
    return dataset


def _plain(value: Any, vr: str) -> Any:
    if vr == "AT":
        return Tag(int(value, 16))
    if vr in ("FL", "FD"):
        return float(value)  # infinities are texts in JSON
    if vr in _WHOLE_NUMBERS:
        return int(value)
    if not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} instead of a text")
    return value
