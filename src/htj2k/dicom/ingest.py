"""The import job: DICOM P10 files become verified HTJ2K frames and image-set metadata.

For every frame the checksums of all resolutions are taken from the original samples, the frame is encoded,
decoded again at every resolution and compared. Only an instance whose frames all compare equal becomes part
of the output."""

from __future__ import annotations

import logging
import shutil
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pydicom

import htj2k
from htj2k.errors import HTJ2KError
from htj2k.healthimaging.files import sync_directory, write_file
from htj2k.healthimaging.ids import content_id, frame_id
from htj2k.healthimaging.job_output import Failed, Imported, job_summary, write_job_output
from htj2k.healthimaging.layout import FRAME_SUFFIX
from htj2k.healthimaging.metadata import HTJ2K_LOSSLESS_RPCL, ImageFrame
from htj2k.healthimaging.pool import bounded_map, usable_cores

from .describe import Description, describe
from .errors import InvalidInstance, UnreadableFile
from .frames import PixelLayout, frame_at, has_pixels, pixel_layout, stored_bytes
from .reading import read_dataset
from .scan import InputFile, scan
from .staging import ImageSetBuilder, StagedInstance, Staging

_log = logging.getLogger("htj2k")


@dataclass(frozen=True)
class JobReport:
    """What an import job did.

    Attributes
    ----------
    imported, failed : tuple
        One entry for every input file.
    summary : dict
        The content of ``job-output-manifest.json``.
    frames, levels : int
        Frames stored, and resolutions verified.
    bytes_decoded, bytes_stored : int
        Size of the samples and of the codestreams.
    seconds : float
        Duration of the whole job.
    """

    imported: tuple[Imported, ...]
    failed: tuple[Failed, ...]
    summary: dict[str, Any]
    frames: int
    levels: int
    bytes_decoded: int
    bytes_stored: int
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """For JSON: the manifest's summary, counts, and the failures."""
        return {
            **self.summary,
            "frames": self.frames,
            "levels": self.levels,
            "bytesDecoded": self.bytes_decoded,
            "bytesStored": self.bytes_stored,
            "seconds": round(self.seconds, 3),
            "failures": [failure.to_dict() for failure in self.failed],
        }


@dataclass
class _Counts:
    frames: int = 0
    levels: int = 0
    bytes_decoded: int = 0
    bytes_stored: int = 0


def ingest(
    source: Path,
    output: Path,
    *,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> JobReport:
    """Import a file or a folder of DICOM P10 files.

    Parameters
    ----------
    source : Path
        A file, or a folder of any depth; every file in it is looked at.
    output : Path
        A folder that is empty or does not exist, outside of `source`.
    threads : int, optional
        Frames that are worked on at the same time. Default: the cores this process may run on.
    progress : callable, optional
        Called with (files done, files in all) after each file.

    Returns
    -------
    JobReport
        Also when every file failed; a bad file never stops the job.

    Raises
    ------
    ValueError
        `output` lies in `source`.
    FileExistsError
        `output` is not empty.
    OSError
        `source` cannot be read or `output` cannot be written (a full disk, say). Nothing is left in `output`.
    """
    begin = time.perf_counter()
    source, output = Path(source), Path(output)
    _require_apart(source, output)
    files = scan(source)
    with Staging(output) as staging, _warnings_to_log():
        job = _Job(staging, threads or usable_cores())
        job.run(files, progress)
        imported, failed = job.results()
        instances = {builder.image_set_id: len(builder.digests) for builder in staging.all_builders()}
        for builder in staging.all_builders():
            builder.finish()
        summary = job_summary(imported, failed, instances, source=source, output=output)
        write_job_output(staging.job, imported, failed, summary)
        staging.publish()
    return JobReport(
        tuple(imported),
        tuple(failed),
        summary,
        **vars(job.counts),
        seconds=time.perf_counter() - begin,
    )


def _require_apart(source: Path, output: Path) -> None:
    if source.is_dir() and output.resolve().is_relative_to(source.resolve()):
        raise ValueError(f"the output folder {output} lies in the input folder {source}; choose one outside")


class _Job:
    """Two pools of threads read files and encode frames; results are taken in the order of the files."""

    def __init__(self, staging: Staging, threads: int) -> None:
        self._staging = staging
        self._threads = threads
        self._results: list[tuple[str, ImageSetBuilder] | Failed] = []
        self.counts = _Counts()

    def run(self, files: list[InputFile], progress: Callable[[int, int], None] | None) -> None:
        # A file's thread waits for its frames, so frames need threads of their own.
        with ThreadPoolExecutor(self._threads) as frame_pool, ThreadPoolExecutor(self._threads) as file_pool:
            importer = _Importer(self._staging, frame_pool, window=2 * self._threads)
            outcomes = bounded_map(file_pool, importer.outcome, files, window=self._threads + 1)
            try:
                for file, outcome in zip(files, outcomes, strict=True):
                    self._take(file, outcome)
                    if progress is not None:
                        progress(len(self._results), len(files))
            finally:
                importer.stop()
                outcomes.close()

    def _take(self, file: InputFile, outcome: StagedInstance | Failed) -> None:
        if isinstance(outcome, Failed):
            self._results.append(outcome)
            return
        builder, is_new = self._staging.add(outcome)
        self._results.append((file.name, builder))
        if is_new:
            self._count(outcome)

    def _count(self, instance: StagedInstance) -> None:
        self.counts.bytes_stored += instance.bytes_stored
        for frame in instance.document["ImageFrames"]:
            self.counts.frames += 1
            self.counts.levels += len(frame["PixelDataChecksumFromBaseToFullResolution"])
            self.counts.bytes_decoded += frame["FrameSizeInBytes"]

    def results(self) -> tuple[list[Imported], list[Failed]]:
        """Known only now: an image set gets its ID when all its instances are there."""
        ids: dict[int, str] = {id(builder): builder.image_set_id for builder in self._staging.all_builders()}
        imported = [Imported(r[0], ids[id(r[1])]) for r in self._results if not isinstance(r, Failed)]
        return imported, [result for result in self._results if isinstance(result, Failed)]


class _Importer:
    """One input file to one staged instance."""

    def __init__(self, staging: Staging, frame_pool: Executor, window: int) -> None:
        self._folder = staging.instances
        self._frame_pool = frame_pool
        self._window = window
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Make files that are still worked on give up at their next frame."""
        self._stopped.set()

    def outcome(self, file: InputFile) -> StagedInstance | Failed:
        """Import one file; only an output that cannot be written raises."""
        try:
            return self._import(file)
        except InvalidInstance as error:
            return Failed(file.name, error.exception_type, str(error))
        except OSError:
            raise
        except HTJ2KError as error:
            return Failed(file.name, "PixelDataVerificationException", str(error), is_server_error=True)
        except Exception as error:
            _log.exception("importing %s", file.name)
            message = f"{type(error).__name__}: {error}"
            return Failed(file.name, "InternalServerException", message, is_server_error=True)

    def _import(self, file: InputFile) -> StagedInstance:
        if file.obstacle:
            raise UnreadableFile(file.obstacle)
        dataset = read_dataset(file.path)
        description = describe(dataset)
        folder = self._folder / content_id(str(file.path))
        folder.mkdir()
        try:
            frames = self._frames(dataset, description, folder) if has_pixels(dataset) else []
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return StagedInstance(
            folder=folder,
            bytes_stored=sum(path.stat().st_size for path in folder.iterdir()),
            group=description.group,
            shared=description.shared,
            series_instance_uid=description.series_instance_uid,
            sop_instance_uid=description.sop_instance_uid,
            document={**description.instance, **_storage(frames)},
        )

    def _frames(
        self, dataset: pydicom.FileDataset, description: Description, folder: Path
    ) -> list[dict[str, Any]]:
        layout = pixel_layout(dataset)
        data = stored_bytes(dataset, layout)

        def work(index: int) -> ImageFrame:
            if self._stopped.is_set():
                raise InterruptedError("the job was stopped")
            return _store_frame(
                frame_at(data, layout, index), layout, folder, (description.sop_instance_uid, index)
            )

        frames: Iterator[ImageFrame] = bounded_map(
            self._frame_pool, work, range(layout.frames), window=self._window
        )
        documents = [frame.to_dict() for frame in frames]
        sync_directory(folder)
        return documents


def _storage(frames: list[dict[str, Any]]) -> dict[str, Any]:
    """What HealthImaging adds to an instance; one without pixels has no stored transfer syntax."""
    if not frames:
        return {"ImageFrames": []}
    return {
        "StoredTransferSyntaxUID": HTJ2K_LOSSLESS_RPCL,
        "ChecksumType": "DECOMPRESSED",
        "ImageFrames": frames,
    }


def _store_frame(
    pixels: np.ndarray[Any, np.dtype[Any]], layout: PixelLayout, folder: Path, position: tuple[str, int]
) -> ImageFrame:
    """Checksums from the original samples, encode, decode, compare, and only then write.

    The precision that the codestream declares is the container's (8 or 16 bits), as in HealthImaging's
    frames: stray bits above BitsStored are kept."""
    encoded = htj2k.encode_with_checksums(pixels, color_transform=layout.color_transform)
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


@contextmanager
def _warnings_to_log() -> Iterator[None]:
    """Send what pydicom says about odd values to the log; in a job over thousands of files nobody reads it."""

    def show(message: Warning | str, category: type[Warning], *_: object, **__: object) -> None:
        _log.info("%s: %s", category.__name__, message)

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = show
        yield
