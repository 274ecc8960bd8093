"""`htj2k.isolated` gives what `htj2k` gives: the same pixels, verdicts and exceptions, from another process."""

from __future__ import annotations

import logging
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import htj2k
from htj2k import isolated
from htj2k.errors import WorkerLost
from htj2k.isolated import Sandbox, shared_file
from images import ct_like, noise

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc, and the filter of system calls")

SIGNED = ct_like((130, 97))
CODESTREAM = htj2k.encode(SIGNED)
UNSIGNED_12 = htj2k.encode(noise((50, 61), "u2", bits=12), bits_stored=12)
COLOUR = htj2k.encode(noise((33, 20, 3), "u1"))


def worker_of(sandbox: Sandbox) -> Any:
    return sandbox._slot._worker


def is_running(process: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False


@pytest.mark.parametrize(
    ("data", "options"),
    [
        (CODESTREAM, {}),
        (CODESTREAM, {"reduce": 1}),
        (CODESTREAM, {"dtype": "i4", "expected_shape": (130, 97)}),
        (UNSIGNED_12, {"clamp": "container", "reduce": 1}),
        (UNSIGNED_12, {"bits_stored": 12, "is_signed": True}),
        (COLOUR, {"max_pixels": None}),
        (htj2k.encode(noise((9, 9), "u1", bits=1).astype(bool)), {"dtype": bool}),
        (htj2k.encode(noise((20, 31), "i4")), {}),
        (htj2k.encode(noise((20, 31), "u2", bits=4), container="jph"), {}),
        (memoryview(bytearray(COLOUR)), {}),
        (np.frombuffer(COLOUR, np.uint8), {}),
    ],
)
def test_the_same_pixels(data: Any, options: dict[str, Any]) -> None:
    expected = htj2k.decode(data, **options)
    found = isolated.decode(data, **options)
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)
    assert found.flags.owndata


def test_out(monkeypatch: pytest.MonkeyPatch) -> None:
    planes = np.zeros((3, 33, 20), np.uint8)
    out = np.moveaxis(planes, 0, -1)
    assert isolated.decode(COLOUR, out=out) is out
    np.testing.assert_array_equal(out, htj2k.decode(COLOUR))
    for wrong in (np.zeros((33, 20), np.uint8), np.zeros((33, 20, 3), np.int8), np.zeros(3)):
        with pytest.raises(ValueError, match="out has shape"):
            isolated.decode(COLOUR, out=wrong)
    out.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        isolated.decode(COLOUR, out=out)
    with pytest.raises(TypeError, match="ndarray"):
        isolated.decode(COLOUR, out=[])


def failures() -> list[tuple[Any, dict[str, Any]]]:
    flipped = bytearray(CODESTREAM)
    flipped[60] ^= 0xFF
    return [
        *((CODESTREAM[:n], {}) for n in (0, 1, 10, 50, len(CODESTREAM) // 2, len(CODESTREAM) - 1)),
        (bytes(flipped), {}),
        (b"\xff\xd8\xff\xe0 a JPEG", {}),
        (CODESTREAM, {"max_pixels": 100}),
        (CODESTREAM, {"reduce": 9}),
        (CODESTREAM, {"expected_shape": (1, 2)}),
        (CODESTREAM, {"bits_stored": 12}),
        (CODESTREAM, {"dtype": "u1"}),
        (CODESTREAM, {"dtype": "f4"}),
        (CODESTREAM, {"reduce": 1.5}),
        (CODESTREAM, {"clamp": "x"}),
        (3, {}),
        (memoryview(CODESTREAM)[::2], {}),
    ]


@pytest.mark.parametrize("number", range(len(failures())))
def test_the_same_exceptions(number: int) -> None:
    data, options = failures()[number]
    with pytest.raises((htj2k.HTJ2KError, ValueError, TypeError)) as expected:
        htj2k.decode(data, **options)
    with pytest.raises(type(expected.value)) as found:
        isolated.decode(data, **options)
    assert type(found.value) is type(expected.value)
    if data != 3:  # those words are numpy's and Python's own
        assert str(found.value) == str(expected.value)
    for name in ("offset", "bytes_present", "bytes_needed", "resolutions_complete"):
        assert getattr(found.value, name, "none") == getattr(expected.value, name, "none")


@pytest.mark.parametrize("stream", [CODESTREAM, UNSIGNED_12, COLOUR, CODESTREAM[:-9], b""])
def test_the_same_verdicts(stream: bytes) -> None:
    good = (
        htj2k.codestream_checksums(stream)
        if stream[-2:] == b"\xff\xd9"
        else [{"Width": 1, "Height": 1, "Checksum": 1}]
    )
    bad = [*good[:-1], {"Width": 97, "Height": 130, "Checksum": 5}]
    frame = {"PixelDataChecksumFromBaseToFullResolution": good, "MinPixelValue": 1, "MaxPixelValue": 2}
    for expected in (good, bad, 7, [], frame, [{"Width": 3, "Height": 3, "Checksum": 5}]):
        for options in ({}, {"clamp": "container"}, {"decode_each_level": True}):
            assert isolated.verify(stream, expected, **options) == htj2k.verify(stream, expected, **options)


def test_a_lost_worker_is_no_verification(monkeypatch: pytest.MonkeyPatch) -> None:
    checksums = htj2k.codestream_checksums(CODESTREAM)
    with Sandbox() as sandbox:
        assert sandbox.verify(CODESTREAM, checksums).ok
        call = type(worker_of(sandbox)).call

        def killed(self: Any, *arguments: Any, **options: Any) -> Any:
            os.kill(self._process.pid, signal.SIGKILL)
            return call(self, *arguments, **options)

        monkeypatch.setattr(type(worker_of(sandbox)), "call", killed)
        verdict = sandbox.verify(CODESTREAM, checksums)
        assert not verdict.ok
        assert isinstance(verdict.error, WorkerLost)
        monkeypatch.undo()
        assert sandbox.verify(CODESTREAM, checksums).ok


@pytest.mark.parametrize(
    ("part", "lie"),
    [
        ("levels", {"levels": []}),
        ("levels", {"extremes": None}),
        ("sizes", {"sizes": [[49, 65], [97, 130], *([[1, 1]] * 30)]}),
    ],
)
def test_a_reply_that_lacks_something_is_no_verdict(
    monkeypatch: pytest.MonkeyPatch, part: str, lie: dict[str, Any]
) -> None:
    """What a worker that was taken over leaves out is neither passed over nor a fault of the caller's."""
    frame = {
        "PixelDataChecksumFromBaseToFullResolution": htj2k.codestream_checksums(CODESTREAM),
        "MinPixelValue": -40000,  # wrong
        "MaxPixelValue": None,
    }
    with Sandbox() as sandbox:
        sandbox.level()
        worker = type(worker_of(sandbox))
        receive = worker._receive

        def lying(self: Any, deadline: float) -> Any:
            reply = receive(self, deadline)
            if part in reply.get("value", ()):
                reply["value"].update(lie)
            return reply

        monkeypatch.setattr(worker, "_receive", lying)
        verdict = sandbox.verify(CODESTREAM, frame)
        assert not verdict.ok
        assert isinstance(verdict.error, WorkerLost)


def test_arrays_of_objects_are_no_bytes() -> None:
    """Their bytes are addresses of this process."""
    for call in (isolated.decode, lambda data: isolated.verify(data, 5)):
        with pytest.raises(TypeError, match="array of Python objects"):
            call(np.array([None, None], object))


def test_what_the_library_logs_is_logged_here(caplog: pytest.LogCaptureFixture) -> None:
    def logged(decode: Any) -> list[tuple[int, str]]:
        caplog.clear()
        with caplog.at_level(logging.INFO, "htj2k"):
            decode(stream)
        return [(record.levelno, record.getMessage()) for record in caplog.records]

    stream = htj2k.encode(SIGNED, tlm=False)
    assert logged(isolated.decode) == logged(htj2k.decode)


def test_limits_of_memory() -> None:
    large = htj2k.encode(np.zeros((3000, 2000), np.uint8))
    spotted = np.zeros((1500, 1500), np.uint8)
    spotted[0, 0] = 200  # where nothing is coded, nothing is kept of blocks
    many_blocks = htj2k.encode(spotted, block_size=(4, 4))
    with Sandbox(memory_limit=4 << 20) as sandbox:
        with pytest.raises(htj2k.LimitError, match="memory_limit is 4194304"):
            sandbox.decode(large)
        with pytest.raises(htj2k.LimitError, match="memory_limit is 4194304"):
            sandbox.decode(bytes(5 << 20))
        assert np.array_equal(sandbox.decode(large, reduce=3), np.zeros((375, 250), np.uint8))
        with pytest.raises(MemoryError):  # the pixels have room, but not what decoding needs besides
            sandbox.decode(many_blocks)
        assert np.array_equal(sandbox.decode(CODESTREAM), SIGNED)


def test_large_images_do_not_stay_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_file, "_KEPT_BYTES", 1 << 20)
    pixels = np.full((1000, 1000), 7, np.uint16)
    with Sandbox() as sandbox:
        for image, is_kept in ((pixels[:500, :500], True), (pixels, False), (pixels[:9, :9], True)):
            np.testing.assert_array_equal(sandbox.decode(htj2k.encode(image)), image)
            assert (os.fstat(worker_of(sandbox).shared.descriptor).st_blocks > 0) == is_kept


def test_eight_threads() -> None:
    images = [ct_like((60 + seed, 50), seed=seed) for seed in range(32)]
    streams = [htj2k.encode(image) for image in images]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(3):
            for found, image in zip(pool.map(isolated.decode, streams), images, strict=True):
                np.testing.assert_array_equal(found, image)


def test_killed_while_idle() -> None:
    with Sandbox() as sandbox:
        sandbox.level()
        os.kill(worker_of(sandbox)._process.pid, signal.SIGKILL)
        worker_of(sandbox)._process.wait()
        np.testing.assert_array_equal(sandbox.decode(CODESTREAM), SIGNED)


def test_the_worker_is_replaced_before_its_cpu_time_is_used_up() -> None:
    with Sandbox(time_limit=10) as sandbox:
        sandbox.decode(CODESTREAM)
        first = worker_of(sandbox)
        assert 0 < first.cpu < 60
        sandbox.decode(CODESTREAM)
        assert worker_of(sandbox) is first
        first.cpu = 3595.0
        sandbox.decode(CODESTREAM)
        assert worker_of(sandbox) is not first


def test_close_ends_the_process_and_a_call_starts_another() -> None:
    sandbox = Sandbox()
    sandbox.decode(CODESTREAM)
    process = worker_of(sandbox)._process.pid
    sandbox.close()
    assert not is_running(process)
    sandbox.decode(CODESTREAM)
    process = worker_of(sandbox)._process.pid
    del sandbox
    assert not is_running(process)


def test_the_example_of_the_documentation_runs() -> None:
    text = (Path(__file__).parents[2] / "docs" / "isolated.md").read_text()
    (block,) = re.findall(r"^```python\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    namespace: dict[str, Any] = {"frame": CODESTREAM, "checksums": htj2k.pixel_checksums(SIGNED), "print": len}
    exec(compile(block, "isolated.md", "exec"), namespace)
    assert namespace["verdict"].ok
    np.testing.assert_array_equal(namespace["pixels"], SIGNED)


def test_arguments_of_a_sandbox() -> None:
    for options in ({"memory_limit": 10}, {"time_limit": 0}, {"time_limit": float("inf")}):
        with pytest.raises(ValueError, match=next(iter(options))):
            Sandbox(**options)
    with pytest.raises(TypeError, match="require_sandbox"):
        Sandbox(require_sandbox=1)


def test_a_time_limit_longer_than_anything_can_wait() -> None:
    with Sandbox(time_limit=1e12) as sandbox:
        np.testing.assert_array_equal(sandbox.decode(CODESTREAM), SIGNED)


def run(script: str, *, code: int = 0) -> list[str]:
    """What a script prints that ends with this exit code and does not say a word on stderr."""
    head = "import os, sys, threading, time\nimport numpy as np\nimport htj2k\nfrom htj2k import isolated\n"
    head += "pixels = np.arange(2000, dtype='i2').reshape(40, 50)\nstream = htj2k.encode(pixels)\n"
    head += "def right(): return np.array_equal(isolated.decode(stream), pixels)\n"
    head += "def worker(): return isolated._shared._slot._worker._process.pid\n"
    command = [
        sys.executable,
        "-W",
        "error",
        "-W",
        "ignore:This process:DeprecationWarning",
        "-c",
        head + textwrap.dedent(script),
    ]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (result.stderr, result.returncode) == ("", code)
    return result.stdout.split()


def test_a_fork_has_a_worker_of_its_own() -> None:
    """Also when another thread of the parent is in a call, whose lock the child gets locked."""
    parent, child, *answers = run(
        """
        assert right()
        isolated._shared._slot._lock.acquire()
        pid = os.fork()
        if pid == 0:
            assert right() and right()
            print("child", worker(), flush=True)
            sys.exit(0)
        isolated._shared._slot._lock.release()
        status = os.waitpid(pid, 0)[1]
        assert right()
        print("parent", worker(), status, flush=True)
        """
    )[1::2]
    assert parent != child
    assert answers == []


@pytest.mark.parametrize("end", ["", "sys.exit(0)", "os._exit(0)", "os.kill(os.getpid(), 9)"])
def test_no_process_is_left(end: str) -> None:
    script = f"assert right()\nprint(worker(), flush=True)\n{end}"
    (process,) = map(int, run(script, code=-9 if "kill" in end else 0))
    deadline = time.monotonic() + 10
    while is_running(process) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_running(process)
