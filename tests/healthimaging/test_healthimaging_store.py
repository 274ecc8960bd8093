"""Image sets of AWS HealthImaging, read through boto3 from a server that fails in all the ways it may."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("boto3")

from click.testing import CliRunner

from healthimaging_server import DATASTORE, ERRORS, Service, serve
from htj2k.cli.app import app
from htj2k.healthimaging import HealthImagingStore, Retry, read_metadata, verify_image_set
from image_sets import IMAGE_SET, KEY, image_set, statuses

QUICK = Retry(attempts=10, first_delay=0.002, longest_delay=0.02)
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))


@pytest.fixture
def service() -> Iterator[Service]:
    with serve(image_set(6)) as running:
        yield running


def connect(service: Service, **options: Any) -> HealthImagingStore:
    options = {"retry": QUICK, "timeout": 5.0, **options}
    return HealthImagingStore(DATASTORE, IMAGE_SET, endpoint_url=service.url, **options)


def test_300_frames_from_a_server_in_trouble() -> None:
    """Throttling, conflicts, server errors, cut and dropped connections, slow answers: all verify, none is lost,
    and the three frames that are really wrong are found."""
    kinds = ("throttle", "conflict", "internal", "unavailable", "cut", "drop", "slow")
    images = image_set(300, shape=(24, 20))
    names = list(images.frames)
    images.frames[names[5]] = images.frames[names[6]]
    images.frames[names[150]] = images.frames[names[150]][:-40]
    images.entry(299)[KEY][-1]["Checksum"] ^= 1
    with serve(images) as service:

        def fault(operation: str, frame_id: str, before: int) -> str | None:
            # Every frame meets one to three faults, of different kinds; the metadata all of them in turn.
            number = names.index(frame_id) if frame_id else 0
            often = 1 + number % 3 if frame_id else len(kinds)
            return kinds[(number + before) % len(kinds)] if before < often else None

        service.fault = fault
        store = connect(service)
        begin = time.monotonic()
        report = verify_image_set(store.read_metadata(), store)
        seconds = time.monotonic() - begin
    assert [frame.frame_id for frame in report.frames] == names
    wrong = {i: frame.status for i, frame in enumerate(report.frames) if not frame.ok}
    assert wrong == {5: "mismatch", 150: "unreadable", 299: "mismatch"}
    assert "TruncatedError" in report.frames[150].reason
    assert all(service.faults[kind] >= 20 for kind in kinds), service.faults
    assert sum(service.faults.values()) > 500
    assert seconds < 30


def test_metadata_and_versions(service: Service) -> None:
    metadata = read_metadata(connect(service).read_metadata())
    assert metadata.image_set_id == IMAGE_SET
    assert len(list(metadata.image_frames())) == 6
    connect(service, version_id="3").read_metadata()
    assert service.versions == [None, "3"]


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        ("denied", PermissionError, ["AccessDeniedException", "medical-imaging:GetImageFrame", "KMS"]),
        ("missing", FileNotFoundError, ["ResourceNotFoundException", "check the IDs and the region"]),
        ("invalid", OSError, ["ValidationException"]),
    ],
)
def test_what_does_not_pass_is_told_at_once(service: Service, fault: str, error: Any, words: list[str]) -> None:
    service.fault = lambda *_: fault
    store = connect(service, retry=Retry(attempts=5, first_delay=10))
    begin = time.monotonic()
    for call, what in ((store.read_metadata, "metadata"), (lambda: store.read("f1"), "image frame f1")):
        with pytest.raises(error) as raised:
            call()
        text = str(raised.value)
        assert all(word in text for word in [*words, what, IMAGE_SET, DATASTORE]), text
    assert time.monotonic() - begin < 5
    assert set(service.asked.values()) == {1}


@pytest.mark.parametrize("fault", ["throttle", "conflict", "internal", "unavailable", "busy", "cut", "drop"])
def test_patience_ends(service: Service, fault: str) -> None:
    service.fault = lambda *_: fault
    store = connect(service, retry=Retry(attempts=3, first_delay=0.001))
    status, code = ERRORS.get(fault, (None, "Error"))
    with pytest.raises(OSError, match=str(code or status)) as raised:
        store.read_metadata()
    assert IMAGE_SET in str(raised.value)
    assert service.asked["getImageSetMetadata", ""] == 3


def test_a_server_that_is_too_slow(service: Service) -> None:
    service.fault = lambda *_: "slow"
    with pytest.raises(OSError, match="ReadTimeoutError"):
        connect(service, timeout=0.1, retry=Retry(attempts=2, first_delay=0.001)).read_metadata()


def test_nobody_there(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(image_set(1)) as gone:
        pass
    with pytest.raises(OSError, match="EndpointConnectionError"):
        connect(gone, retry=Retry(attempts=2, first_delay=0.001)).read_metadata()
    with pytest.raises(OSError, match="AWS configuration"):
        HealthImagingStore("d", "i", profile_name="nobody").read_metadata()
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    with pytest.raises(OSError, match="NoRegionError"):
        HealthImagingStore("d", "i").read_metadata()


def test_no_credentials(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(PermissionError, match="credentials"):
        connect(service).read_metadata()


def test_a_missing_frame(service: Service) -> None:
    names = list(service.store.frames)
    del service.store.frames[names[2]]
    store = connect(service)
    report = verify_image_set(store.read_metadata(), store)
    assert statuses(report) == {"verified": 5, "missing": 1}


def test_a_store_pickles_unless_its_client_is_the_caller_s(service: Service) -> None:
    store = connect(service)
    name = next(iter(service.store.frames))
    data = store.read(name)
    assert pickle.loads(pickle.dumps(store)).read(name) == data
    with pytest.raises(TypeError, match="client of yours"):
        pickle.dumps(connect(service, client=object()))


def test_a_client_of_the_caller_s(service: Service) -> None:
    import boto3

    client = boto3.client("medical-imaging", endpoint_url=service.url, config=config_without_prefix())
    store = HealthImagingStore(DATASTORE, IMAGE_SET, client=client)
    assert verify_image_set(store.read_metadata(), store).ok


class CutOnce:
    """A client, and the body of its answers: the first ends early, as botocore tells it with urllib3 1."""

    def __init__(self) -> None:
        self.cut = False

    def get_image_frame(self, **_: Any) -> dict[str, Any]:
        return {"imageFrameBlob": self}

    def read(self) -> bytes:
        from botocore.exceptions import IncompleteReadError

        if not self.cut:
            self.cut = True
            raise IncompleteReadError(actual_bytes=1, expected_bytes=2)
        return b"ok"


def test_a_body_that_ends_early() -> None:
    assert HealthImagingStore("d", "i", client=CutOnce(), retry=QUICK).read("f") == b"ok"


def config_without_prefix() -> Any:
    from botocore.config import Config

    return Config(inject_host_prefix=False)


def run(service: Service, *arguments: str) -> tuple[int, str]:
    command = ["verify", "--datastore", DATASTORE, "--endpoint-url", service.url, *arguments]
    result = CliRunner().invoke(app, command)
    return result.exit_code, result.output


def test_command_line(service: Service) -> None:
    code, text = run(service, "--image-set", IMAGE_SET)
    assert code == 0
    assert "6 of 6 frames verified" in text
    service.store.entry(2)[KEY][0]["Checksum"] ^= 1
    code, text = run(service, "--image-set", IMAGE_SET, "--json")
    assert code == 1
    assert [frame["status"] for frame in json.loads(text)["reports"]].index("mismatch") == 2


def test_command_line_says_what_cannot_be_read(service: Service) -> None:
    code, text = run(service, "--image-set", "b" * 32)
    assert code == 2
    assert "ResourceNotFoundException" in text
    service.fault = lambda *_: "denied"
    code, text = run(service, "--image-set", IMAGE_SET, "--json")
    assert code == 2
    assert "PermissionError" in text


def test_metadata_of_another_image_set(service: Service) -> None:
    document = service.store.document
    service.store.read_metadata = lambda: json.dumps({**document, "ImageSetID": "c" * 32}).encode()  # type: ignore[method-assign]
    code, text = run(service, "--image-set", IMAGE_SET)
    assert code == 1
    assert "c" * 32 in text


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["x", "--datastore", "d", "--image-set", "i"],
        ["--datastore", "d"],
        ["--image-set", "i"],
        ["x", "--region", "r"],
        ["x", "--levels", "none"],
    ],
)
def test_bad_usage(arguments: list[str]) -> None:
    assert CliRunner().invoke(app, ["verify", *arguments]).exit_code == 2


@pytest.mark.parametrize(
    ("blocked", "code"),
    [
        ("boto3", "HealthImagingStore('d', 'i').read('f')"),
        ("fsspec", "UrlPath.open('s3://bucket/x')"),
    ],
)
def test_a_missing_extra_is_named(blocked: str, code: str) -> None:
    code = f"import sys; sys.modules[{blocked!r}] = None; from htj2k.healthimaging import *; {code}"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert "ImportError" in result.stderr
    assert "htj2k[healthimaging]" in result.stderr.splitlines()[-1]
