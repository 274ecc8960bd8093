"""One dataset as the documents of its image set: patient, study and series once, the instance for itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pydicom

from htj2k.healthimaging.ids import content_id
from htj2k.healthimaging.writing import canonical_json

from .levels import LEVEL_OF
from .limits import check_limits, required_uid
from .values import Attributes, read_file_attributes

_SHARED_LEVELS = ("Patient", "Study", "Series")


@dataclass(frozen=True)
class Description:
    """The metadata of one instance, without its frames.

    Attributes
    ----------
    shared : dict
        ``Patient``, ``Study`` and ``Series``, each with ``DICOM`` and perhaps ``DICOMVRs``.
    instance : dict
        ``DICOM`` and perhaps ``DICOMVRs`` of the instance.
    group : str
        Equal for the instances that belong into one image set: one series, equal values on the shared levels.
    """

    shared: dict[str, dict[str, Any]]
    instance: dict[str, Any]
    group: str
    series_instance_uid: str
    sop_instance_uid: str


def describe(dataset: pydicom.FileDataset) -> Description:
    """Sort the attributes of a dataset, file meta information included, to their levels.

    Raises
    ------
    InvalidInstance
        A UID is missing, or a value is longer than HealthImaging takes.
    """
    levels = {level: Attributes() for level in (*_SHARED_LEVELS, "Instance")}
    everything: dict[str, Any] = {}
    for key, (value, vr) in read_file_attributes(dataset).items():
        attributes = levels[LEVEL_OF.get(key, "Instance")]
        attributes.values[key] = everything[key] = value
        if vr:
            attributes.vrs[key] = vr
    check_limits(everything)
    required_uid(dataset, everything, "StudyInstanceUID")
    shared = {level: levels[level].to_dict() for level in _SHARED_LEVELS}
    return Description(
        shared=shared,
        instance=levels["Instance"].to_dict(),
        group=content_id(canonical_json(shared)),
        series_instance_uid=required_uid(dataset, everything, "SeriesInstanceUID"),
        sop_instance_uid=required_uid(dataset, everything, "SOPInstanceUID"),
    )
