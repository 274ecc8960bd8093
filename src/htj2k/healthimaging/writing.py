"""Writing image-set metadata without holding the instances of a large series in memory."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .files import durable_file
from .ids import LOCAL_DATASTORE_ID

SCHEMA_VERSION = "1.1"


def canonical_json(value: Any) -> str:
    """JSON text that is the same for equal values, ASCII, on one line."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def write_metadata(
    path: Path,
    *,
    image_set_id: str,
    levels: dict[str, dict[str, Any]],
    series_instance_uid: str,
    instances: Iterable[tuple[str, str]],
) -> None:
    """Write ``metadata.json.gz``.

    Parameters
    ----------
    path : Path
        A file that does not exist yet.
    image_set_id : str
        The ID of the image set.
    levels : dict
        ``Patient``, ``Study`` and ``Series``, each a dict with ``DICOM`` and, where needed, ``DICOMVRs``.
    series_instance_uid : str
        The one series of this image set.
    instances : iterable of (str, str)
        SOP instance UID and the JSON text of the instance.
    """
    # No name and no time in the gzip header: equal content gives equal files.
    with durable_file(path) as raw, gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as stream:
        head = {
            "SchemaVersion": SCHEMA_VERSION,
            "DatastoreID": LOCAL_DATASTORE_ID,
            "ImageSetID": image_set_id,
            "Patient": levels["Patient"],
        }
        for piece in _pieces(head, levels, series_instance_uid, instances):
            stream.write(piece.encode("ascii"))


def _pieces(
    head: dict[str, Any],
    levels: dict[str, dict[str, Any]],
    series_instance_uid: str,
    instances: Iterable[tuple[str, str]],
) -> Iterable[str]:
    yield _open_object(head) + '"Study":' + _open_object(levels["Study"])
    yield f'"Series":{{{json.dumps(series_instance_uid)}:' + _open_object(levels["Series"]) + '"Instances":{'
    for index, (sop_instance_uid, text) in enumerate(instances):
        yield ("," if index else "") + f"{json.dumps(sop_instance_uid)}:{text}"
    yield "}}}}}"  # Instances, the series, Series, Study, the document


def _open_object(value: dict[str, Any]) -> str:
    """The JSON of a non-empty object, left open for one more key."""
    return json.dumps(value, allow_nan=False)[:-1] + ", "
