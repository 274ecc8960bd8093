"""Batches: what the single calls give, in order, whatever the number of threads and whoever calls."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import imagecodecs
import numpy as np
import pytest

import htj2k
from htj2k import CodestreamError, LimitError, NotHTJ2KError, TruncatedError
from images import ct_like, noise
from streams import SIZ, patch

FRAMES = [ct_like((70, 50), seed=seed) for seed in range(12)]
STREAMS = [htj2k.encode(frame) for frame in FRAMES]
MIXED = [
    noise((1, 1), "u1"),
    noise((300, 41, 3), "u1"),
    noise((64, 64), "u2", bits=12),
    ct_like((512, 512)),
    noise((5, 900), "i2"),
    noise((33, 20, 4), "i1"),
    noise((40, 40), "u4"),
]
THREADS = pytest.mark.parametrize("threads", [1, 2, 4, 16, None])


def same(found: Any, expected: Any) -> bool:
    return len(found) == len(expected) and all(
        a.dtype == b.dtype and np.array_equal(a, b) for a, b in zip(found, expected, strict=True)
    )


@THREADS
def test_encode_batch(threads: int | None) -> None:
    assert htj2k.encode_batch(FRAMES, threads=threads) == STREAMS
    assert htj2k.encode_batch(np.stack(FRAMES), threads=threads) == STREAMS
    options: dict[str, Any] = {"num_decompositions": 2, "progression_order": "LRCP", "verify": True}
    mixed = [htj2k.encode(frame, **options) for frame in MIXED]
    assert htj2k.encode_batch(MIXED, threads=threads, **options) == mixed


@THREADS
def test_decode_batch(threads: int | None) -> None:
    decoded = htj2k.decode_batch(STREAMS, threads=threads)
    assert decoded.shape == (12, 70, 50)
    assert decoded.dtype == np.int16
    assert np.array_equal(decoded, np.stack(FRAMES))
    reduced = htj2k.decode_batch(iter(STREAMS), reduce=1, threads=threads)
    assert np.array_equal(reduced, np.stack([htj2k.decode(stream, reduce=1) for stream in STREAMS]))
    mixed = htj2k.decode_batch([htj2k.encode(frame) for frame in MIXED], threads=threads)
    assert isinstance(mixed, list)
    assert same(mixed, MIXED)


def test_empty_batches() -> None:
    assert htj2k.encode_batch([]) == []
    assert htj2k.decode_batch([]) == []
    assert htj2k.verify_batch([], []) == []
    assert list(htj2k.iter_decode([])) == []


def test_out() -> None:
    out = np.zeros((12, 70, 50, 2), np.int16)[..., 0]  # with gaps
    assert htj2k.decode_batch(STREAMS, out=out) is out
    assert np.array_equal(out, np.stack(FRAMES))
    with pytest.raises(ValueError, match=r"out has shape \(11, 70, 50\); expected one array of 12 frames"):
        htj2k.decode_batch(STREAMS, out=out[:11])
    with pytest.raises(ValueError, match=r"frames\[0\]: out has shape"):
        htj2k.decode_batch(STREAMS, out=out[:, :69])
    with pytest.raises(ValueError, match=r"frames\[0\]: out has .* dtype uint16"):
        htj2k.decode_batch(STREAMS, out=out.astype("u2"))
    with pytest.raises(ValueError, match=r"frames\[12\]: out has shape"):
        htj2k.decode_batch([*STREAMS, htj2k.encode(MIXED[0])], out=np.empty((13, 70, 50), np.int16))
    out.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        htj2k.decode_batch(STREAMS, out=out)
    with pytest.raises(TypeError, match="out must be an ndarray"):
        htj2k.decode_batch(STREAMS, out=[])  # type: ignore[arg-type]


PART_1 = imagecodecs.jpeg2k_encode(noise((20, 20), "u1"), codecformat="j2k", level=0)
BAD: dict[int, tuple[Any, type[Exception]]] = {
    3: (STREAMS[3][:-40], TruncatedError),
    5: (bytes(PART_1), NotHTJ2KError),
    8: (b"", NotHTJ2KError),
    9: (STREAMS[9][:300] + bytes(20) + STREAMS[9][320:], CodestreamError),
    10: (None, TypeError),
}


@THREADS
def test_a_frame_that_fails(threads: int | None) -> None:
    streams: list[Any] = [BAD[i][0] if i in BAD else stream for i, stream in enumerate(STREAMS)]
    with pytest.raises(TruncatedError, match=r"^frames\[3\]: ") as caught:
        htj2k.decode_batch(streams, threads=threads)
    assert caught.value.frame_index == 3
    assert caught.value.bytes_present == len(streams[3])
    out = np.ones((12, 70, 50), np.int16)
    for target in (None, out):
        results = htj2k.decode_batch(streams, threads=threads, on_error="return", out=target)
        assert isinstance(results, list)
        for i, result in enumerate(results):
            if i in BAD:
                assert isinstance(result, BAD[i][1])
                assert str(result).startswith(f"frames[{i}]: ")
            else:
                assert np.array_equal(result, FRAMES[i])
    assert not out[list(BAD)].any()
    with pytest.raises(ValueError, match="on_error"):
        htj2k.decode_batch(streams, on_error="ignore")  # type: ignore[arg-type]


def test_nothing_is_allocated_beyond_the_limit() -> None:
    huge = patch(patch(STREAMS[0], SIZ, 6, 2**30, 4), SIZ, 10, 2**30, 4)
    huge = patch(patch(huge, SIZ, 22, 2**30, 4), SIZ, 26, 2**30, 4)
    for call in (htj2k.decode_batch, lambda frames: list(htj2k.iter_decode(frames))):
        with pytest.raises(LimitError, match=r"^frames\[1\]: "):
            call([STREAMS[0], huge])
    assert "LimitError" in str(htj2k.verify_batch([huge], [1])[0].reason)


@THREADS
def test_an_image_that_cannot_be_encoded(threads: int | None) -> None:
    frames: list[Any] = [*FRAMES[:4], np.full((4, 4), 3000, np.int16), np.ones((3, 3)), np.zeros((3, 3), np.int16)]
    with pytest.raises(ValueError, match=r"^frames\[4\]: pixels\[0, 0\] is 3000"):
        htj2k.encode_batch(frames, threads=threads, bits_stored=12)
    results = htj2k.encode_batch(frames, threads=threads, bits_stored=12, on_error="return")
    assert [type(result) for result in results] == [bytes] * 4 + [ValueError, TypeError, bytes]
    assert str(results[5]).startswith("frames[5]: ")
    assert np.array_equal(htj2k.decode(results[6]), frames[6])
    with pytest.raises(TypeError, match=r"^frames\[1\]: "):
        htj2k.encode_batch([FRAMES[0], np.ones((3, 3))], threads=threads)
    minimum = np.full((3, 3), -(2**31), np.int32)
    with pytest.raises(ValueError, match=r"^frames\[1\]: num_decompositions=0 is not lossless"):
        htj2k.encode_batch([FRAMES[0], minimum], num_decompositions=0, threads=threads)


@THREADS
def test_verify_batch(threads: int | None) -> None:
    expected: list[Any] = [htj2k.pixel_checksums(frame) for frame in FRAMES]
    assert all(htj2k.verify_batch(STREAMS, expected, threads=threads))
    streams = [BAD[i][0] if i in BAD and BAD[i][0] is not None else s for i, s in enumerate(STREAMS)]
    expected[1] = expected[1][-1].checksum
    expected[2] = []
    expected[4] = {"PixelDataChecksumFromBaseToFullResolution": expected[4], "MinPixelValue": 5}
    expected[6] = [htj2k.ResolutionChecksum(1, 2, 3)]
    found = htj2k.verify_batch(streams, expected, threads=threads)
    assert found == [htj2k.verify(s, e) for s, e in zip(streams, expected, strict=True)]
    assert [i for i, verdict in enumerate(found) if not verdict] == [2, 3, 4, 5, 6, 8, 9]
    with pytest.raises(ValueError, match="12 frames, but expected has 11"):
        htj2k.verify_batch(STREAMS, expected[:-1])
    with pytest.raises(TypeError, match=r"expected\[1\]"):
        htj2k.verify_batch(STREAMS[:2], [expected[0], None])


def test_verify_batch_finds_the_clamp_convention_of_each_frame() -> None:
    pixels = (noise((64, 64), "u1", bits=1).astype("u2") * 4095).clip(0, 4095)
    stream = htj2k.encode(pixels, bits_stored=12)
    both = [htj2k.pixel_checksums(pixels, bits_stored=12, clamp=clamp) for clamp in ("precision", "container")]
    assert both[0] != both[1]
    found = htj2k.verify_batch([stream, stream], both)
    assert [verdict.levels[0].clamp for verdict in found] == ["precision", "container"]
    assert all(found)
    assert not htj2k.verify_batch([stream], both[1:], clamp="precision")[0]


def test_iter_decode_looks_ahead_no_further_than_its_window() -> None:
    read: list[int] = []

    def source() -> Any:
        for i, stream in enumerate(STREAMS):
            read.append(i)
            yield stream

    for i, pixels in enumerate(htj2k.iter_decode(source(), window=3)):
        assert np.array_equal(pixels, FRAMES[i])
        assert len(read) <= i + 3
    assert read == list(range(12))
    assert same(list(htj2k.iter_decode(STREAMS, reduce=1)), [htj2k.decode(s, reduce=1) for s in STREAMS])


def test_iter_decode_with_a_frame_that_fails() -> None:
    streams = [*STREAMS[:3], BAD[3][0], *STREAMS[4:]]
    frames = htj2k.iter_decode(streams, window=5)
    assert same([next(frames) for _ in range(3)], FRAMES[:3])
    with pytest.raises(TruncatedError, match=r"^frames\[3\]: "):
        next(frames)
    results = list(htj2k.iter_decode(streams, on_error="return"))
    assert isinstance(results[3], TruncatedError)
    assert same(results[4:], FRAMES[4:])
    abandoned = htj2k.iter_decode(STREAMS, window=12)
    next(abandoned)
    del abandoned  # with decodes under way into arrays that are freed with it
    gc.collect()


def test_progress() -> None:
    calls: list[tuple[int, int]] = []
    expected = [htj2k.pixel_checksums(frame) for frame in FRAMES]
    for run in (
        lambda p: htj2k.encode_batch(FRAMES, progress=p),
        lambda p: htj2k.decode_batch(STREAMS, progress=p),
        lambda p: htj2k.verify_batch(STREAMS, expected, progress=p),
    ):
        calls.clear()
        run(lambda done, total: calls.append((done, total)))
        assert calls[-1] == (12, 12)
        assert calls == sorted(calls)

    def stop(done: int, total: int) -> None:
        raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        htj2k.decode_batch(STREAMS, progress=stop)
    with pytest.raises(TypeError, match="progress must be callable"):
        htj2k.decode_batch(STREAMS, progress=1)  # type: ignore[arg-type]


@pytest.mark.parametrize("threads", [0, -1, 1025, 1.5, "2", True])
def test_threads_out_of_range(threads: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="threads"):
        htj2k.decode_batch(STREAMS, threads=threads)


@pytest.mark.parametrize("text", ["0", "-1", "x", "1.5", "99999"])
def test_a_wrong_variable(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTJ2K_NUM_THREADS", text)
    with pytest.raises(ValueError, match="HTJ2K_NUM_THREADS"):
        htj2k.decode_batch(STREAMS)


def run_python(code: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


SETUP = """
import os, sys, threading, time
import numpy as np
import htj2k
frames = [np.random.default_rng(i).integers(0, 4096, (256, 256)).astype("u2") for i in range(16)]
"""


@pytest.mark.parametrize("number", [1, 3])
def test_the_pool_is_as_large_as_the_variable_says_whoever_calls(number: int) -> None:
    """The threads that work, seen by the system, while 6 Python threads call."""
    code = (
        SETUP
        + """
streams = htj2k.encode_batch(frames)
def call():
    for _ in range(3):
        htj2k.decode_batch(streams)
callers = [threading.Thread(target=call) for _ in range(6)]
for c in callers: c.start()
for c in callers: c.join()
time.sleep(0.2)  # a thread is gone a little after it is joined
print(len(os.listdir("/proc/self/task")))
"""
    )
    at_rest = int(run_python("import os\nimport numpy, htj2k\nprint(len(os.listdir('/proc/self/task')))"))
    pool = int(run_python(code, HTJ2K_NUM_THREADS=str(number))) - at_rest
    assert pool == (number if number > 1 else 0)


def test_first_use_from_many_threads_at_once() -> None:
    """WP-12: tables are filled once. 50 fresh processes, 16 threads each, and the serial codestreams."""
    code = (
        SETUP
        + """
barrier = threading.Barrier(16)
found = [None] * 16
def call(i):
    barrier.wait()
    found[i] = htj2k.encode(frames[i][:64, :64])
callers = [threading.Thread(target=call, args=(i,)) for i in range(16)]
for c in callers: c.start()
for c in callers: c.join()
assert found == [htj2k.encode(f[:64, :64]) for f in frames]
print(htj2k.crc32(b"".join(found)))
"""
    )
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        checksums = set(pool.map(lambda _: run_python(code), range(50)))
    assert len(checksums) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_has_a_pool_of_its_own() -> None:
    code = (
        SETUP
        + """
import warnings
warnings.simplefilter("ignore")
streams = htj2k.encode_batch(frames, threads=4)
busy = threading.Thread(target=lambda: htj2k.decode_batch(streams * 20, threads=4))
busy.start()
child = os.fork()
if child == 0:
    ok = np.array_equal(htj2k.decode_batch(streams, threads=4), np.stack(frames))
    ok &= htj2k.encode_batch(frames, threads=4) == streams
    os._exit(0 if ok else 1)
assert os.waitpid(child, 0)[1] == 0
busy.join()
assert htj2k.encode_batch(frames, threads=4) == streams
"""
    )
    run_python(code)


@pytest.mark.parametrize("threads", [1, 2])
def test_an_interrupt_ends_a_batch(threads: int) -> None:
    code = (
        SETUP
        + f"""
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # background jobs of a shell ignore it
streams = htj2k.encode_batch(frames) * 400
threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
start = time.perf_counter()
try:
    htj2k.decode_batch(streams, threads={threads}, out=np.empty((len(streams), 256, 256), "u2"))
    print("finished")
except KeyboardInterrupt:
    print("interrupted", time.perf_counter() - start)
assert np.array_equal(htj2k.decode_batch(streams[:16], threads={threads}), np.stack(frames))
"""
    )
    word, seconds = run_python(code).split()
    assert word == "interrupted"
    assert float(seconds) < 2  # of the many more that all frames would take


def test_results_do_not_depend_on_threads() -> None:
    frames = [*MIXED, ct_like((700, 400)), noise((4, 4), "u1")] * 3
    streams = htj2k.encode_batch(frames, threads=1)
    expected = htj2k.crc32(b"".join(streams))
    for threads in (1, 2, 4, 16) * 20:
        assert htj2k.crc32(b"".join(htj2k.encode_batch(frames, threads=threads))) == expected
        decoded = htj2k.decode_batch(streams, threads=threads)
        assert same(decoded, frames)


def test_python_goes_on_while_a_frame_is_decoded() -> None:
    """PF-02: the GIL is free during the codec's work."""
    stream = htj2k.encode(noise((1500, 1500), "u2"))
    counted, stop = [0], threading.Event()

    def count() -> None:
        while not stop.is_set():
            counted[0] += 1

    def counted_during_a_decode() -> int:
        time.sleep(0.01)
        before = counted[0]
        htj2k.decode(stream, threads=1)
        return counted[0] - before

    counter = threading.Thread(target=count)
    counter.start()
    try:  # more than once, as on a busy machine the counter may have no core
        assert any(counted_during_a_decode() > 1000 for _ in range(20))
    finally:
        stop.set()
        counter.join()


def test_every_frame_gets_the_comments_of_an_iterator() -> None:
    frames = [noise((4, 4), "u1"), noise((5, 5), "u1")]
    assert htj2k.encode_batch(frames, comment=iter(["a", b"b"])) == htj2k.encode_batch(frames, comment=["a", b"b"])


def test_memory_that_runs_out_in_the_proof_of_a_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("htj2k._batch.check_result", fail)
    (found,) = htj2k.encode_batch([FRAMES[0]], verify=True, on_error="return")
    assert isinstance(found, MemoryError)


def resident_megabytes() -> float:
    gc.collect()
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_memory_does_not_grow() -> None:
    """PF-01: 3000 encodes, decodes and failing decodes."""
    frame = noise((128, 128), "u2", bits=12)
    stream = htj2k.encode(frame)
    cut = stream[: len(stream) // 2]

    def some(count: int) -> None:
        for _ in range(count):
            htj2k.encode(frame)
            htj2k.decode(stream)
            with pytest.raises(TruncatedError):
                htj2k.decode(cut)
        for _ in range(count // 10):
            htj2k.decode_batch([stream, cut] * 5, threads=2, on_error="return")

    some(200)
    before = resident_megabytes()
    some(3000)
    assert resident_megabytes() - before < 5
