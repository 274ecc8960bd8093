"""Batches on executors: pools of processes and a Dask cluster, with workers that die."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import htj2k
from images import ct_like

FRAMES = [ct_like((60, 44), seed=seed) for seed in range(40)]
STREAMS = htj2k.encode_batch(FRAMES)
EXPECTED: list[Any] = [htj2k.pixel_checksums(frame) for frame in FRAMES]
# Two frames that do not verify, wherever they are worked on.
EXPECTED[7] = EXPECTED[8]
BROKEN = [*STREAMS]
BROKEN[21] = STREAMS[21][:200]
VERDICTS = [htj2k.verify(s, e) for s, e in zip(BROKEN, EXPECTED, strict=True)]


def test_threads_of_the_caller_s_own() -> None:
    with ThreadPoolExecutor(3) as executor:
        assert htj2k.verify_batch(BROKEN, EXPECTED, executor=executor) == VERDICTS


def test_a_pool_of_processes() -> None:
    calls: list[tuple[int, int]] = []
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as executor:
        found = htj2k.verify_batch(
            BROKEN, EXPECTED, executor=executor, progress=lambda done, total: calls.append((done, total))
        )
    assert found == VERDICTS
    assert [bool(verdict) for verdict in found] == [i not in (7, 21) for i in range(40)]
    assert isinstance(found[21].error, htj2k.TruncatedError)  # it came through pickle with what it knows
    assert found[21].error.bytes_present == 200
    assert calls[-1] == (40, 40)
    assert calls == sorted(calls)


class Recorder(Executor):
    """Runs at once, and remembers how much was sent."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.sizes.append(len(args[0]))
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


def test_frames_are_sent_in_chunks() -> None:
    executor = Recorder()
    frames = STREAMS * 20
    assert len(htj2k.verify_batch(frames, EXPECTED * 20, executor=executor)) == 800
    assert sum(executor.sizes) == 800
    assert max(executor.sizes) <= 32
    assert len(executor.sizes) < 200


class Loser(Recorder):
    """Fails for every third chunk, and for another gives too few results: each time, or only the first."""

    def __init__(self, always: bool) -> None:
        super().__init__()
        self.always = always
        self.numbers: dict[bytes, int] = {}

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future = super().submit(fn, *args, **kwargs)
        chunk = pickle.dumps(args)
        is_new = chunk not in self.numbers
        number = self.numbers.setdefault(chunk, len(self.numbers))
        if is_new or self.always:
            if number % 3 == 2:
                future = Future()
                future.set_exception(ChildProcessError("the worker is gone"))
            elif number == 4:
                future = Future()
                future.set_result([])
        return future


# No chunk is like another.
MANY = htj2k.encode_batch([ct_like((8, 8), seed=seed) for seed in range(400)])
MANY_EXPECTED = [htj2k.codestream_checksums(stream) for stream in MANY]


def test_lost_frames_are_not_verified_and_say_so() -> None:
    executor = Loser(always=True)
    found = htj2k.verify_batch(MANY, MANY_EXPECTED, executor=executor)
    assert len(found) == 400
    lost = [verdict for verdict in found if "the executor lost this frame" in (verdict.reason or "")]
    assert 100 < len(lost) < 200
    assert not any(lost)
    assert any("the worker is gone" in str(verdict.reason) for verdict in lost)
    assert any("0 results came back" in str(verdict.reason) for verdict in lost)
    kept = [(i, v) for i, v in enumerate(found) if v not in lost]
    assert all(v == htj2k.verify(MANY[i], MANY_EXPECTED[i]) for i, v in kept)
    chunks = len(executor.numbers)
    assert len(executor.sizes) == chunks + chunks // 3 + 1  # each once more, none a third time


def test_frames_that_are_lost_once_are_sent_again() -> None:
    calls: list[tuple[int, int]] = []
    executor = Loser(always=False)
    found = htj2k.verify_batch(
        MANY, MANY_EXPECTED, executor=executor, progress=lambda done, total: calls.append((done, total))
    )
    assert len(found) == 400
    assert all(found)
    assert len(executor.sizes) > len(executor.numbers)
    assert calls == sorted(calls)
    assert calls[-1] == (400, 400)


def test_an_executor_that_is_shut_down() -> None:
    executor = ThreadPoolExecutor(1)
    executor.shutdown()
    found = htj2k.verify_batch(STREAMS, EXPECTED, executor=executor)
    assert len(found) == 40
    assert not any(found)


class Killer:
    """A `progress` that kills a worker once a quarter of the frames have come back."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.killed_at = 0

    def __call__(self, done: int, total: int) -> None:
        if not self.killed_at and done >= total // 4:
            os.kill(self.pid, signal.SIGKILL)
            self.killed_at = done


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python 3.10's pool may wait for ever for a killed worker")
def test_a_killed_process() -> None:
    """The pool is broken with it: what had not come back is lost, and nothing is called verified for it."""
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as executor:
        killer = Killer(executor.submit(os.getpid).result())
        found = htj2k.verify_batch(BROKEN * 100, EXPECTED * 100, executor=executor, progress=killer)
    assert 1000 <= killer.killed_at < 4000
    assert len(found) == 4000
    for i, verdict in enumerate(found):
        assert verdict == VERDICTS[i % 40] or "the executor lost this frame: BrokenProcessPool" in verdict.reason
    assert not all(verdict == VERDICTS[i % 40] for i, verdict in enumerate(found))


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    distributed = pytest.importorskip("distributed")
    dask = pytest.importorskip("dask")
    with (
        # How long the others wait for the worker that was killed; 30 s by default.
        dask.config.set({"distributed.comm.timeouts.connect": "2s"}),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def test_a_dask_cluster_with_a_killed_worker(cluster: Any) -> None:
    """Dask runs what the worker had again, or fails for it and is asked again: every frame gets its verdict."""
    killer = Killer(next(iter(cluster.run(os.getpid).values())))
    found = htj2k.verify_batch(BROKEN * 50, EXPECTED * 50, executor=cluster.get_executor(), progress=killer)
    assert 500 <= killer.killed_at < 2000
    assert found == VERDICTS * 50


@pytest.mark.parametrize("frame", [5, "text", None, [255, 79], memoryview(STREAMS[0])[::2]])
def test_what_is_no_frame_is_named_by_its_index(frame: Any) -> None:
    """With an executor or without; an int is not that many zeros, and a list not the bytes in it."""
    executors: list[Executor | None] = [None, Recorder()]
    for executor in executors:
        with pytest.raises((TypeError, ValueError), match=r"^frames\[3\]: .*(bytes-like|C-contiguous)") as raised:
            htj2k.verify_batch([*STREAMS[:3], frame], EXPECTED[:4], executor=executor)
        assert raised.value.frame_index == 3  # type: ignore[attr-defined]
    assert type(raised.value) is (ValueError if isinstance(frame, memoryview) else TypeError)


def test_any_buffer_is_a_frame() -> None:
    frames = [np.frombuffer(STREAMS[0], np.uint8), bytearray(STREAMS[1]), memoryview(STREAMS[2])]
    executors: list[Executor | None] = [None, Recorder()]
    for executor in executors:
        assert all(htj2k.verify_batch(frames, EXPECTED[:3], executor=executor))
