"""One job after the other, each with a fault at the next file-system call, for tests/dicom/test_file_faults.py.

    python file_faults.py JOB FAULT FOLDER

JOB is ingest, transcode, replace (transcode in place) or export. FAULT is kill (SIGKILL at the n-th call),
once (the call fails) or full (it fails, and so does everything after it that needs room on the disk). Each job
runs in a fork, and n goes up until the job ends without a fault. After each fault the folder is looked at, and
the job is run again.

Prints one JSON object: how many faults there were, and what was wrong after them.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest

import dicom_files
from htj2k.dicom import export, ingest, read_dataset, transcode
from htj2k.dicom.frames import original_frames
from htj2k.dicom.syntaxes import HTJ2K_LOSSLESS_RPCL
from htj2k.healthimaging import find_image_sets, verify_folder
from images import noise

NEED_ROOM = {"open", "os.mkdir", "os.rename", "os.fsync"}
CHANGES = {*NEED_ROOM, "os.remove", "os.rmdir", "os.chmod", "os.utime"}
EVENTS = {"full": NEED_ROOM, "once": CHANGES, "kill": {*CHANGES, "os.listdir", "os.scandir"}}


class Fault:
    """Hooks into the calls on paths below a folder."""

    def __init__(self, kind: str, nth: int, folder: Path) -> None:
        self.kind, self.left, self.folder = kind, nth, str(folder)
        sys.addaudithook(self.see)
        real_fsync = os.fsync

        def fsync(descriptor: int) -> None:
            self.see("os.fsync", (self.folder,))
            real_fsync(descriptor)

        os.fsync = fsync

    def see(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event not in EVENTS[self.kind] or not arguments or not self.is_below(arguments[0]):
            return
        if event == "open" and not arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            return  # reading
        self.left -= 1
        goes_on = self.kind == "full" and self.left < 0
        if self.left != 0 and not goes_on:
            return
        if self.kind == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        name = () if event == "os.fsync" else (os.fspath(arguments[0]),)  # it does not know one
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), *name)

    def is_below(self, path: object) -> bool:
        return isinstance(path, (str, bytes, os.PathLike)) and os.fsdecode(path).startswith(self.folder)


def samples(path: Path) -> list[np.ndarray]:
    return list(original_frames(read_dataset(path)))


def equal(path: Path, source: Path) -> bool:
    pairs = zip(samples(path), samples(source), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


class Job:
    """A job, and what must hold of its folder at any time."""

    def __init__(self, base: Path) -> None:
        self.source, self.target = base / "source", base / "target"
        for seed in range(2):
            pixels = noise((9, 8), "u2", seed=seed)
            dicom_files.write(self.source / f"{seed}.dcm", dicom_files.dataset(pixels))

    def prepare(self) -> None:
        shutil.rmtree(self.target, ignore_errors=True)

    def run(self) -> None:
        raise NotImplementedError

    def problems(self, killed: bool) -> Iterator[str]:
        """What lies there after a fault and must not."""
        raise NotImplementedError

    def restart(self) -> None:
        self.run()

    def is_complete(self) -> bool:
        raise NotImplementedError


class Ingest(Job):
    def run(self) -> None:
        ingest(self.source, self.target, threads=1)

    def problems(self, killed: bool) -> Iterator[str]:
        if not self.target.exists():
            return
        names = sorted(path.name for path in self.target.iterdir())
        if not killed and names:
            yield f"left behind: {names}"
        for folder in find_image_sets(self.target):
            if not verify_folder(folder.path).ok:
                yield f"{folder.path} does not verify"
        if "job-output-manifest.json" in names:
            report = verify_folder(self.target)
            # Killed behind the last rename: the emptied folder of the job is still there.
            if report.failures() or not all("did not finish" in p.message for p in report.problems):
                yield f"there is a manifest, but the output does not verify: {report}"

    def restart(self) -> None:
        """As the message says: delete the folder of a job that was killed."""
        if self.target.exists() and any(self.target.iterdir()):
            with pytest.raises(FileExistsError, match=str(self.target)):
                self.run()
            shutil.rmtree(self.target)
        self.run()

    def is_complete(self) -> bool:
        report = verify_folder(self.target)
        return report.ok and len(report.frames) == 2


class Transcode(Job):
    def run(self) -> None:
        assert transcode(self.source, self.target, threads=1).ok

    def problems(self, killed: bool) -> Iterator[str]:
        for path in self.target.rglob("*"):
            if path.name.startswith(".") and path.is_dir():
                if not killed:
                    yield f"left behind: {path}"
            elif path.is_file() and not path.parent.name.startswith(".") and not self.is_whole(path):
                yield f"{path} is not whole"

    def is_whole(self, path: Path) -> bool:
        return equal(path, self.source / path.name)

    def is_complete(self) -> bool:
        found = sorted(self.target.iterdir())
        return [path.name for path in found] == ["0.dcm", "1.dcm"] and all(map(self.is_done, found))

    def is_done(self, path: Path) -> bool:
        syntax = pydicom.dcmread(path).file_meta.TransferSyntaxUID
        return syntax == HTJ2K_LOSSLESS_RPCL and self.is_whole(path)


class Replace(Transcode):
    """The files are replaced where they are: at no time is one lost."""

    def prepare(self) -> None:
        super().prepare()
        shutil.copytree(self.source, self.target)

    def run(self) -> None:
        assert transcode(self.target, self.target, threads=1).ok

    def problems(self, killed: bool) -> Iterator[str]:
        if not {"0.dcm", "1.dcm"} <= set(os.listdir(self.target)):
            yield f"lost: there is only {os.listdir(self.target)}"
        yield from super().problems(killed)


class Export(Transcode):
    def __init__(self, base: Path) -> None:
        super().__init__(base)
        self.image_sets = base / "image sets"
        ingest(self.source, self.image_sets, threads=1)
        self.by_uid = {f"{read_dataset(path).SOPInstanceUID}.dcm": path for path in self.source.iterdir()}

    def run(self) -> None:
        assert export(self.image_sets, self.target, threads=1).ok

    def is_whole(self, path: Path) -> bool:
        return equal(path, self.by_uid[path.name])

    def is_complete(self) -> bool:
        files = [path for path in self.target.rglob("*") if not path.is_dir() or path.name.startswith(".")]
        return sorted(path.name for path in files) == sorted(self.by_uid) and not any(self.problems(False))


JOBS: dict[str, Callable[[Path], Job]] = {
    "ingest": Ingest,
    "transcode": Transcode,
    "replace": Replace,
    "export": Export,
}
DONE, RAISED, WRONG = 0, 1, 2


def run_with_fault(job: Job, kind: str, nth: int) -> int:
    """How the fork ended: DONE, RAISED an OSError that names a path, WRONG, or the signal as a negative number."""
    child = os.fork()
    if child == 0:
        code = WRONG
        try:
            Fault(kind, nth, job.target)
            job.run()
            code = DONE
        except OSError as error:
            code = RAISED if str(job.target) in str(error) else WRONG
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def after_fault(job: Job, kind: str, nth: int, code: int) -> Iterator[str]:
    expected = -signal.SIGKILL if kind == "kill" else RAISED
    if code not in (expected, DONE):
        yield f"the job ended with {code}"
    yield from job.problems(code != RAISED)
    try:
        job.restart()
        if not job.is_complete():
            yield "the job that was run again is not complete"
    except Exception as error:
        yield f"the job that was run again: {type(error).__name__}: {error}"


def main(name: str, kind: str, base: str) -> None:
    # Python 3.12 and later warn of forks beside threads, which numpy has; the fork needs none of them.
    warnings.filterwarnings("ignore", "This process", DeprecationWarning)
    job = JOBS[name](Path(base))
    job.prepare()
    job.run()  # imports and caches
    wrong: list[str] = []
    faults = without = 0
    nth = 0
    while without < 2:  # a call whose failure does not matter is no end
        nth += 1
        job.prepare()
        code = run_with_fault(job, kind, nth)
        without = without + 1 if code == DONE else 0
        faults += code != DONE
        wrong += [f"call {nth}: {problem}" for problem in after_fault(job, kind, nth, code)]
    print(json.dumps({"faults": faults, "wrong": wrong}))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
