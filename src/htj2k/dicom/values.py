"""DICOM values as HealthImaging's metadata writes them.

Texts and the numbers that DICOM writes as text (IS, DS) stay texts; binary numbers become numbers; bytes
become base64, always in little-endian order; empty values are null; an attribute that may have several values
is a list even when it has one; sequences are lists of objects. Keys are DICOM keywords, or eight hexadecimal
digits for what has none of its own (private attributes, repeating groups). The VR is kept for every key whose
VR the standard's dictionary does not tell."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pydicom
from pydicom.datadict import dictionary_has_tag, dictionary_keyword, dictionary_VM, dictionary_VR
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.tag import BaseTag

from .syntaxes import BIG_ENDIAN

_PIXEL_DATA = 0x7FE00010
_TRAILING_PADDING = 0xFFFCFFFC
# Bytes of these VRs are words, which a Big Endian file holds in the other order.
_WORD_SIZE = {"OW": 2, "OF": 4, "OL": 4, "OD": 8, "OV": 8}
_EMPTY_BYTES_ARE_TEXT = ("UN",)
_LEADING_SPACES_COUNT = ("LT", "ST", "UC", "UT")  # PS3.5 table 6.2-1


@dataclass
class Attributes:
    """One level's attributes: `values` for ``DICOM``, `vrs` for ``DICOMVRs``."""

    values: dict[str, Any] = field(default_factory=dict)
    vrs: dict[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Both, the second only where there is something to say."""
        return {"DICOM": self.values, **({"DICOMVRs": self.vrs} if self.vrs else {})}


def read_file_attributes(dataset: pydicom.Dataset) -> dict[str, tuple[Any, str]]:
    """Value and VR by key of all attributes of a dataset that was read, file meta information included."""
    big_endian = dataset.file_meta.TransferSyntaxUID == BIG_ENDIAN
    parts = ((dataset.file_meta, False), (dataset, big_endian))
    return {
        key: (value, vr)
        for part, is_swapped in parts
        for key, value, vr in read_attributes(part, big_endian=is_swapped)
    }


def read_attributes(
    dataset: pydicom.Dataset, *, big_endian: bool = False, is_item: bool = False
) -> Iterator[tuple[str, Any, str]]:
    """Key, JSON value and VR of every attribute; the VR is empty where the dictionary tells it.

    Group lengths and trailing padding are left out: they describe the file, not the instance. PixelData is null,
    but for an icon's in an item of a sequence.
    """
    for tag in sorted(dataset.keys()):
        if tag.element == 0 or tag == _TRAILING_PADDING:
            continue
        element = _element(dataset, tag)
        key, standard_vr = _key(tag)
        value = None if tag == _PIXEL_DATA and not is_item else _value(element, _may_be_many(tag), big_endian)
        yield key, value, "" if standard_vr == element.VR else element.VR


def _element(dataset: pydicom.Dataset, tag: BaseTag) -> DataElement:
    """The element; its bytes as UN when they do not fit the VR, so that nothing is lost."""
    raw = dataset.get_item(tag)
    try:
        return dataset[tag]
    except Exception:  # pydicom raises many types on damaged values
        content = raw.value if isinstance(raw, RawDataElement) else b""
        return DataElement(tag, "UN", content or b"", already_converted=True)


def _key(tag: BaseTag) -> tuple[str, str]:
    """The key and the dictionary's VR. One keyword stands for all groups of a repeating group: not for a key."""
    keyword = dictionary_keyword(tag) if dictionary_has_tag(tag) else ""
    return (keyword, dictionary_VR(tag)) if keyword else (f"{tag:08X}", "")


def _may_be_many(tag: BaseTag) -> bool:
    return dictionary_has_tag(tag) and dictionary_VM(tag) != "1"


def _value(element: DataElement, many: bool, big_endian: bool) -> Any:
    if element.VR == "SQ":
        return [_item(item, big_endian) for item in element.value]
    if isinstance(element.value, (bytes, bytearray)):
        return _binary(bytes(element.value), element.VR, big_endian)
    if element.VM == 0 or element.value is None or element.value == "":
        return None
    values = element.value if element.VM > 1 or isinstance(element.value, list) else [element.value]
    plain = [_plain(value, element.VR) for value in values]
    return plain if many or len(plain) > 1 else plain[0]


def _item(item: pydicom.Dataset, big_endian: bool) -> dict[str, Any]:
    """An item of a sequence; its own DICOMVRs lie beside its attributes."""
    attributes = Attributes()
    for key, value, vr in read_attributes(item, big_endian=big_endian, is_item=True):
        attributes.values[key] = value
        if vr:
            attributes.vrs[key] = vr
    return {**attributes.values, **({"DICOMVRs": attributes.vrs} if attributes.vrs else {})}


def _binary(content: bytes, vr: str, big_endian: bool) -> str | None:
    if not content:
        return "" if vr in _EMPTY_BYTES_ARE_TEXT else None
    size = _WORD_SIZE.get(vr, 1)
    if big_endian and size > 1 and len(content) % size == 0:
        content = np.frombuffer(content, f"u{size}").byteswap().tobytes()
    return base64.b64encode(content).decode("ascii")


def _plain(value: Any, vr: str) -> Any:
    if isinstance(value, BaseTag):  # before int, which a tag also is
        return f"{value:08X}"
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode("ascii")
    if hasattr(value, "original_string") or not isinstance(value, (int, float)):
        text = str(value).rstrip(" \0")
        return text if vr in _LEADING_SPACES_COUNT else text.lstrip(" \0")
    # JSON has no infinities.
    return value if isinstance(value, int) or math.isfinite(value) else str(value)
