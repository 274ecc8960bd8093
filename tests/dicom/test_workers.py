"""Worker processes: a crash or a hang loses one call, one file of a job, and nothing else."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from dicom_files import dataset, lines, pydicom, write
from htj2k.dicom import ingest
from htj2k.dicom.errors import LostInstance
from htj2k.dicom.workers import WorkerPool
from htj2k.healthimaging import verify_folder
from images import noise

BUNDLED = Path(pydicom.data.__file__).parent / "test_files"


def double(number: int, alive: Callable[[], None]) -> int:
    return 2 * number


def crash(_: Any, alive: Callable[[], None]) -> None:
    os.abort()


def hang(_: Any, alive: Callable[[], None]) -> None:
    time.sleep(60)


def work_slowly(steps: int, alive: Callable[[], None]) -> str:
    for _ in range(steps):
        time.sleep(0.2)
        alive()
    return "done"


def shout(_: Any, alive: Callable[[], None]) -> str:
    os.write(1, b"printed by a C library")
    print("printed by Python")  # noqa: T201
    return "done"


def fail(message: str, alive: Callable[[], None]) -> None:
    raise OSError(28, message)


def test_results_come_back_and_processes_are_kept() -> None:
    with WorkerPool(time_limit=60) as pool, ThreadPoolExecutor(2) as threads:
        assert list(threads.map(lambda n: pool.call(double, n), range(20))) == list(range(0, 40, 2))
        assert 1 <= len(pool._all) <= 2


def test_a_crash_loses_one_call() -> None:
    with WorkerPool(time_limit=60) as pool:
        with pytest.raises(LostInstance, match="SIGABRT"):
            pool.call(crash, None)
        assert pool.call(double, 4) == 8


def test_a_hang_loses_one_call_and_long_work_is_no_hang() -> None:
    with WorkerPool(time_limit=60) as pool:
        pool.call(double, 1)  # on a busy machine the start of a process alone takes more than a second
        pool._time_limit = 1
        assert pool.call(work_slowly, 8) == "done"
        begin = time.monotonic()
        with pytest.raises(LostInstance, match="no progress for 1 s"):
            pool.call(hang, None)
        assert time.monotonic() - begin < 10
        pool._time_limit = 60
        assert pool.call(double, 4) == 8


@pytest.mark.parametrize("limit", [math.inf, 1e12])
def test_a_limit_may_be_longer_than_a_thread_can_wait(limit: float) -> None:
    with WorkerPool(time_limit=limit) as pool:
        assert pool.call(double, 4) == 8
        assert pool._watcher.is_alive()


def test_what_is_printed_is_no_reply() -> None:
    with WorkerPool(time_limit=60) as pool:
        assert pool.call(shout, None) == "done"


def test_exceptions_come_back_as_they_are() -> None:
    with WorkerPool(time_limit=60) as pool:
        with pytest.raises(OSError, match="disk is full") as caught:
            pool.call(fail, "disk is full")
        assert caught.value.errno == 28
        assert pool.call(double, 4) == 8


def test_closing_ends_what_still_works() -> None:
    with ThreadPoolExecutor(1) as threads:
        with WorkerPool(time_limit=60) as pool:
            pool.call(double, 1)
            call = threads.submit(pool.call, hang, None)
            time.sleep(0.3)
        with pytest.raises(InterruptedError):
            call.result(timeout=10)


def test_a_script_needs_no_main_guard(tmp_path: Path) -> None:
    """multiprocessing would run such a script again in every process."""
    script = tmp_path / "script.py"
    source = BUNDLED / "SC_rgb_rle.dcm"
    script.write_text(f"from htj2k.dicom import ingest\nprint(len(ingest({str(source)!r}, 'out').imported))\n")
    result = subprocess.run(
        [sys.executable, str(script)], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (result.stdout, result.returncode) == ("1\n", 0), result.stderr


FAKE_GDCM = """
class Version:
    GetVersion = staticmethod(lambda: "3.2.6")

class Fragment:
    def __init__(self):
        {action}
"""


@pytest.mark.parametrize(
    ("action", "reason"),
    [
        ("import os; os.kill(os.getpid(), 11)", "crashed (SIGSEGV)"),
        ("import time; time.sleep(60)", "no progress for 3 s"),
        ("import os; os._exit(3)", "crashed (exit code 3)"),
    ],
)
def test_a_decoder_that_crashes_loses_one_file(
    tmp_path: Path, action: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first plugin that pydicom tries for JPEG-LS is replaced by one that misbehaves."""
    (tmp_path / "fake").mkdir()
    (tmp_path / "fake" / "gdcm.py").write_text(FAKE_GDCM.format(action=action))
    monkeypatch.syspath_prepend(tmp_path / "fake")
    source = tmp_path / "in"
    source.mkdir()
    (source / "0.dcm").write_bytes((BUNDLED / "MR_small_jpeg_ls_lossless.dcm").read_bytes())
    (source / "1.dcm").write_bytes((BUNDLED / "SC_rgb_rle.dcm").read_bytes())
    write(source / "2.dcm", dataset(noise((9, 9), "u2")))
    report = ingest(source, tmp_path / "out", time_limit=3)
    assert [entry.input_file for entry in report.imported] == ["in/1.dcm", "in/2.dcm"]
    (line,) = lines(tmp_path / "out", "failure")
    assert line["inputFile"] == "in/0.dcm"
    assert reason in line["exception"]["message"]
    assert verify_folder(tmp_path / "out").ok


def test_many_small_files_among_others(tmp_path: Path) -> None:
    """A job large enough for a process for each core: deep folders, every tenth file no DICOM."""
    source = tmp_path / "in"
    ds = dataset(noise((16, 16), "u2"))
    for number in range(300):
        path = source / "/".join(str(number % 7) * (number % 20 + 1)) / f"{number}.dcm"
        if number % 10 == 0:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"no DICOM" * number)
            continue
        ds.SOPInstanceUID = f"1.2.{number + 1}"
        write(path, ds)
    seen: list[tuple[int, int]] = []
    report = ingest(source, tmp_path / "out", threads=2, progress=lambda *counts: seen.append(counts))
    assert (len(report.imported), len(report.failed)) == (270, 30)
    assert {failure.exception_type for failure in report.failed} == {"InvalidDicomException"}
    assert seen == [(done, 300) for done in range(1, 301)]
    assert report.summary["jobSummary"]["numberOfGeneratedImageSets"] == 1
    assert verify_folder(tmp_path / "out").ok
