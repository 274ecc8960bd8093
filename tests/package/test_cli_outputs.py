"""What commands write and print: nothing is destroyed, and what cannot be written is told with exit code 2."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import htj2k
from dicom_files import dataset, write
from htj2k.cli.app import app
from htj2k.dicom import ingest
from htj2k.healthimaging.files import replace_file
from images import ct_like, noise

CT = ct_like((90, 70))
POSIX = pytest.mark.skipif(os.name != "posix", reason="links, pipes and devices of POSIX")
FULL = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with ``f.npy``, ``f.j2c``, a link to each, ``folder``, and ``device``, a socket."""
    monkeypatch.chdir(tmp_path)
    np.save("f.npy", CT)
    Path("f.j2c").write_bytes(htj2k.encode(CT))
    os.link("f.npy", "hard.npy")
    os.symlink("f.j2c", "soft.raw")
    Path("folder").mkdir()
    if hasattr(socket, "AF_UNIX"):  # no real device: as root a fault would destroy it
        with socket.socket(socket.AF_UNIX) as device:
            device.bind("device")
    return tmp_path


def contents(folder: Path) -> dict[str, Any]:
    """Of all files, and where links point to."""
    return {
        str(path): os.readlink(path) if path.is_symlink() else path.is_file() and path.read_bytes()
        for path in folder.rglob("*")
    }


def refused(arguments: str) -> str:
    """The error of a command that ends with 2 and changes nothing."""
    before = contents(Path())
    result = CliRunner().invoke(app, arguments.split())
    assert result.exit_code == 2, result.output
    assert contents(Path()) == before
    return result.stderr


@POSIX
@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ("encode f.npy f.npy", "f.npy is the same file as f.npy, which is read"),
        ("encode f.npy ./folder/../f.npy", "is the same file as f.npy, which is read"),
        ("encode f.npy hard.npy", "hard.npy is the same file as f.npy, which is read"),
        ("decode f.j2c soft.raw", "soft.raw is the same file as f.j2c, which is read"),
        ("decode f.j2c o.npy --partial --mask f.j2c", "suffix"),
        ("decode f.j2c o.npy --partial --mask o.npy", "o.npy is the same file as o.npy, which is written as well"),
        ("decode soft.raw soft.raw", "soft.raw is the same file as soft.raw, which is read"),
        ("show f.j2c --output f.j2c", "ends with .png"),
        ("encode f.npy folder", "folder: is a folder; give the name of a file"),
        ("encode f.npy .", ".: is a folder; give the name of a file"),
        ("encode f.npy -", "nothing is written to stdout; give a path (./- for a file of that name)"),
        ("decode f.j2c o.npy --partial --mask -", "nothing is written to stdout"),
        ("ingest folder -", "nothing is written to stdout"),
        ("encode f.npy device", "device: not a regular file but a pipe, socket or device"),
        ("encode f.npy no/a.j2c", "htj2k: error: no/a.j2c: the folder"),
        ("encode f.npy f.npy/a.j2c", "htj2k: error: f.npy/a.j2c: Not a directory"),
        ("show f.j2c --levels --output no/a.png", "no/a.png: the folder"),
        ("encode f.npy a.jp2", "a.jp2: a JP2 file holds no HTJ2K; name it .jph"),
        ("encode f.npy a.JP2 --container jph", "a JP2 file holds no HTJ2K"),
        ("ingest folder f.npy", "f.npy: is not a folder"),
        ("transcode folder f.npy", "f.npy: is not a folder"),
        ("export folder f.npy", "f.npy: is not a folder"),
        ("transcode f.npy device --overwrite", "not a regular file but a pipe, socket or device"),
        ("verify folder --junit no/report.xml", "no/report.xml: the folder"),
        ("verify folder --junit folder", "folder: is a folder"),
        ("verify folder --journal device", "device: not a regular file"),
        ("verify folder --journal a --junit a", "a is the same file as a, which is written as well"),
    ],
)
def test_what_is_not_written(place: Path, arguments: str, text: str) -> None:
    assert text in refused(arguments)


@POSIX
def test_a_pipe_is_not_replaced(place: Path) -> None:
    os.mkfifo("pipe.npy")
    assert "pipe.npy: not a regular file" in refused("decode f.j2c pipe.npy")


@POSIX
def test_levels_replace_no_source(place: Path) -> None:
    source = Path("a_70x90.png")
    source.write_bytes(Path("f.j2c").read_bytes())
    assert "a_70x90.png is the same file as a_70x90.png" in refused("show a_70x90.png --levels --output a.png")


@POSIX
def test_links_are_written_through(place: Path) -> None:
    Path("folder/old.j2c").write_bytes(b"old")
    os.symlink("folder/old.j2c", "link.j2c")
    os.symlink("folder/new.j2c", "new.j2c")
    for link in ("link.j2c", "new.j2c"):
        assert CliRunner().invoke(app, ["encode", "f.npy", link]).exit_code == 0
        assert Path(link).is_symlink()
        assert Path(os.readlink(link)).read_bytes() == htj2k.encode(CT)


def test_the_longest_names(place: Path) -> None:
    name = "a" * 251 + ".j2c"
    assert CliRunner().invoke(app, ["encode", "f.npy", name]).exit_code == 0
    assert Path(name).read_bytes() == htj2k.encode(CT)


def test_a_file_in_its_own_folder(place: Path) -> None:
    path = Path("folder/a.dcm")
    write(path, dataset(noise((20, 24), "u2")))
    assert "folder/a.dcm lies in folder and would be replaced; --overwrite" in refused(f"transcode {path} folder")
    before = path.read_bytes()
    assert CliRunner().invoke(app, ["transcode", str(path), "folder", "--overwrite"]).exit_code == 0
    assert path.read_bytes() != before
    assert CliRunner().invoke(app, ["transcode", str(path), str(path), "--to", "explicit"]).exit_code == 0


@pytest.fixture
def sets(place: Path) -> Path:
    """``sets/ID``: an image set."""
    write(Path("in/a.dcm"), dataset(noise((20, 24), "u2")))
    report = ingest(Path("in"), Path("sets"))
    return Path("sets") / report.imported[0].image_set_id


def test_image_sets_stay_as_they_are(sets: Path) -> None:
    frame = next(path for path in sets.rglob("*") if path.is_file() and path.parent != sets)
    metadata = next(path for path in sets.iterdir() if path.is_file())
    for source, output in (("sets", "sets"), ("sets", "sets/dicom"), (sets, "sets"), (sets, sets)):
        assert "into the image sets" in refused(f"export {source} {output}")
    assert "which is verified; write to another" in refused(f"verify sets --junit {metadata}")
    assert "which is verified; write to another" in refused(f"verify {sets} --junit {metadata}")
    assert "which is verified; write to another" in refused(f"verify sets --journal {frame}")
    for _ in range(2):
        assert CliRunner().invoke(app, ["verify", "sets", "--junit", "sets/report.xml"]).exit_code == 0


def test_a_report_that_fails_costs_no_verdict(sets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise OSError(28, "No space left on device", "report.xml")

    monkeypatch.setattr("htj2k.cli.verify.replace_file", fail)
    result = CliRunner().invoke(app, ["verify", "sets", "--junit", "report.xml", "--json"])
    assert json.loads(result.stdout)["ok"] is True
    assert (result.exit_code, result.stderr) == (2, "htj2k: error: report.xml: No space left on device\n")


# Standard output and error.


# The folder is another one than that of the tests, to which PYTHONPATH may be relative.
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))}


def command(arguments: str, **streams: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "htj2k.cli", *arguments.split()], env=ENVIRONMENT, text=True, check=False, **streams
    )


ALL = ["info f.j2c", "info f.j2c --json", "checksum f.j2c", "show f.j2c", "info no --json", "--help"]


@FULL
@pytest.mark.parametrize("arguments", ALL)
def test_stdout_that_is_full(place: Path, arguments: str) -> None:
    with open("/dev/full", "wb") as full:
        result = command(arguments, stdout=full, stderr=subprocess.PIPE)
    told = "no: No such file or directory" if "no" in arguments.split() else "stdout: No space left on device"
    assert (result.returncode, result.stderr) == (2, f"htj2k: error: {told}\n")


@FULL
def test_stderr_that_is_full(place: Path) -> None:
    with open("/dev/full", "wb") as full:
        assert command("info no", stderr=full).returncode == 2


def closing(descriptor: int) -> Callable[[], None]:
    return lambda: os.close(descriptor)


@POSIX
@pytest.mark.parametrize("arguments", ["info f.j2c", "--help"])
def test_stdout_that_is_closed(place: Path, arguments: str) -> None:
    result = command(arguments, stderr=subprocess.PIPE, preexec_fn=closing(1))
    assert (result.returncode, result.stderr.count("\n")) == (2, 1)
    assert "stdout is closed" in result.stderr


@POSIX
@pytest.mark.parametrize(("arguments", "code"), [("info f.j2c", 0), ("verify folder", 1), ("info no", 2)])
def test_stderr_that_is_closed(place: Path, arguments: str, code: int) -> None:
    assert command(arguments, stdout=subprocess.DEVNULL, preexec_fn=closing(2)).returncode == code


@POSIX
@pytest.mark.parametrize("arguments", ["info f.j2c", "encode f.npy a.j2c", "--help"])
def test_a_broken_pipe_is_quiet(place: Path, arguments: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    result = command(arguments, stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    assert (result.returncode, result.stderr) == (1, "")


def test_a_fault_of_ours_does_not_look_like_a_verdict(place: Path) -> None:
    code = "import htj2k, htj2k.cli; htj2k.read_info = lambda _: 1 / 0; htj2k.cli.main()"
    result = subprocess.run(
        [sys.executable, "-c", code, "info", "f.j2c"], env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 2
    assert "ZeroDivisionError" in result.stderr


def test_what_a_killed_process_left_is_in_nobody_s_way(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a container the next process often has the number of the killed one."""
    target = place / "a.npy"

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", killed)
        patch.setattr(Path, "unlink", killed)
        with pytest.raises(KeyboardInterrupt):
            replace_file(target, b"half")
    assert len(list(place.glob(".*.tmp"))) == 1
    replace_file(target, b"whole")
    assert target.read_bytes() == b"whole"


def test_a_replaced_file_keeps_its_permissions(place: Path) -> None:
    target = place / "a.npy"
    target.write_bytes(b"old")
    target.chmod(0o600)
    replace_file(target, b"new")
    assert target.stat().st_mode & 0o777 == 0o600
