"""The length limits that HealthImaging puts on elements at import ("DICOM element constraints")."""

from __future__ import annotations

import pydicom
from pydicom.datadict import tag_for_keyword
from pydicom.tag import Tag

from .errors import InvalidInstance

#: Keyword -> most characters. The guide says 64 for UIDs, which DICOM says too; the service takes up to 256.
MAX_CHARACTERS = {
    "PatientName": 256,
    "PatientID": 256,
    "PatientBirthDate": 18,
    "PatientSex": 16,
    "StudyInstanceUID": 256,
    "SeriesInstanceUID": 256,
    "SOPInstanceUID": 256,
    "StudyID": 16,
    "StudyDescription": 64,
    "AccessionNumber": 256,
    "StudyDate": 18,
    "StudyTime": 28,
}
#: Keyword -> largest value.
MAX_VALUE = {"NumberOfStudyRelatedSeries": 10000, "NumberOfStudyRelatedInstances": 10000}


def check_limits(values: dict[str, object]) -> None:
    """Refuse attribute values (keyword -> JSON value) that the service would refuse."""
    for keyword, limit in MAX_CHARACTERS.items():
        value = values.get(keyword)
        length = len(value) if isinstance(value, str) else 0
        if length > limit:
            raise InvalidInstance(
                f"DICOM attribute {_name(keyword)} has {length} characters; HealthImaging takes at most "
                f"{limit}. Shorten the value and import the file again"
            )
    for keyword, largest in MAX_VALUE.items():
        value = values.get(keyword)
        if isinstance(value, str) and value.lstrip("+-").isdigit() and not 0 <= int(value) <= largest:
            raise InvalidInstance(
                f"DICOM attribute {_name(keyword)} is {value}; HealthImaging takes 0 to {largest}"
            )


def _name(keyword: str) -> str:
    tag = Tag(tag_for_keyword(keyword) or 0)
    return f"{keyword} ({tag.group:04X},{tag.element:04X})"


def required_uid(dataset: pydicom.Dataset, values: dict[str, object], keyword: str) -> str:
    """A UID without which an instance has no place in an image set."""
    value = values.get(keyword)
    if isinstance(value, str) and value:
        return value
    problem = "has no value" if keyword in dataset else "does not exist"
    if value:
        problem = f"is {value!r}, not one UID"
    raise InvalidInstance(f"DICOM attribute {_name(keyword)} {problem}")
