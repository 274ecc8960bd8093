"""DICOM files to other transfer syntaxes, each file verified before it replaces anything."""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pydicom
from numpy.typing import NDArray
from pydicom.uid import UID

from htj2k._threads import usable_cores
from htj2k.errors import HTJ2KError

from .elements import dataset_from
from .errors import InvalidInstance, LostInstance, MediaDirectory, NotDicom, UnreadableFile
from .file_jobs import map_files
from .frames import LabelledFrames
from .image_pixel import encode_frame, put_htj2k, put_native
from .ingest import warnings_to_log
from .layout import has_pixels, pixel_layout
from .reading import read_dataset
from .scan import InputFile, scan
from .syntaxes import EXPLICIT, HTJ2K_LOSSLESS_RPCL, HTJ2K_SYNTAXES
from .values import read_file_attributes
from .worker import Alive
from .writing import UNFINISHED, sample_checksum, write_verified

TRANSCODE_SYNTAXES = (EXPLICIT, *HTJ2K_SYNTAXES)
Status = Literal["written", "skipped", "left out", "failed"]


@dataclass(frozen=True)
class TranscodedFile:
    """What became of one file.

    Attributes
    ----------
    name : str
        Its path below the source.
    status : {"written", "skipped", "left out", "failed"}
        Skipped: the target was there already. Left out: no DICOM, or a DICOMDIR.
    reason : str
        Why it failed or was left out.
    frames, bytes_read, bytes_written : int
        Of what was written.
    """

    name: str
    status: Status
    reason: str = ""
    frames: int = 0
    bytes_read: int = 0
    bytes_written: int = 0


@dataclass(frozen=True)
class TranscodeReport:
    """One entry for every file.

    Attributes
    ----------
    files : tuple of TranscodedFile
        In the order of their names.
    seconds : float
        Duration of the whole job.
    """

    files: tuple[TranscodedFile, ...]
    seconds: float

    @property
    def ok(self) -> bool:
        """True if nothing failed, and at least one file was written or was there already."""
        return self.count("failed") == 0 and self.count("written") + self.count("skipped") > 0

    def count(self, status: Status) -> int:
        """How many files have this status.

        Parameters
        ----------
        status : str
            One of "written", "skipped", "left out", "failed".

        Returns
        -------
        int
        """
        return Counter(file.status for file in self.files)[status]

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "ok": self.ok,
            "written": self.count("written"),
            "skipped": self.count("skipped"),
            "leftOut": self.count("left out"),
            "failed": self.count("failed"),
            "frames": sum(file.frames for file in self.files),
            "bytesRead": sum(file.bytes_read for file in self.files),
            "bytesWritten": sum(file.bytes_written for file in self.files),
            "seconds": round(self.seconds, 3),
            "failures": [
                {"file": file.name, "reason": file.reason} for file in self.files if file.status == "failed"
            ],
        }


@dataclass(frozen=True)
class TranscodeTask:
    """A file, where it goes, and in which transfer syntax."""

    file: InputFile
    target: Path
    transfer_syntax: str
    overwrite: bool


def transcode(
    source: Path,
    target: Path,
    *,
    transfer_syntax: str = HTJ2K_LOSSLESS_RPCL,
    overwrite: bool = False,
    threads: int | None = None,
    time_limit: float = 300.0,
    progress: Callable[[int, int], None] | None = None,
) -> TranscodeReport:
    """Write DICOM files in another transfer syntax, losslessly.

    Each file is written beside its target, read again, decoded and compared, samples and attributes, and only then
    renamed. A job that was interrupted can be run again: what is there already is skipped.

    Parameters
    ----------
    source : Path
        A file, or a folder of any depth. Files that are no DICOM are left out, and so is a DICOMDIR.
    target : Path
        A file for a file, a folder for a folder. It may be `source` itself, whose files are then replaced. Only
        one job at a time may write there.
    transfer_syntax : str
        One of the three HTJ2K syntaxes (1.2.840.10008.1.2.4.201, .202, .203; all are written lossless) or Explicit
        VR Little Endian. Instances without pixels are always written in Explicit VR Little Endian.
    overwrite : bool
        Replace files of `target` that are not the same instance in `transfer_syntax`, or older than their source.
    threads : int, optional
        Files that are worked on at the same time. Default: the cores this process may run on.
    time_limit : float
        As in `ingest`.
    progress : callable, optional
        Called with (files done, files in all) after each file.

    Returns
    -------
    TranscodeReport

    Raises
    ------
    ValueError
        `transfer_syntax` is not one of the four, `time_limit` is not positive, or `target` lies in `source`.
    OSError
        `source` cannot be read or `target` cannot be written.
    """
    begin = time.perf_counter()
    if transfer_syntax not in TRANSCODE_SYNTAXES:
        raise ValueError(
            f"transfer_syntax is {transfer_syntax!r}; expected one of {', '.join(TRANSCODE_SYNTAXES)}"
        )
    if not time_limit > 0:
        raise ValueError(f"time_limit is {time_limit}; it must be positive")
    pairs = list(_pairs(Path(source), Path(target)))
    tasks = [TranscodeTask(file, path, transfer_syntax, overwrite) for file, path in pairs]
    done: list[TranscodedFile] = []
    results = map_files(transcode_file, tasks, _lost, threads=threads or usable_cores(), time_limit=time_limit)
    with closing(results), warnings_to_log():
        for result in results:
            done.append(result)
            if progress is not None:
                progress(len(done), len(tasks))
    return TranscodeReport(tuple(done), time.perf_counter() - begin)


def _pairs(source: Path, target: Path) -> Iterator[tuple[InputFile, Path]]:
    if not source.is_dir():
        (file,) = scan(source)
        yield file, target / source.name if target.is_dir() else target
        return
    if target.resolve() != source.resolve() and target.resolve().is_relative_to(source.resolve()):
        raise ValueError(
            f"the target {target} lies in the source {source}; choose one outside, or the source itself"
        )
    if target.is_dir():
        _remove_unfinished(target)
    for file in scan(source):
        yield file, target / file.path.relative_to(source)


def _remove_unfinished(target: Path) -> None:
    """What a killed job left behind."""
    for folder in list(target.rglob(f".*{UNFINISHED}")):
        shutil.rmtree(folder, ignore_errors=True)


def _lost(task: TranscodeTask, error: LostInstance) -> TranscodedFile:
    return TranscodedFile(task.file.name, "failed", str(error))


def transcode_file(task: TranscodeTask, alive: Alive) -> TranscodedFile:
    """Transcode one file; only a target that cannot be written raises."""
    name = task.file.name
    try:
        return _transcode(task, alive)
    except (NotDicom, MediaDirectory) as error:
        return TranscodedFile(name, "left out", str(error))
    except HTJ2KError as error:
        return TranscodedFile(name, "failed", str(error))
    except OSError:
        raise
    except Exception as error:  # a fault of ours must not cost the other files
        return TranscodedFile(name, "failed", f"{type(error).__name__}: {error}")


def _transcode(task: TranscodeTask, alive: Alive) -> TranscodedFile:
    if task.file.obstacle:
        raise UnreadableFile(task.file.obstacle)
    dataset = read_dataset(task.file.path)
    if task.target.exists() and _is_there(dataset, task):
        return TranscodedFile(task.file.name, "skipped")
    checksums: list[int] = []
    source = read_file_attributes(dataset)
    written = dataset_from(source)
    syntax = EXPLICIT
    if has_pixels(dataset):
        syntax = task.transfer_syntax
        _put_frames(written, dataset, syntax, checksums, alive)
    written.file_meta.TransferSyntaxUID = UID(syntax)
    before = task.file.path.stat().st_size
    write_verified(written, task.target, checksums, source, alive)
    after = task.target.stat().st_size
    return TranscodedFile(task.file.name, "written", "", len(checksums), before, after)


def _is_there(dataset: pydicom.FileDataset, task: TranscodeTask) -> bool:
    """Whether nothing is left to do; an error if the target is something else that may not be replaced."""
    wanted = task.transfer_syntax if has_pixels(dataset) else EXPLICIT
    in_place = task.target.samefile(task.file.path)
    is_newer = in_place or task.target.stat().st_mtime_ns >= task.file.path.stat().st_mtime_ns
    if is_newer and _identity(task.target) == (wanted, dataset.get("SOPInstanceUID")):
        return True
    if not in_place and not task.overwrite:
        raise InvalidInstance(
            f"{task.target} exists and is not this instance in {wanted}, or is older; see overwrite"
        )
    return False


def _identity(path: Path) -> tuple[str, Any]:
    try:
        found = pydicom.dcmread(path, specific_tags=["SOPInstanceUID"], stop_before_pixels=True)
        return str(found.file_meta.TransferSyntaxUID), found.get("SOPInstanceUID")
    except Exception:  # pydicom raises many types on damaged files
        return "", None


def _put_frames(
    written: pydicom.Dataset, dataset: pydicom.FileDataset, syntax: str, checksums: list[int], alive: Alive
) -> None:
    layout = pixel_layout(dataset)
    source_syntax = dataset.file_meta.TransferSyntaxUID
    frames = LabelledFrames(dataset, layout, alive)
    samples = _with_checksums(frames, checksums)
    if syntax == EXPLICIT:
        put_native(written, samples, layout, source_syntax)
    else:
        put_htj2k(
            written,
            [encode_frame(pixels, layout, frames.photometric) for pixels in samples],
            layout,
            source_syntax,
        )
    # The frames win where they prove the attribute wrong, unless there is a label for what was done to them.
    if written.PhotometricInterpretation == layout.photometric_of_samples:
        written.PhotometricInterpretation = frames.photometric


def _with_checksums(frames: LabelledFrames, checksums: list[int]) -> Iterator[NDArray[Any]]:
    for pixels in frames:
        checksums.append(sample_checksum(pixels))
        yield pixels
