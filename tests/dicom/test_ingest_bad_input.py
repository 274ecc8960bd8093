"""Bad files land in failure.ndjson with a reason; they never stop a job or leave half of anything."""

from __future__ import annotations

import errno
import os
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate_extended
from pydicom.uid import DeflatedExplicitVRLittleEndian, HTJ2KLosslessRPCL

import htj2k
from dicom_files import dataset, documents, failure, instances, lines, write
from htj2k.cli.app import app
from htj2k.dicom import ingest, read_dataset, read_frame
from htj2k.dicom.errors import InvalidInstance, UnsupportedInstance
from htj2k.healthimaging import find_image_sets, verify_folder
from images import noise


@pytest.mark.filterwarnings("ignore::UserWarning")  # pydicom's, of the values that are too long
@pytest.mark.parametrize(
    ("attributes", "text"),
    [
        ({"Rows": None}, "Rows"),
        ({"BitsAllocated": None}, "BitsAllocated"),
        ({"StudyInstanceUID": None}, "StudyInstanceUID"),
        ({"SeriesInstanceUID": None}, "SeriesInstanceUID"),
        ({"PhotometricInterpretation": "CMYK"}, "CMYK"),
        ({"BitsAllocated": 24}, "24"),
        ({"PixelData": b"\0" * 10}, "10"),
        ({"PatientID": "x" * 257}, "PatientID"),
        ({"StudyID": "x" * 17}, "StudyID"),
    ],
)
def test_one_bad_attribute(tmp_path: Path, attributes: dict[str, Any], text: str) -> None:
    ds = dataset(noise((8, 9), "u2"), **attributes)
    write(tmp_path / "in" / "bad.dcm", ds)
    write(tmp_path / "in" / "good.dcm", dataset(noise((8, 9), "u2")))
    report = ingest(tmp_path / "in", tmp_path / "out")
    assert len(report.imported) == 1
    assert text in failure(tmp_path / "out")["message"]
    assert verify_folder(tmp_path / "out").ok


@pytest.mark.parametrize("content", [b"", b"hello", b"\0" * 128 + b"DICM", b"\0" * 200])
def test_not_dicom(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "file").write_bytes(content)
    report = ingest(tmp_path / "in", tmp_path / "out")
    assert not report.imported
    assert failure(tmp_path / "out")["message"]


def test_truncated_at_many_places(tmp_path: Path) -> None:
    write(tmp_path / "whole.dcm", dataset(noise((8, 9), "u2")))
    whole = (tmp_path / "whole.dcm").read_bytes()
    (tmp_path / "in").mkdir()
    for n in range(0, len(whole), 37):
        (tmp_path / "in" / f"{n:05}").write_bytes(whole[:n])
    report = ingest(tmp_path / "in", tmp_path / "out")
    # A cut before the pixel data can leave a readable instance without pixels, but never one with wrong pixels.
    frames = [len(i.image_frames) for f in find_image_sets(tmp_path / "out") for i in f.metadata().instances]
    assert sum(frames) == 0
    assert len(report.imported) + len(lines(tmp_path / "out", "failure")) == len(range(0, len(whole), 37))


def test_exit_codes(tmp_path: Path) -> None:
    write(tmp_path / "in" / "good.dcm", dataset(noise((8, 9), "u2")))
    (tmp_path / "in" / "bad").write_bytes(b"x")
    (tmp_path / "only-bad").mkdir()
    (tmp_path / "only-bad" / "bad").write_bytes(b"x")
    run = CliRunner().invoke
    assert run(app, ["ingest", str(tmp_path / "in"), str(tmp_path / "1")]).exit_code == 0
    assert run(app, ["ingest", str(tmp_path / "only-bad"), str(tmp_path / "2")]).exit_code == 1
    assert run(app, ["ingest", str(tmp_path / "nowhere"), str(tmp_path / "3")]).exit_code == 2
    (tmp_path / "file").write_bytes(b"")
    assert run(app, ["ingest", str(tmp_path / "in"), str(tmp_path / "file" / "x")]).exit_code == 2


def test_killed_in_the_middle_leaves_no_half_image_set(tmp_path: Path) -> None:
    for number in range(30):
        write(tmp_path / "in" / f"{number}.dcm", dataset(noise((600, 600), "u2", seed=number)))
    command = [sys.executable, "-m", "htj2k.cli", "ingest", str(tmp_path / "in"), str(tmp_path / "out")]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(0.7)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    if (tmp_path / "out").exists():
        for folder in find_image_sets(tmp_path / "out"):
            for instance in folder.metadata().instances:
                assert all(folder.frame_path(frame.id).exists() for frame in instance.image_frames)


@pytest.mark.parametrize("nth", range(8))
def test_full_disk_leaves_no_half_image_set(tmp_path: Path, nth: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(2):
        write(tmp_path / "in" / f"{number}.dcm", dataset(noise((64, 64), "u2", seed=number)))
    real, calls = os.fsync, iter(range(10**6))

    def full(descriptor: int) -> None:
        if next(calls) >= nth:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        ingest(tmp_path / "in", tmp_path / "out")
    monkeypatch.undo()
    if (tmp_path / "out").exists():
        assert not list((tmp_path / "out").rglob("*.tmp"))
        for folder in find_image_sets(tmp_path / "out"):
            for instance in folder.metadata().instances:
                assert all(folder.frame_path(frame.id).exists() for frame in instance.image_frames)


@pytest.mark.filterwarnings("ignore::UserWarning")  # pydicom's, of such UIDs
@pytest.mark.parametrize("uid", ["1.2.\u00e9", "1.2\r3", "1.2\n{}\n1.3"])
def test_a_uid_that_is_none_stops_no_job_and_spoils_no_metadata(tmp_path: Path, uid: str) -> None:
    ds = dataset(noise((8, 9), "u2"))
    content = write(tmp_path / "a.dcm", ds).read_bytes()
    old = ds.SOPInstanceUID.encode()
    new = uid.encode("latin-1").ljust(len(old), b"\0")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "bad.dcm").write_bytes(content.replace(old, new))
    write(tmp_path / "in" / "good.dcm", dataset(noise((8, 9), "u2", seed=1)))
    assert len(ingest(tmp_path / "in", tmp_path / "out").imported) == 2
    (document,) = documents(tmp_path / "out")
    assert uid in instances(document)
    assert verify_folder(tmp_path / "out").ok


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
@pytest.mark.parametrize("command", ["ingest", "transcode"])
def test_a_pipe_among_the_files_is_not_waited_for(tmp_path: Path, command: str) -> None:
    write(tmp_path / "in" / "good.dcm", dataset(noise((8, 9), "u2")))
    os.mkfifo(tmp_path / "in" / "pipe")
    arguments = [sys.executable, "-m", "htj2k.cli", command, str(tmp_path / "in"), str(tmp_path / "out"), "--json"]
    result = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=60)
    assert "pipe, socket or device" in result.stdout


def deflated_bomb(path: Path, size: int) -> Path:
    """A P10 file whose dataset is some zeros in a private element, deflated."""
    ds = dataset(None, syntax=DeflatedExplicitVRLittleEndian, Modality="SR")
    ds.add_new(0x00090010, "LO", "BOMB")
    ds.add_new(0x00091001, "OB", bytes(size))
    return write(path, ds)


def test_a_deflated_dataset_that_becomes_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = deflated_bomb(tmp_path / "in" / "small.dcm", 100_000)
    bomb = deflated_bomb(tmp_path / "in" / "bomb.dcm", 2_000_000)
    assert bomb.stat().st_size < 10_000
    monkeypatch.setattr("htj2k.dicom.reading.MOST_INFLATED_BYTES", 1_000_000)
    report = ingest(tmp_path / "in", tmp_path / "out")
    assert [entry.input_file for entry in report.imported] == ["in/small.dcm"]
    assert failure(tmp_path / "out")["message"] == "the deflated dataset becomes larger than 1000000 bytes"
    for read in (read_frame, read_dataset):
        with pytest.raises(UnsupportedInstance, match="becomes larger"):
            read(bomb)
    small.write_bytes(small.read_bytes()[:-20])
    with pytest.raises(InvalidInstance, match="damaged or truncated"):
        read_dataset(small)


@pytest.mark.parametrize("offset", [2**63 - 1, 2**64 - 1])
def test_offset_tables_that_lead_out_of_every_file(tmp_path: Path, offset: int) -> None:
    ds = dataset(noise((2, 8, 9), "u2"), syntax=HTJ2KLosslessRPCL)
    codestreams = [htj2k.encode(noise((8, 9), "u2"))] * 2
    ds.PixelData = encapsulate_extended(codestreams)[0]
    ds["PixelData"].VR, ds["PixelData"].is_undefined_length = "OB", True
    ds.ExtendedOffsetTable = struct.pack("<2Q", 0, offset)
    ds.ExtendedOffsetTableLengths = struct.pack("<2Q", len(codestreams[0]), offset)
    path = write(tmp_path / "a.dcm", ds)
    ingest(path, tmp_path / "out")
    assert failure(tmp_path / "out")["exceptionType"] == "InvalidDicomException"
    result = CliRunner().invoke(app, ["encode", str(path), str(tmp_path / "a.j2c"), "--frame", "1"])
    assert (result.exit_code, result.exception.__class__) == (2, SystemExit), result.exception


def test_a_cut_in_the_header_of_an_element_behind_a_sequence(tmp_path: Path) -> None:
    """pydicom reads sequences itself and does not tell where they end."""
    ds = dataset(None, Modality="SR", ReferencedStudySequence=[Dataset()], StudyID="1", ContentLabel="LABEL")
    ds["ReferencedStudySequence"].is_undefined_length = True
    path = write(tmp_path / "a.dcm", ds)
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.index(b"LABEL") - 3])
    with pytest.raises(InvalidInstance, match="ends inside an element"):
        read_dataset(path)
    path.write_bytes(whole)
    assert read_dataset(path).ContentLabel == "LABEL"
