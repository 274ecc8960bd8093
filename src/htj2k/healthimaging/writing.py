"""Writing image-set metadata without holding the instances of a large series in memory."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from htj2k._verify import CHECKSUM_KEYS

from .files import durable_file
from .ids import LOCAL_DATASTORE_ID
from .metadata import ImageSetMetadata

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


def encode_metadata(metadata: ImageSetMetadata) -> bytes:
    """The gzip JSON document of an image set.

    Parameters
    ----------
    metadata : ImageSetMetadata
        As `read_metadata` returned it; what it has no field for is written as it was read. Checksum lists get
        the key that the service uses, PixelDataChecksumFromBaseToFullResolution.

    Returns
    -------
    bytes
        Equal for equal documents.
    """
    text = json.dumps(_with_the_service_s_key(metadata.document), allow_nan=False)
    return gzip.compress(text.encode("ascii"), mtime=0)


def _with_the_service_s_key(value: Any) -> Any:
    if isinstance(value, dict):
        plain = {key: _with_the_service_s_key(item) for key, item in value.items()}
        if plain.get(CHECKSUM_KEYS[1]) is not None:
            plain[CHECKSUM_KEYS[0]] = (plain.get(CHECKSUM_KEYS[0]) or []) + plain.pop(CHECKSUM_KEYS[1])
        return plain
    return [_with_the_service_s_key(item) for item in value] if isinstance(value, list) else value


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
