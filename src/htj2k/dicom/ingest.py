"""The import job: DICOM P10 files become verified HTJ2K frames and image-set metadata.

For every frame the checksums of all resolutions are taken from the original samples, the frame is encoded,
decoded again at every resolution and compared. Only an instance whose frames all compare equal becomes part
of the output."""

from __future__ import annotations

import logging
import shutil
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from htj2k._threads import usable_cores
from htj2k.healthimaging.job_output import Failed, Imported, job_summary, write_job_output

from .errors import LostInstance
from .file_jobs import map_files
from .importer import ImportTask, import_file
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
    time_limit: float = 300.0,
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
        Files, and frames of a file, that are worked on at the same time. Default: the cores this process may run
        on. Jobs of 250 files and more use as many processes.
    time_limit : float
        Seconds that decoding one frame may take. Files in JPEG, JPEG-LS, JPEG 2000 and RLE are decoded in
        processes of their own: a decoder that crashes or hangs loses that file and nothing else.
    progress : callable, optional
        Called with (files done, files in all) after each file.

    Returns
    -------
    JobReport
        Also when every file failed; a bad file never stops the job.

    Raises
    ------
    ValueError
        `output` lies in `source`, or `time_limit` is not positive.
    FileExistsError
        `output` is not empty.
    OSError
        `source` cannot be read or `output` cannot be written (a full disk, say). Nothing is left in `output`.
    """
    begin = time.perf_counter()
    source, output = Path(source), Path(output)
    if not time_limit > 0:
        raise ValueError(f"time_limit is {time_limit}; it must be positive")
    _require_apart(source, output)
    files = scan(source)
    with Staging(output) as staging, warnings_to_log():
        job = _Job(staging)
        job.run(files, progress, threads=threads or usable_cores(), time_limit=time_limit)
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
    """Takes the results in the order of the files."""

    def __init__(self, staging: Staging) -> None:
        self._staging = staging
        self._results: list[tuple[str, ImageSetBuilder] | Failed] = []
        self.counts = _Counts()

    def run(
        self,
        files: list[InputFile],
        progress: Callable[[int, int], None] | None,
        *,
        threads: int,
        time_limit: float,
    ) -> None:
        tasks = [ImportTask(file, self._staging.instances, threads) for file in files]
        outcomes = map_files(import_file, tasks, _lost, threads=threads, time_limit=time_limit)
        with closing(outcomes):
            for file, outcome in zip(files, outcomes, strict=True):
                self._take(file, outcome)
                if progress is not None:
                    progress(len(self._results), len(files))

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


def _lost(task: ImportTask, error: LostInstance) -> Failed:
    shutil.rmtree(task.folder, ignore_errors=True)
    return Failed(task.file.name, error.exception_type, str(error))


@contextmanager
def warnings_to_log() -> Iterator[None]:
    """Send what pydicom says about odd values to the log; in a job over thousands of files nobody reads it."""

    def show(message: Warning | str, category: type[Warning], *_: object, **__: object) -> None:
        _log.info("%s: %s", category.__name__, message)

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = show
        yield
