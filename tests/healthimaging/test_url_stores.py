"""Image sets behind URLs: S3 (moto's server), zip files, a web server, memory."""

from __future__ import annotations

import contextlib
import functools
import http.server
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

fsspec = pytest.importorskip("fsspec")

from click.testing import CliRunner  # noqa: E402

from htj2k.cli.app import app  # noqa: E402
from htj2k.healthimaging import (  # noqa: E402
    Retry,
    UrlPath,
    find_image_sets,
    url_path,
    verify_folder,
    verify_image_set,
)
from image_sets import IMAGE_SET, KEY, MemoryStore, image_set, statuses, write_folder  # noqa: E402
from loopback import serve_loopback  # noqa: E402

OTHER = "b" * 32


def output(tmp_path: Path) -> tuple[Path, MemoryStore]:
    """Two image sets, of 5 frames and of 2, and the manifest of the job that made them."""
    store = image_set(5)
    write_folder(store, tmp_path / "out")
    write_folder(image_set(2, shape=(9, 7), image_set_id=OTHER), tmp_path / "out")
    sets = [{"imageSetId": name, "numberOfMatchedSOPInstances": 1} for name in (IMAGE_SET, OTHER)]
    manifest = {"jobSummary": {"imageSetsSummary": sets}}
    (tmp_path / "out" / "job-output-manifest.json").write_text(json.dumps(manifest))
    return tmp_path / "out", store


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    moto = pytest.importorskip("moto.server")
    pytest.importorskip("s3fs")
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, MemoryStore]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3)
    folder, store = output(tmp_path)
    files = fsspec.filesystem("s3", skip_instance_cache=True)
    with contextlib.suppress(FileExistsError):
        files.mkdir("images")
    if files.exists("images/out"):
        files.rm("images/out", recursive=True)
    files.put(str(folder), "images/out", recursive=True)
    return files, store


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["verify", *arguments])
    return result.exit_code, result.output


def test_s3(bucket: tuple[Any, MemoryStore]) -> None:
    files, store = bucket
    code, text = run("s3://images/out")
    assert code == 0, text
    assert "7 of 7 frames verified" in text
    names = list(store.frames)
    frames = f"images/out/{IMAGE_SET}/frames"
    files.pipe_file(f"{frames}/{names[0]}.j2c", store.frames[names[1]])
    files.pipe_file(f"{frames}/stray.j2c", b"")
    files.rm_file(f"{frames}/{names[2]}.j2c")
    report = verify_folder("s3://images/out")
    assert statuses(report) == {"verified": 5, "mismatch": 1, "missing": 1}
    assert [problem.message for problem in report.problems] == ["frames/stray.j2c is listed in no metadata"]


def test_s3_one_image_set_and_what_is_not_there(bucket: tuple[Any, MemoryStore]) -> None:
    files, _ = bucket
    assert run(f"s3://images/out/{OTHER}/")[0] == 0
    assert run("s3://images/nothing")[0] == 2
    code, text = run("s3://no-such-bucket/out")
    assert code == 2
    assert "s3://no-such-bucket/out" in text
    files.rm(f"images/out/{OTHER}", recursive=True)
    report = verify_folder("s3://images/out")
    assert not report.ok
    assert "image set is missing" in report.problems[0].message


def test_zip(tmp_path: Path) -> None:
    folder, store = output(tmp_path)
    archive = shutil.make_archive(str(tmp_path / "sets"), "zip", folder)
    code, text = run(f"zip://::{archive}")
    assert code == 0, text
    assert "7 of 7" in text
    assert run(f"zip://{OTHER}::file://{archive}")[0] == 0
    root = UrlPath.open(f"zip://::{archive}")
    assert (root / OTHER / "x").url == f"zip://{OTHER}/x::{archive}"
    store.entry()[KEY][0]["Checksum"] ^= 1
    shutil.rmtree(folder / IMAGE_SET)
    write_folder(store, folder)
    archive = shutil.make_archive(str(tmp_path / "wrong"), "zip", folder)
    assert run(f"zip://::{archive}")[0] == 1


def test_a_zip_whose_files_become_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, store = output(tmp_path)
    bomb = folder / IMAGE_SET / "frames" / f"{store.entry()['ID']}.j2c"
    bomb.write_bytes(bytes(200_000))
    archive = shutil.make_archive(str(tmp_path / "sets"), "zip", folder)
    monkeypatch.setattr(url_path, "MOST_BYTES_OF_ARCHIVED_FILE", 100_000)
    report = verify_folder(f"zip://::{archive}")
    (failed,) = report.failures()
    assert failed
    assert [f.reason for f in report.frames if f.status == "unreadable"] == [
        f"zip://{IMAGE_SET}/frames/{bomb.name}::{archive}: larger than 100000 bytes"
    ]
    monkeypatch.setattr(url_path, "MOST_BYTES_OF_ARCHIVED_FILE", 10)
    report = verify_folder(f"zip://::{archive}")
    assert not report.ok
    assert any(
        "metadata.json.gz: [Errno 27] larger than 10 bytes" in problem.message for problem in report.problems
    )


class _Quiet(http.server.SimpleHTTPRequestHandler):
    lists = True

    def log_message(self, *_: Any) -> None:
        pass

    def list_directory(self, path: Any) -> Any:
        if self.lists:
            return super().list_directory(path)
        self.send_error(403)
        return None


def web_server(folder: Path, lists: bool) -> contextlib.AbstractContextManager[str]:
    handler = type("Handler", (_Quiet,), {"lists": lists})
    return serve_loopback(functools.partial(handler, directory=str(folder)))


@pytest.mark.parametrize("lists", [True, False])
def test_a_web_server(tmp_path: Path, lists: bool) -> None:
    """One that does not list its folders can be verified too: the manifest and the metadata say what is there."""
    pytest.importorskip("aiohttp")
    folder, store = output(tmp_path)
    with web_server(folder, lists) as url:
        report = verify_folder(url)
        (folder / IMAGE_SET / "frames" / f"{next(iter(store.frames))}.j2c").unlink()
        broken = verify_folder(f"{url}/{IMAGE_SET}")
    assert report.problems == []
    assert statuses(report) == {"verified": 7}
    assert statuses(broken) == {"verified": 4, "missing": 1}


def test_a_manifest_behind_errors_is_not_taken_for_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the manifest nobody would miss an image set that is gone."""
    pytest.importorskip("aiohttp")
    monkeypatch.setattr("htj2k.healthimaging.retry.time.sleep", lambda _: None)
    folder, _ = output(tmp_path)
    shutil.rmtree(folder / OTHER)

    class InTrouble(_Quiet):
        def send_head(self) -> Any:
            return self.send_error(503) if self.path.endswith("manifest.json") else super().send_head()

    with serve_loopback(functools.partial(InTrouble, directory=str(folder))) as url:
        report = verify_folder(url)
    assert not report.ok
    assert [problem.where for problem in report.problems] == ["job-output-manifest.json"]


INTERRUPTIBLE = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # background jobs of a shell ignore it
from htj2k.cli import main
main()
"""


@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT")
def test_an_interrupt_does_not_wait_for_a_server_that_does_not_answer(tmp_path: Path) -> None:
    pytest.importorskip("aiohttp")
    folder = write_folder(image_set(3), tmp_path)
    asked, ended = threading.Event(), threading.Event()

    class Silent(_Quiet):
        def send_head(self) -> Any:
            if not self.path.endswith(".j2c"):
                return super().send_head()
            asked.set()
            ended.wait(60)
            return self.send_error(503)

    with serve_loopback(functools.partial(Silent, directory=str(tmp_path))) as url:
        command = [sys.executable, "-c", INTERRUPTIBLE, "verify", f"{url}/{folder.name}"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
            try:
                assert asked.wait(60)
                process.send_signal(signal.SIGINT)
                assert "Aborted" in process.communicate(timeout=20)[1]
            finally:
                process.kill()
                ended.set()
    assert process.returncode == 1


def test_a_zip_without_a_manifest(tmp_path: Path) -> None:
    folder, _ = output(tmp_path)
    (folder / "job-output-manifest.json").unlink()
    archive = shutil.make_archive(str(tmp_path / "sets"), "zip", folder)
    assert verify_folder(f"zip://::{archive}").ok


def test_a_store_of_one_image_set(tmp_path: Path) -> None:
    folder, _ = output(tmp_path)
    root = UrlPath.open(f"memory://{tmp_path.name}")
    root.file_system.put(str(folder), f"/{tmp_path.name}", recursive=True)
    first, _second = find_image_sets(root)
    assert first.image_set_id == IMAGE_SET
    assert verify_image_set(first.read_metadata(), first).ok


class Flaky:
    """A file system whose every call fails twice before it works; or always."""

    def __init__(self, error: Exception, failures: int) -> None:
        self.error, self.failures, self.calls = error, failures, 0

    def cat_file(self, path: str) -> bytes:
        self.calls += 1
        if self.calls <= self.failures:
            raise self.error
        return path.encode()


def flaky(error: Exception, failures: int) -> tuple[Flaky, UrlPath]:
    files = Flaky(error, failures)
    return files, UrlPath("x://a/b", files, "a/b", Retry(attempts=4, first_delay=0.001))


def test_what_passes_is_tried_again() -> None:
    files, path = flaky(ConnectionResetError("gone"), 2)
    assert path.read_bytes() == b"a/b"
    files, path = flaky(RuntimeError("strange"), 9)
    with pytest.raises(OSError, match=r"RuntimeError: strange.*x://a/b"):
        path.read_bytes()
    assert files.calls == 4
    for final in (FileNotFoundError(), PermissionError("no")):
        files, path = flaky(final, 9)
        with pytest.raises(type(final), match="x://a/b"):
            path.read_bytes()
        assert files.calls == 1


@pytest.mark.parametrize("url", ["nosuchprotocol://x", "zip://::/no/such/file.zip"])
def test_urls_that_cannot_be_opened(url: str) -> None:
    code, text = run(url)
    assert code == 2
    assert url.split(":")[0] in text or "such" in text


@pytest.mark.parametrize("arguments", [{"attempts": 0}, {"first_delay": -1}, {"longest_delay": -1}])
def test_retry_arguments(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="attempt"):
        Retry(**arguments)


def test_delays_grow_up_to_the_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)

    def fail() -> None:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        Retry(attempts=2000, first_delay=1, longest_delay=8).call(fail, lambda _: True)
    assert len(slept) == 1999
    for delay, most in zip(slept, [1, 2, 4, *[8] * 1996], strict=True):
        assert most / 2 <= delay <= most
