"""What reads strangers' documents and files in Python, as targets for mutated input: `TARGETS`.

A target takes bytes. It returns the name of a documented exception, or "read"; any other exception is a fault.
"""

from __future__ import annotations

import copy
import gzip
import io
import json
import tempfile
import warnings
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import htj2k
from htj2k.dicom import disagreements, iter_frames, read_frame
from htj2k.dicom.importer import ImportTask, import_file
from htj2k.dicom.scan import InputFile
from htj2k.healthimaging import Journal, MetadataError, junit_xml, read_metadata, verify_image_set
from htj2k.healthimaging.job_output import MANIFEST, Failed
from htj2k.healthimaging.layout import listed_image_sets
from image_sets import image_set
from mutate import MUTATIONS, Random

FOLDER = tempfile.TemporaryDirectory(prefix="htj2k-fuzz-")
STORE = image_set(2, shape=(9, 11))
DOCUMENT = json.dumps(STORE.document).encode()


@dataclass(frozen=True)
class Target:
    """Something that reads bytes, beginnings for them, and how to change these."""

    read: Callable[[bytes], str]
    seeds: Callable[[], list[bytes]]
    mutate: Callable[[bytes, Random], bytes]


def scratch_file(name: str, data: bytes) -> Path:
    path = Path(FOLDER.name) / name
    path.write_bytes(data)
    return path


def read_document(data: bytes) -> str:
    """Metadata, the verification of what they list, and the report on it in both forms."""
    try:
        metadata = read_metadata(data)
    except MetadataError as e:
        return type(e).__name__
    report = verify_image_set(metadata, STORE, threads=1)
    assert report.ok <= all(frame.ok for frame in report.frames)
    for frame in report.frames:
        assert not frame.ok or any(level["ok"] for level in frame.levels)
    json.dumps(report.to_dict())
    ET.fromstring(junit_xml(report))
    return "read"


def read_journal(data: bytes) -> str:
    """What a journal holds is verified, and it can be gone on with; a file that is none is left as it is."""
    path = scratch_file("journal", data)
    try:
        opened = Journal(path, resume=True)
    except FileExistsError as e:
        assert path.read_bytes() == data
        return type(e).__name__
    with opened as journal:
        known = len(journal)
        verify_image_set(DOCUMENT, STORE, threads=1, journal=journal)
        assert len(journal) >= known
    return "read"


def read_manifest(data: bytes) -> str:
    scratch_file(MANIFEST, data)
    try:
        listed_image_sets(Path(FOLDER.name))
    except MetadataError as e:
        return type(e).__name__
    return "read"


def read_instance(data: bytes) -> str:
    """One P10 file by every reader, and through an import job's hands."""
    path = scratch_file("instance.dcm", data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom's
        result = _import(path)
        try:
            first = read_frame(path)
            assert np.array_equal(next(iter_frames(path)), first)
            disagreements(path)
        except (htj2k.HTJ2KError, ValueError, IndexError, MemoryError) as e:
            return f"{result}, {type(e).__name__}"
    return f"{result}, read"


def _import(path: Path) -> str:
    with tempfile.TemporaryDirectory(dir=FOLDER.name) as folder:
        found = import_file(ImportTask(InputFile(path, "name"), Path(folder), threads=1), lambda: None)
    if not isinstance(found, Failed):
        return "imported"
    if found.message.startswith("MemoryError"):  # pydicom asks for as many bytes as an element claims to have
        return "MemoryError"
    assert found.exception_type != "InternalServerException", found.message
    return found.exception_type


def mutate_document(data: bytes, rng: Random) -> bytes:
    """Mostly one value of the document becomes another one; else bytes change."""
    if rng.random() < 0.2:
        return mutate_bytes(data, rng)
    text = _with_other_values(DOCUMENT, rng)
    return gzip.compress(text) if rng.random() < 0.1 else text


def mutate_manifest(data: bytes, rng: Random) -> bytes:
    return mutate_bytes(data, rng) if rng.random() < 0.2 else _with_other_values(manifest_seeds()[0], rng)


def _with_other_values(text: bytes, rng: Random) -> bytes:
    document = json.loads(text)
    for _ in range(rng.integers(1, 3)):
        _replace_one(document, rng)
    return json.dumps(document, allow_nan=True).encode()


def _replace_one(node: Any, rng: Random) -> None:
    while True:
        keys = list(node) if isinstance(node, dict) else range(len(node))
        key = keys[rng.integers(len(keys))]
        if not isinstance(node[key], (dict, list)) or not node[key] or rng.random() < 0.15:
            break
        node = node[key]
    value = copy.deepcopy(VALUES[rng.integers(len(VALUES))])
    if isinstance(node, dict) and rng.random() < 0.1:
        node[str(value)] = node.pop(key)
    else:
        node[key] = value


VALUES: list[Any] = [
    *(None, True, "", " ", "x", "\0", "\ud800", "../x", "9" * 400, "1e3", "DECOMPRESSED", "NONE", {"ID": "x"}),
    *(0, -1, 1, 9, 11, 2**31, 2**32 - 1, 2**64, -(2**63), 0.5, float("nan"), float("inf")),
    *([], {}, [[]], [None], {"": {}}, [{"Width": 11, "Height": 9, "Checksum": 1}]),
    *("1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91", "1.2.840.10008.1.2.4.203"),
]


def mutate_bytes(data: bytes, rng: Random) -> bytes:
    enough = data.ljust(5, b"\0")  # for every mutation
    changed = MUTATIONS[rng.integers(len(MUTATIONS))](bytearray(enough), rng, enough)
    return changed if rng.random() < 0.6 or len(changed) < 8 else mutate_bytes(changed, rng)


def journal_seeds() -> list[bytes]:
    path = Path(FOLDER.name) / "seed-journal"
    with Journal(path, resume=False) as journal:
        verify_image_set(DOCUMENT, STORE, threads=1, journal=journal)
    return [path.read_bytes(), b""]


def manifest_seeds() -> list[bytes]:
    sets = [{"imageSetId": "a" * 32, "numberOfMatchedSOPInstances": 2}]
    return [json.dumps({"jobSummary": {"imageSetsSummary": sets}}).encode()]


def instance_seeds() -> list[bytes]:
    from dicom_files import dataset
    from htj2k.dicom import compress
    from images import noise

    made = []
    for attributes in ({}, {"NumberOfFrames": "2"}, {"Rows": 6, "Columns": 9, "BitsStored": 12, "HighBit": 11}):
        pixels = noise((2, 6, 9) if "NumberOfFrames" in attributes else (6, 9), "u2") & 0xFFF
        for compressed in (False, True):
            instance = dataset(pixels, **attributes)
            if compressed:
                compress(instance)
            instance.SOPInstanceUID = instance.file_meta.MediaStorageSOPInstanceUID = "1.2.3"  # not a random one
            file = io.BytesIO()
            instance.save_as(file, enforce_file_format=True)
            made.append(file.getvalue())
    return made


TARGETS = {
    "metadata": Target(read_document, lambda: [DOCUMENT, gzip.compress(DOCUMENT)], mutate_document),
    "journal": Target(read_journal, journal_seeds, mutate_bytes),
    "manifest": Target(read_manifest, manifest_seeds, mutate_manifest),
    "instance": Target(read_instance, instance_seeds, mutate_bytes),
}
