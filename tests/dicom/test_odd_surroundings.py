"""Jobs where locale, clock, permissions, names and links are not the usual ones."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dicom_files import dataset, lines, write
from htj2k.dicom import export, ingest, transcode
from htj2k.healthimaging import verify_folder
from images import noise

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="names, links and permissions of POSIX")

SCRIPT = """
import locale, os, sys, time
from pathlib import Path
{before}
from htj2k.dicom import export, ingest, transcode
from htj2k.healthimaging import verify_folder
source, output = map(Path, sys.argv[1:])
assert len(ingest(source, output / "sets").imported) == 2
assert verify_folder(output / "sets").ok
assert transcode(source, output / "transcoded").ok
assert export(output / "sets", output / "exported").ok
"""
CLOCK = """
real, calls = time.time, iter(range(10**9))
time.time = lambda: real() - 3600 * next(calls)
"""
COMMA = """
for name in ("de_DE.UTF-8", "fr_FR.UTF-8", "tr_TR.UTF-8"):
    try:
        locale.setlocale(locale.LC_ALL, name)
        break
    except locale.Error:
        pass
locale.localeconv = lambda: {"decimal_point": ",", "thousands_sep": "."}
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    for seed in range(2):
        attributes = {"PixelSpacing": ["0.5", "0.25"], "SliceThickness": "1.5", "ContentTime": "235959.999"}
        write(tmp_path / "in" / f"{seed}.dcm", dataset(noise((20, 30), "u2", seed=seed), **attributes))
    return tmp_path / "in"


def contents(folder: Path) -> dict[str, bytes]:
    names = (path for path in sorted(folder.rglob("*")) if path.is_file() and "manifest" not in path.name)
    return {str(path.relative_to(folder)): path.read_bytes() for path in names}


def run(source: Path, output: Path, before: str = "", **environment: str) -> dict[str, bytes]:
    output.mkdir()
    command = [sys.executable, "-W", "ignore", "-c", SCRIPT.format(before=before), str(source), str(output)]
    result = subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, check=False, timeout=120
    )
    assert result.returncode == 0, result.stderr
    return contents(output)


@pytest.mark.parametrize(
    ("before", "environment"),
    [
        ("", {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}),
        ("", {"LC_ALL": "tr_TR.UTF-8", "TZ": "Pacific/Kiritimati"}),
        (COMMA, {"TZ": "America/St_Johns"}),
        (CLOCK, {"TZ": "No/Such_Zone"}),
        ("os.umask(0o077)", {}),
    ],
)
def test_locale_time_and_umask_change_no_byte(
    source: Path, tmp_path: Path, before: str, environment: dict[str, str]
) -> None:
    expected = run(source, tmp_path / "usual", LC_ALL="C.UTF-8", TZ="UTC")
    assert run(source, tmp_path / "odd", before, **environment) == expected


@pytest.mark.parametrize("mask", [0o077, 0o022, 0o002])
def test_files_and_folders_get_the_permissions_of_the_umask(source: Path, tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        ingest(source, tmp_path / "sets", threads=1)
        transcode(source, tmp_path / "transcoded", threads=1)
        export(tmp_path / "sets", tmp_path / "exported", threads=1)
    finally:
        os.umask(before)
    for name in ("sets", "transcoded", "exported"):
        for path in (tmp_path / name).rglob("*"):
            assert path.stat().st_mode & 0o777 == (0o777 if path.is_dir() else 0o666) & ~mask, path


ODD_NAMES = [
    b"caf\xe9.dcm",
    b"\xff\xfe",
    b"new\nline.dcm",
    b"-rf",
    b" ",
    "\u0130\u0131.dcm".encode(),
    b"x" * 251 + b".dcm",
]


def test_odd_file_names(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 are shown escaped, and are kept in what transcode writes."""
    folder = os.fsencode(tmp_path / "in")
    os.mkdir(folder)
    for seed, name in enumerate(ODD_NAMES):
        made = write(tmp_path / "made.dcm", dataset(noise((5, 6), "u1", seed=seed)))
        os.rename(made, os.path.join(folder, name))
    report = ingest(tmp_path / "in", tmp_path / "sets")
    assert len(report.imported) == len(ODD_NAMES)
    shown = {line["inputFile"] for line in lines(tmp_path / "sets", "success")}
    assert {"in/caf\\xe9.dcm", "in/\\xff\\xfe", "in/new\nline.dcm"} <= shown
    assert verify_folder(tmp_path / "sets").ok
    assert transcode(tmp_path / "in", tmp_path / "out").count("written") == len(ODD_NAMES)
    assert set(os.listdir(os.fsencode(tmp_path / "out"))) == set(ODD_NAMES)
    assert transcode(tmp_path / "out", tmp_path / "out").count("skipped") == len(ODD_NAMES)


def edit(sets: Path, change: Any) -> None:
    """Change the only document, and put it back."""
    (path,) = sets.glob("*/metadata.json.gz")
    document = json.loads(gzip.decompress(path.read_bytes()))
    ((_, series),) = document["Study"]["Series"].items()
    change(document, series)
    path.write_bytes(gzip.compress(json.dumps(document).encode()))


@pytest.fixture
def sets(source: Path, tmp_path: Path) -> Path:
    ingest(source, tmp_path / "sets", threads=1)
    return tmp_path / "sets"


BAD_IDS = ["../../escaped", "/tmp/escaped", "a\0b", "", ".", "..", "x" * 300, "a/b", "C:\\x", "con\n", "\udcff"]


@pytest.mark.parametrize("name", BAD_IDS)
def test_ids_lead_nowhere(sets: Path, tmp_path: Path, name: str) -> None:
    """Of an instance, which names a file, and of a frame, which names another; also of the image set."""

    def rename_instance(document: Any, series: Any) -> None:
        first = next(iter(series["Instances"]))
        instance = series["Instances"][name] = series["Instances"].pop(first)
        instance["DICOM"]["SOPInstanceUID"] = name

    before = contents(tmp_path)
    edit(sets, rename_instance)
    report = export(sets, tmp_path / "out" / "deep", threads=1)
    assert [bool(entry.path) for entry in report.instances].count(True) == 1
    assert len(list((tmp_path / "out").rglob("*.dcm"))) == 1

    def rename_frame(document: Any, series: Any) -> None:
        for instance in series["Instances"].values():
            instance["ImageFrames"][0]["ID"] = name

    edit(sets, rename_frame)
    if name:  # metadata without an ID are refused as a whole
        assert not any(entry.path for entry in export(sets, tmp_path / "out", threads=1).instances)
    assert not verify_folder(sets).ok
    edit_id = {"ImageSetID": name}
    edit(sets, lambda document, series: document.update(edit_id))
    assert not verify_folder(sets).ok
    written = {path for path in contents(tmp_path).keys() - before.keys() if not path.startswith("out/")}
    assert written == set()
    assert not Path("/tmp/escaped").exists()


def test_links_to_what_never_ends(sets: Path, tmp_path: Path) -> None:
    """A frame, or the metadata, that is a link to a device or a pipe is no frame."""
    frames = sorted(sets.glob("*/frames/*.j2c"))
    os.mkfifo(tmp_path / "pipe")
    for frame, target in zip(frames, ("/dev/zero", tmp_path / "pipe"), strict=True):
        frame.unlink()
        frame.symlink_to(target)
    report = verify_folder(sets)
    assert [frame.status for frame in report.frames] == ["unreadable", "unreadable"]
    assert "not a regular file" in report.frames[0].reason
    with pytest.raises(OSError, match="not a regular file"):
        export(sets, tmp_path / "out", threads=1)
    (metadata,) = sets.glob("*/metadata.json.gz")
    metadata.unlink()
    metadata.symlink_to(tmp_path / "pipe")
    assert "not a regular file" in verify_folder(sets).problems[0].message


def test_links_in_targets_are_replaced_not_followed(source: Path, sets: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_bytes(b"precious")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "0.dcm").symlink_to(precious)
    assert not transcode(source, tmp_path / "out", threads=1).ok
    assert transcode(source, tmp_path / "out", overwrite=True, threads=1).ok
    exported = export(sets, tmp_path / "exported", threads=1).instances[0].path
    assert exported is not None
    exported.unlink()
    exported.symlink_to(precious)
    assert export(sets, tmp_path / "exported", threads=1).ok
    assert precious.read_bytes() == b"precious"
    assert not any(path.is_symlink() for path in (tmp_path / "out").iterdir())


def test_a_loop_of_links_as_a_source(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    for job in (ingest, transcode, export):
        with pytest.raises(OSError, match=str(tmp_path / "a")):
            job(tmp_path / "a", tmp_path / "out")
    with pytest.raises(OSError, match=str(tmp_path / "a")):
        verify_folder(tmp_path / "a")
