"""`htj2k verify --resume`: after kill -9 the report is that of an uninterrupted run; no torn line is trusted."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import htj2k
from htj2k.cli.app import app
from htj2k.healthimaging import Journal, read_metadata, verify_image_set
from htj2k.healthimaging.journal import task_key
from htj2k.healthimaging.verification import frame_tasks
from image_sets import KEY, MemoryStore, image_set, write_folder

COMMAND = [sys.executable, "-c", "from htj2k.cli import main; main()", "verify"]


def run(*arguments: str) -> tuple[int, Any]:
    result = CliRunner().invoke(app, ["verify", *arguments, "--json"])
    return result.exit_code, json.loads(result.stdout)


def verify(store: MemoryStore, path: Path, *, resume: bool) -> Any:
    with Journal(path, resume=resume) as journal:
        return verify_image_set(store.read_metadata(), store, journal=journal)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_kill_and_resume(tmp_path: Path) -> None:
    store = image_set(2000, shape=(16, 16))
    names = list(store.frames)
    store.frames[names[3]] = store.frames[names[4]]
    store.frames[names[1990]] = b"\0"
    folder = write_folder(store, tmp_path)
    journal = tmp_path / "journal"
    code, whole = run(str(folder), "--journal", str(tmp_path / "other"))
    assert code == 1
    arguments = [*COMMAND, str(folder), "--threads", "1", "--journal", str(journal)]
    with subprocess.Popen(arguments, stdout=subprocess.DEVNULL) as process:
        while not journal.exists() or journal.read_bytes().count(b"\n") < 300:
            assert process.poll() is None
            time.sleep(0.001)
        process.kill()
    done = journal.read_bytes().count(b"\n")
    assert 300 <= done < 1990
    # The frames that had verified are not even read again.
    hidden = folder / "frames" / f"{names[0]}.j2c"
    hidden.rename(tmp_path / "hidden")
    result = subprocess.run([*arguments, "--resume", "--json"], capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert json.loads(result.stdout) == whole
    assert f"{done - 1} frames had verified before" in result.stderr
    (tmp_path / "hidden").rename(hidden)
    # Without --resume everything is looked at.
    assert run(str(folder), "--journal", str(journal))[1] == whole


def test_a_journal_by_default_and_none_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    store = image_set(3)
    names = list(store.frames)
    folder = write_folder(store, tmp_path / "out")
    frame = folder / "frames" / f"{names[1]}.j2c"
    whole = frame.read_bytes()
    frame.unlink()
    assert run(str(folder))[0] == 1
    (journal,) = (tmp_path / "state" / "htj2k").iterdir()
    if os.name == "posix":
        assert stat.S_IMODE(journal.stat().st_mode) == 0o600
    frame.write_bytes(whole)
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["verify", os.path.relpath(folder), "--resume"])
    assert result.exit_code == 0
    assert "2 frames had verified before" in result.stderr
    assert "3 of 3 frames verified" in result.stdout
    assert list((tmp_path / "state" / "htj2k").iterdir()) == []


def test_without_a_place_for_a_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    folder = write_folder(image_set(2), tmp_path / "out")
    result = CliRunner().invoke(app, ["verify", str(folder)])
    assert result.exit_code == 0
    assert "no journal is kept" in result.stderr
    assert CliRunner().invoke(app, ["verify", str(folder), "--resume"]).exit_code == 2


def test_only_what_verified_is_remembered(tmp_path: Path) -> None:
    store = image_set(6)
    names = list(store.frames)
    whole = store.frames.pop(names[2])
    report = verify(store, tmp_path / "j", resume=False)
    store.reads.clear()
    assert verify(store, tmp_path / "j", resume=True).to_dict() == report.to_dict()
    assert store.reads == [names[2]]
    store.frames[names[2]] = whole
    store.reads.clear()
    assert verify(store, tmp_path / "j", resume=True).ok
    assert store.reads == [names[2]]
    store.reads.clear()
    assert verify(store, tmp_path / "j", resume=True).ok
    assert store.reads == []
    assert verify(store, tmp_path / "j", resume=False).ok
    assert sorted(store.reads) == sorted(names)


def test_what_is_expected_otherwise_is_verified_again(tmp_path: Path) -> None:
    store = image_set(3)
    assert verify(store, tmp_path / "j", resume=False).ok
    store.reads.clear()
    store.entry(1)[KEY][0]["Checksum"] ^= 1
    assert verify(store, tmp_path / "j", resume=True).count("mismatch") == 1
    assert set(store.reads) == {list(store.frames)[1]}
    with Journal(tmp_path / "j", resume=True) as journal:
        store.reads.clear()
        verify_image_set(store.read_metadata(), store, journal=journal, levels="all")
    assert set(store.reads) == set(store.frames)


def test_another_target_is_not_verified_by_the_journal_of_the_first(tmp_path: Path) -> None:
    """A damaged copy with the same metadata: the journal is the same file, the frames are not."""
    store = image_set(3)
    names = list(store.frames)
    first, copy = write_folder(store, tmp_path / "first"), write_folder(store, tmp_path / "copy")
    (first / "frames" / f"{names[0]}.j2c").unlink()
    (copy / "frames" / f"{names[1]}.j2c").write_bytes(b"damaged")
    journal = str(tmp_path / "journal")
    assert run(str(first), "--journal", journal)[0] == 1
    code, report = run(str(copy), "--journal", journal, "--resume")
    assert (code, report["verified"], report["unreadable"]) == (1, 2, 1)


def test_the_same_folder_by_another_name_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = image_set(3)
    folder = write_folder(store, tmp_path)
    missing = folder / "frames" / f"{next(iter(store.frames))}.j2c"
    missing.rename(tmp_path / "hidden")
    journal = str(tmp_path / "journal")
    assert run(str(folder), "--journal", journal)[0] == 1
    (tmp_path / "hidden").rename(missing)
    for frame in (folder / "frames").iterdir():
        if frame != missing:
            frame.unlink()  # nobody reads them again
    monkeypatch.chdir(tmp_path)
    assert run(folder.name, "--journal", journal, "--resume")[0] == 0


def test_a_journal_that_another_verification_began_is_not_deleted(tmp_path: Path) -> None:
    store = image_set(2)
    first = Journal(tmp_path / "j", resume=False)
    verify(store, tmp_path / "j", resume=False)
    first.clear()
    first.close()
    with Journal(tmp_path / "j", resume=True) as second:
        assert len(second) == 2


def test_every_torn_end_and_every_changed_byte(tmp_path: Path) -> None:
    """Whatever is left of a journal: what it says of a frame is what was written, or nothing."""
    store = image_set(3)
    path = tmp_path / "j"
    expected = {frame.frame_id: frame for frame in verify(store, path, resume=False).frames}
    whole = path.read_bytes()
    metadata = list(frame_tasks(read_metadata(store.read_metadata())))
    keys = {task_key(task, "listed", "MemoryStore"): task.frame.id for task in metadata}

    def known(data: bytes) -> int:
        path.write_bytes(data)
        count = 0
        with Journal(path, resume=True) as journal:
            for key, name in keys.items():
                outcome = journal.get(key)
                count += outcome is not None
                assert outcome is None or outcome.levels == expected[name].levels
            assert len(journal) == count
        return count

    assert known(whole) == 3
    assert known(whole[:-1]) == 2
    for length in range(0, len(whole), 7):
        assert known(whole[:length]) == max(0, whole[:length].count(b"\n") - 1)
    for position in range(1, len(whole), 11):
        assert known(whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :]) in (1, 2)


def test_lines_after_a_torn_one_count(tmp_path: Path) -> None:
    store = image_set(4)
    path = tmp_path / "j"
    verify(store, path, resume=False)
    path.write_bytes(path.read_bytes()[:-30])
    assert verify(store, path, resume=True).ok
    store.reads.clear()
    assert verify(store, path, resume=True).ok
    assert store.reads == []


def test_a_line_that_is_nested_too_deep_is_no_entry(tmp_path: Path) -> None:
    text = b"[" * 100_000
    path = tmp_path / "journal"
    path.write_bytes(f"\n{htj2k.crc32(text):08x} ".encode("ascii") + text + b"\n")
    with Journal(path, resume=True):
        pass


@pytest.mark.parametrize("content", [b"x", b"{}\n", b"\n", b"\nnotes of mine\n", bytes(100)])
@pytest.mark.parametrize("resume", [False, True])
def test_another_file_is_left_as_it_is(tmp_path: Path, content: bytes, resume: bool) -> None:
    path = tmp_path / "report"
    path.write_bytes(content)
    if content == b"\n":  # a journal that nothing was written to
        Journal(path, resume=resume).close()
        assert not path.exists()
        return
    with pytest.raises(FileExistsError, match="not a journal") as raised:
        Journal(path, resume=resume)
    assert raised.value.filename == str(path)
    assert path.read_bytes() == content
    folder = write_folder(image_set(1), tmp_path / "out")
    resumed = ["--resume"] if resume else []
    result = CliRunner().invoke(app, ["verify", str(folder), "--journal", str(path), *resumed])
    assert result.exit_code == 2
    assert "not a journal" in result.output
    assert path.read_bytes() == content


def test_junit(tmp_path: Path) -> None:
    store = image_set(3)
    del store.frames[next(iter(store.frames))]
    folder = write_folder(store, tmp_path / "out")
    (folder / "frames" / "stray").write_bytes(b"")
    report = tmp_path / "report.xml"
    assert CliRunner().invoke(app, ["verify", str(folder), "--junit", str(report)]).exit_code == 1
    suites = ET.parse(report).getroot()
    assert {key: suites.get(key) for key in ("tests", "failures", "errors")} == {
        "tests": "4",
        "failures": "0",
        "errors": "2",
    }
    unwritable = str(tmp_path / "no" / "report.xml")
    assert CliRunner().invoke(app, ["verify", str(folder), "--junit", unwritable]).exit_code == 2
