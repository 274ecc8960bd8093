"""Files to other transfer syntaxes: verified before they replace anything, resumable, honest about failures."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import htj2k
from dicom_files import dataset, pydicom, write
from htj2k.cli.app import app
from htj2k.dicom import image_pixel, read_dataset, transcode
from htj2k.dicom.frames import original_frames
from htj2k.dicom.scan import InputFile
from htj2k.dicom.syntaxes import EXPLICIT, HTJ2K_LOSSLESS_RPCL, HTJ2K_SYNTAXES
from htj2k.dicom.transcode import TRANSCODE_SYNTAXES, TranscodeTask, transcode_file
from images import noise

BUNDLED = Path(pydicom.data.__file__).parent / "test_files"

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # of pydicom, about odd values in old files


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file()) if folder.exists() else []


@pytest.mark.parametrize("syntax", [EXPLICIT, HTJ2K_LOSSLESS_RPCL])
def test_every_bundled_file(tmp_path: Path, syntax: str) -> None:
    report = transcode(BUNDLED, tmp_path / "out", transfer_syntax=syntax)
    assert report.count("written") >= 145
    for path in files(tmp_path / "out"):
        source, result = read_dataset(BUNDLED / path.relative_to(tmp_path / "out")), read_dataset(path)
        assert result.SOPInstanceUID == source.SOPInstanceUID
        if "PixelData" in source:
            assert result.file_meta.TransferSyntaxUID == syntax
            for expected, actual in zip(original_frames(source), original_frames(result), strict=True):
                np.testing.assert_array_equal(actual, expected, err_msg=str(path))
    for entry in report.files:
        assert entry.reason or entry.status == "written"


@pytest.mark.parametrize("syntax", HTJ2K_SYNTAXES)
def test_there_and_back(tmp_path: Path, syntax: str) -> None:
    ds = dataset(noise((3, 40, 33), "i2") >> 4, BitsStored=12, HighBit=11, PatientComments="kept")
    source = write(tmp_path / "a.dcm", ds)
    assert transcode(source, tmp_path / "b.dcm", transfer_syntax=syntax).ok
    encoded = pydicom.dcmread(tmp_path / "b.dcm")
    assert encoded.file_meta.TransferSyntaxUID == syntax
    for frame in pydicom.encaps.generate_frames(encoded.PixelData, number_of_frames=3):
        assert htj2k.read_info(frame).components[0].bit_depth == 12
    assert transcode(tmp_path / "b.dcm", tmp_path / "c.dcm", transfer_syntax=EXPLICIT).ok
    back = pydicom.dcmread(tmp_path / "c.dcm")
    assert back == ds
    assert bytes(back.PixelData) == ds.PixelData


def folder_of(tmp_path: Path, count: int) -> Path:
    for number in range(count):
        write(tmp_path / "in" / f"d{number % 3}" / f"{number}.dcm", dataset(noise((30, 20), "u2", seed=number)))
    (tmp_path / "in" / "readme.txt").write_text("no DICOM")
    return tmp_path / "in"


def test_what_is_there_is_skipped(tmp_path: Path) -> None:
    source, target = folder_of(tmp_path, 6), tmp_path / "out"
    first = transcode(source, target)
    assert (first.count("written"), first.count("left out"), first.ok) == (6, 1, True)
    (target / "d0" / "0.dcm").unlink()
    (source / "d1" / "1.dcm").touch()  # newer than what was made of it
    stamps = {path: path.stat().st_mtime_ns for path in files(target)}
    second = transcode(source, target)
    assert (second.count("written"), second.count("skipped"), second.count("failed")) == (1, 4, 1)
    assert {path for path in files(target) if stamps.get(path) != path.stat().st_mtime_ns} == {target / "d0/0.dcm"}
    third = transcode(source, target, overwrite=True)
    assert (third.count("written"), third.count("skipped"), third.ok) == (1, 5, True)


def test_another_file_is_not_replaced_unasked(tmp_path: Path) -> None:
    source = write(tmp_path / "a.dcm", dataset(noise((9, 9), "u2")))
    target = tmp_path / "b.dcm"
    target.write_bytes(b"precious")
    report = transcode(source, target)
    assert not report.ok
    assert "exists" in report.files[0].reason
    assert target.read_bytes() == b"precious"
    assert transcode(source, target, overwrite=True).ok


def test_in_place(tmp_path: Path) -> None:
    source = folder_of(tmp_path, 4)
    before = {path: next(original_frames(read_dataset(path))) for path in source.rglob("*.dcm")}
    assert transcode(source, source).count("written") == 4
    for path, pixels in before.items():
        ds = read_dataset(path)
        assert ds.file_meta.TransferSyntaxUID == HTJ2K_LOSSLESS_RPCL
        np.testing.assert_array_equal(next(original_frames(ds)), pixels)
    assert transcode(source, source).count("skipped") == 4


def test_replaced_files_keep_their_permissions(tmp_path: Path) -> None:
    source = folder_of(tmp_path, 1)
    (path,) = source.rglob("*.dcm")
    path.chmod(0o600)
    assert transcode(source, source).count("written") == 1
    assert path.stat().st_mode & 0o777 == 0o600


def test_each_frame_that_is_read_again_counts_for_the_time_limit(tmp_path: Path) -> None:
    """Else the comparison of a file of many frames has the time of one."""
    path = write(tmp_path / "a.dcm", dataset(noise((5, 8, 9), "u2")))
    task = TranscodeTask(InputFile(path, "a"), tmp_path / "b.dcm", HTJ2K_LOSSLESS_RPCL, overwrite=False)
    ticks = []
    assert transcode_file(task, lambda: ticks.append(1)).status == "written"
    assert len(ticks) == 10


@pytest.mark.parametrize("fault", ["samples", "attribute"])
def test_what_does_not_verify_replaces_nothing(
    tmp_path: Path, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A codec that changes one sample, or a writer that changes an attribute, is found before the rename."""
    source = write(tmp_path / "a.dcm", dataset(noise((9, 9), "u2"), PatientComments="kept"))
    before = source.read_bytes()
    if fault == "samples":
        encode = htj2k.encode

        def change(pixels: Any, **options: Any) -> bytes:
            changed = pixels.copy()
            changed[4, 4] ^= 1
            return encode(changed, **options)

        monkeypatch.setattr(image_pixel.htj2k, "encode", change)
    else:
        write_file = pydicom.dcmwrite

        def change_comment(file: Any, ds: Any, **options: Any) -> None:
            ds.PatientComments = "lost"
            write_file(file, ds, **options)
            ds.PatientComments = "kept"

        monkeypatch.setattr(pydicom, "dcmwrite", change_comment)
    report = transcode(source, source)
    assert not report.ok
    assert ("samples" if fault == "samples" else "PatientComments") in report.files[0].reason
    assert source.read_bytes() == before
    assert files(tmp_path) == [source]


def test_a_full_disk_stops_the_job_and_leaves_nothing_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = folder_of(tmp_path, 3)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left") as raised:
        transcode(source, tmp_path / "out")
    names = Path(raised.value.filename).relative_to(tmp_path / "out")
    assert names.as_posix() in {
        path.relative_to(source).as_posix() for path in files(source)
    }  # nothing unfinished
    assert not files(tmp_path / "out")


def test_a_killed_job_goes_on_where_it_was(tmp_path: Path) -> None:
    for number in range(40):
        write(tmp_path / "in" / f"{number}.dcm", dataset(noise((300, 300), "u2", seed=number)))
    command = [sys.executable, "-m", "htj2k.cli", "transcode", str(tmp_path / "in"), str(tmp_path / "out")]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while len(list((tmp_path / "out").glob("*.dcm"))) < 3 and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    done = list((tmp_path / "out").glob("*.dcm"))
    for path in done:
        assert len(list(original_frames(read_dataset(path)))) == 1
    report = transcode(tmp_path / "in", tmp_path / "out")
    assert report.ok
    assert report.count("skipped") >= len(done) >= 3
    assert len(list((tmp_path / "out").iterdir())) == 40  # and nothing unfinished


def test_wrong_arguments(tmp_path: Path) -> None:
    source = folder_of(tmp_path, 1)
    with pytest.raises(ValueError, match="transfer_syntax"):
        transcode(source, tmp_path / "out", transfer_syntax="1.2.840.10008.1.2.4.90")
    with pytest.raises(ValueError, match="lies in"):
        transcode(source, source / "out")
    with pytest.raises(ValueError, match="time_limit"):
        transcode(source, tmp_path / "out", time_limit=0)
    with pytest.raises(FileNotFoundError):
        transcode(tmp_path / "nowhere", tmp_path / "out")


def test_exit_codes_and_json(tmp_path: Path) -> None:
    source = folder_of(tmp_path, 2)
    run = CliRunner().invoke
    result = run(app, ["transcode", str(source), str(tmp_path / "out"), "--json"])
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    assert (document["ok"], document["written"], document["leftOut"], document["frames"]) == (True, 2, 1, 2)
    (source / "bad.dcm").write_bytes((source / "d0" / "0.dcm").read_bytes()[:-50])
    result = run(app, ["transcode", str(source), str(tmp_path / "out"), "--json"])
    assert result.exit_code == 1
    assert "truncated" in json.loads(result.stdout)["failures"][0]["reason"]
    assert run(app, ["transcode", str(tmp_path / "nowhere"), str(tmp_path / "x")]).exit_code == 2
    (tmp_path / "empty").mkdir()
    assert run(app, ["transcode", str(tmp_path / "empty"), str(tmp_path / "x")]).exit_code == 1


def test_every_offered_syntax_has_a_name_in_the_command() -> None:
    from htj2k.cli.transcode import _SYNTAXES

    assert set(_SYNTAXES.values()) == set(TRANSCODE_SYNTAXES)
