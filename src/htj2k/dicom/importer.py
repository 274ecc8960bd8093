"""One input file to one staged instance: checksums, encoding and verification of each of its frames."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pydicom
from numpy.typing import NDArray

import htj2k
from htj2k.errors import HTJ2KError
from htj2k.healthimaging.files import write_file
from htj2k.healthimaging.ids import content_id, frame_id
from htj2k.healthimaging.job_output import Failed
from htj2k.healthimaging.layout import FRAME_SUFFIX
from htj2k.healthimaging.metadata import HTJ2K_LOSSLESS_RPCL, ImageFrame
from htj2k.healthimaging.pool import bounded_map

from .describe import Description, describe
from .errors import InvalidInstance, UnreadableFile
from .frames import LabelledFrames
from .layout import PixelLayout, color_transform_of, has_pixels, pixel_layout
from .reading import read_dataset
from .scan import InputFile
from .staging import StagedInstance

_log = logging.getLogger("htj2k")


@dataclass(frozen=True)
class ImportTask:
    """A file to import into a folder of its own below `instances`, with `threads` frames at the same time."""

    file: InputFile
    instances: Path
    threads: int

    @property
    def folder(self) -> Path:
        """Where the frames go."""
        return self.instances / content_id(str(self.file.path))


def import_file(task: ImportTask, alive: Callable[[], None]) -> StagedInstance | Failed:
    """Import one file; only an output that cannot be written raises.

    `alive` is called for each frame and may raise to end the work."""
    name = task.file.name
    try:
        return _import(task, alive)
    except InvalidInstance as error:
        return Failed(name, error.exception_type, str(error))
    except OSError:
        raise
    except HTJ2KError as error:
        return Failed(name, "PixelDataVerificationException", str(error), is_server_error=True)
    except Exception as error:
        _log.exception("importing %s", name)
        message = f"{type(error).__name__}: {error}"
        return Failed(name, "InternalServerException", message, is_server_error=True)


def _import(task: ImportTask, alive: Callable[[], None]) -> StagedInstance:
    if task.file.obstacle:
        raise UnreadableFile(task.file.obstacle)
    dataset = read_dataset(task.file.path)
    description = describe(dataset)
    task.folder.mkdir()
    try:
        document = {**description.instance, **_frames(dataset, description, task, alive)}
    except BaseException:
        shutil.rmtree(task.folder, ignore_errors=True)
        raise
    return StagedInstance(
        folder=task.folder,
        bytes_stored=sum(path.stat().st_size for path in task.folder.iterdir()),
        group=description.group,
        shared=description.shared,
        series_instance_uid=description.series_instance_uid,
        sop_instance_uid=description.sop_instance_uid,
        document=document,
    )


def _frames(
    dataset: pydicom.FileDataset, description: Description, task: ImportTask, alive: Callable[[], None]
) -> dict[str, Any]:
    """What HealthImaging adds to an instance; one without pixels has no stored transfer syntax."""
    if not has_pixels(dataset):
        return {"ImageFrames": []}
    layout = pixel_layout(dataset)
    frames = LabelledFrames(dataset, layout, alive)

    def store(numbered: tuple[int, NDArray[Any]]) -> ImageFrame:
        index, pixels = numbered
        position = (description.sop_instance_uid, index)
        return _store_frame(pixels, frames.photometric, task.folder, position)

    stored = bounded_map(_frame_pool(task.threads, os.getpid()), store, enumerate(frames), window=2 * task.threads)
    documents = [frame.to_dict() for frame in stored]
    return {
        **_colour(description, layout, frames.photometric),
        "StoredTransferSyntaxUID": HTJ2K_LOSSLESS_RPCL,
        "ChecksumType": "DECOMPRESSED",
        "ImageFrames": documents,
    }


def _colour(description: Description, layout: PixelLayout, found: str) -> dict[str, Any]:
    """The attributes as they stand; only where the frames prove PhotometricInterpretation wrong, what they are."""
    if found == layout.photometric_of_samples:
        return {}
    uid = description.sop_instance_uid
    _log.warning("%s: PhotometricInterpretation is %s, but its frames are %s", uid, layout.photometric, found)
    return {"DICOM": {**description.instance["DICOM"], "PhotometricInterpretation": found}}


def _store_frame(pixels: NDArray[Any], photometric: str, folder: Path, position: tuple[str, int]) -> ImageFrame:
    """Checksums from the original samples, encode, decode, compare, and only then write.

    The precision that the codestream declares is the container's (8, 16 or 32 bits), as in HealthImaging's
    frames: stray bits above BitsStored are kept."""
    encoded = htj2k.encode_with_checksums(pixels, color_transform=color_transform_of(photometric))
    htj2k.verify(encoded.codestream, encoded.checksums).raise_for_mismatch()
    name = frame_id(*position, encoded.codestream)
    write_file(folder / f"{name}{FRAME_SUFFIX}", encoded.codestream)
    return ImageFrame(
        id=name,
        checksums=encoded.checksums,
        min_pixel_value=encoded.min_value,
        max_pixel_value=encoded.max_value,
        frame_size_in_bytes=pixels.nbytes,
    )


@lru_cache(maxsize=1)
def _frame_pool(threads: int, process: int) -> ThreadPoolExecutor:
    """Threads for frames, shared by all files of a process: a file's thread waits for its frames.

    `process` is this one's number: the child of a fork has none of its parent's threads."""
    return ThreadPoolExecutor(threads, thread_name_prefix="htj2k-frames")
