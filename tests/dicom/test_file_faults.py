"""Faults at every file-system call of the jobs: nothing half-written gets a name, nothing is lost, the job that is
run again completes, and the error names a path."""

from __future__ import annotations

import errno
import os
import resource
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dicom_files import dataset, write
from htj2k.dicom import export, ingest, transcode
from images import noise
from limited import run_limited

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="forks, and limits of resources"),
    pytest.mark.filterwarnings("ignore:This process:DeprecationWarning"),  # of forks beside threads
]


@pytest.mark.parametrize("fault", ["kill", "once", "full"])
@pytest.mark.parametrize("job", ["ingest", "transcode", "replace", "export"])
def test_every_call(tmp_path: Path, job: str, fault: str) -> None:
    found = run_limited("file_faults.py", job, fault, str(tmp_path), memory=4 << 30, seconds=120)
    assert found["wrong"] == []
    assert found["faults"] >= 8


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that any user can reach, unlike pytest's."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        yield Path(folder)


JOBS: dict[str, Callable[[Path], object]] = {
    "ingest": lambda place: ingest(place / "in", place / "out" / "new", threads=1),
    "transcode": lambda place: transcode(place / "in", place / "out", threads=1),
    "replace": lambda place: transcode(place / "in", place / "in", threads=1),
    "export": lambda place: export(place / "sets", place / "out", threads=1),
}


def in_fork(act: Callable[[], str]) -> str:
    """What `act` returns in a process of its own."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writing, act().encode())
        finally:
            os._exit(0)
    os.close(writing)
    with open(reading, encoding="utf-8") as file:
        text = file.read()
    os.waitpid(child, 0)
    return text


def error_of(job: Callable[[Path], Any], place: Path) -> str:
    try:
        job(place)
    except OSError as error:
        return f"{error.errno} {error}"
    return "no error"


def prepare(place: Path) -> None:
    for seed in range(2):
        write(place / "in" / f"{seed}.dcm", dataset(noise((40, 50), "u2", seed=seed)))
    ingest(place / "in", place / "sets", threads=1)
    transcode(place / "in", place / "warm", threads=1)  # all that is imported late
    export(place / "sets", place / "warm", threads=1)
    (place / "out").mkdir()


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("job", JOBS)
@pytest.mark.parametrize("size", [0, 700, 3000])
def test_files_that_may_not_grow(place: Path, job: str, size: int) -> None:
    """Here the write itself fails, as it does on a full disk; the system's own error knows no name."""
    prepare(place)
    before = contents(place)

    def act() -> str:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        return error_of(JOBS[job], place)

    found = in_fork(act)
    assert found.startswith(f"{errno.EFBIG} ")
    assert str(place) in found
    assert contents(place) == before
    assert not list((place / "out").rglob("*.dcm"))


@pytest.mark.skipif(os.geteuid() != 0, reason="root prepares what others may not write")
@pytest.mark.parametrize("job", JOBS)
def test_folders_that_may_not_be_written(place: Path, job: str) -> None:
    prepare(place)
    before = contents(place)
    for path in (place, *place.rglob("*")):
        path.chmod(0o555)

    def act() -> str:
        os.setgid(65534)
        os.setuid(65534)
        return error_of(JOBS[job], place)

    found = in_fork(act)
    assert found.startswith(f"{errno.EACCES} ")
    assert str(place) in found
    assert contents(place) == before


def test_a_fork_of_a_process_that_has_imported(tmp_path: Path) -> None:
    """Its threads are not there any more."""
    write(tmp_path / "in" / "a.dcm", dataset(noise((9, 9), "u2")))
    ingest(tmp_path / "in", tmp_path / "1", threads=2)
    found = in_fork(lambda: str(len(ingest(tmp_path / "in", tmp_path / "2", threads=2).imported)))
    assert found == "1"
