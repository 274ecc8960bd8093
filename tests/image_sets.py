"""Image sets made for tests: frames, their metadata, and a store that keeps them in memory."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import htj2k
from htj2k.healthimaging.ids import content_id
from images import ct_like

KEY = "PixelDataChecksumFromBaseToFullResolution"
IMAGE_SET = "a" * 32


@dataclass
class MemoryStore:
    """A `FrameStore`; a frame that is an exception is raised."""

    document: dict[str, Any]
    frames: dict[str, Any]
    reads: list[str] = field(default_factory=list)

    def read(self, frame_id: str) -> bytes:
        self.reads.append(frame_id)
        if frame_id not in self.frames:
            raise FileNotFoundError(2, "No such frame", frame_id)
        content = self.frames[frame_id]
        if isinstance(content, list):  # what each read gives, the last one for good
            content = content.pop(0) if len(content) > 1 else content[0]
        if isinstance(content, Exception):
            raise content
        return content

    def read_metadata(self) -> bytes:
        return gzip.compress(json.dumps(self.document).encode())

    def entry(self, index: int = 0) -> dict[str, Any]:
        """The image frame of the document, to be changed."""
        return self.instance(index)["ImageFrames"][0]

    def instance(self, index: int = 0) -> dict[str, Any]:
        (series,) = self.document["Study"]["Series"].values()
        return list(series["Instances"].values())[index]


def image_frame(frame_id: str, pixels: Any, **others: Any) -> dict[str, Any]:
    """An entry of ImageFrames, from the samples alone."""
    return {
        "ID": frame_id,
        KEY: [level.to_dict() for level in htj2k.pixel_checksums(pixels)],
        "MinPixelValue": int(pixels.min()),
        "MaxPixelValue": int(pixels.max()),
        "FrameSizeInBytes": pixels.nbytes,
        **others,
    }


def image_set(count: int, *, shape: tuple[int, int] = (40, 33), image_set_id: str = IMAGE_SET) -> MemoryStore:
    """`count` instances of one frame each."""
    images = [ct_like(shape, seed=seed) for seed in range(count)]
    frames = {content_id(str(i)): data for i, data in enumerate(htj2k.encode_batch(images))}
    instances = {
        f"1.2.3.{i}": {"DICOM": {"InstanceNumber": str(i)}, "ImageFrames": [image_frame(name, pixels)]}
        for i, (name, pixels) in enumerate(zip(frames, images, strict=True))
    }
    study = {
        "DICOM": {"StudyInstanceUID": "1.2"},
        "Series": {"1.2.3": {"DICOM": {"Modality": "CT"}, "Instances": instances}},
    }
    document = {
        "SchemaVersion": "1.1",
        "DatastoreID": "d" * 32,
        "ImageSetID": image_set_id,
        "Patient": {"DICOM": {"PatientName": "Test"}},
        "Study": study,
    }
    return MemoryStore(document, frames)


def write_folder(store: MemoryStore, output: Path) -> Path:
    """The image set as `htj2k ingest` lays it out."""
    folder = output / store.document["ImageSetID"]
    (folder / "frames").mkdir(parents=True)
    (folder / "metadata.json.gz").write_bytes(store.read_metadata())
    for name, data in store.frames.items():
        (folder / "frames" / f"{name}.j2c").write_bytes(data)
    return folder


def statuses(report: Any) -> Mapping[str, int]:
    """How many frames have each status that occurs."""
    return {status: n for status in {f.status for f in report.frames} if (n := report.count(status))}
