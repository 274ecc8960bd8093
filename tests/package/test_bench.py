"""``htj2k bench``: what it measures and reports. Nothing about speed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import htj2k
from bench_runs import TINY, bench, slowed, write
from htj2k.bench.compare import compare
from htj2k.bench.frames import FRAMES, enlarged
from htj2k.bench.machine import _model_of, openjph_version
from htj2k.bench.markdown import report
from htj2k.bench.processes import Process, processes
from htj2k.bench.results import read_results
from htj2k.bench.settings import QUICK, Settings, thread_counts
from htj2k.bench.timing import take_turns
from htj2k.cli import bench as command
from htj2k.cli.app import app

FRAME_OPERATIONS = {
    "encode", "encode_with_checksums", "decode", "decode reduce=1", "decode_verified", "verify", "pixel_checksums",
    "crc32",
}  # fmt: skip


def test_every_operation_is_measured_on_every_simd_path_and_thread_count(measured):
    paths = htj2k.simd.available()
    found = {m.key for m in measured.measurements}
    assert len(found) == len(measured.measurements)
    expected = {("frames", "NM 64x64", name, path, 1) for name in FRAME_OPERATIONS for path in paths}
    expected |= {("frames", "SEG 512x512", f"decode reduce={k}", path, 1) for k in (1, 2, 3) for path in paths}
    expected |= {("sizes", "CT 64x64", name, htj2k.simd.active(), 1) for name in ("encode", "decode", "verify")}
    expected |= {
        ("threads", "2 x CT 512x512", f"{name}_batch", htj2k.simd.active(), n)
        for name in ("encode", "decode", "verify")
        for n in thread_counts(measured.machine.cores)
    }
    assert expected <= found
    for m in measured.measurements:
        assert 0 < m.first_quartile <= m.median <= m.third_quartile
        assert m.count >= TINY.rounds
    sizes = {m.frame: (m.bytes, m.pixels) for m in measured.measurements}
    assert sizes["NM 64x64"] == (2 * 64 * 64, 64 * 64)
    assert sizes["2 x CT 512x512"] == (2 * 2 * 512 * 512, 2 * 512 * 512)


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="threads are counted in /proc")
def test_a_frame_is_measured_on_one_thread():
    """Large ones would take those of the pool, whose time the clock of the calling one does not see."""
    with processes([htj2k.simd.active()]) as (process,):
        tasks = f"/proc/{process._process.pid}/task"
        process.send("prepare", "frame", ["NM 64x64"])
        process.receive("NM 64x64")
        before = len(os.listdir(tasks))
        process.send("prepare", "size", [1024, 1024])
        process.receive("CT 1024x1024")
        process.seconds("CT 1024x1024", "decode", 1)
        assert len(os.listdir(tasks)) == before


def test_json_of_the_command(tiny):
    document = json.loads(bench("--json").stdout)
    assert document["ok"] is True
    assert document["htj2k"] == htj2k.__version__
    assert document["openjph"].count(".") == 2
    assert document["simd"] == htj2k.simd.active()
    assert document["settings"] == json.loads(json.dumps(asdict(TINY)))
    assert all(document[name] for name in ("cpu", "cores", "python", "platform"))
    assert {"median", "first_quartile", "third_quartile", "count"} < set(document["measurements"][0])


def test_json_is_read_again(measured, tmp_path):
    assert read_results(write(measured, tmp_path / "a.json")) == measured


def test_a_terminal_gets_tables(again):
    text = bench().stdout
    for part in (again.machine.cpu, "NM 64x64", "decode_verified", "times one thread", *htj2k.simd.available()):
        assert part in text


def test_the_full_run_is_the_default(monkeypatch, measured):
    seen: list[Settings] = []
    monkeypatch.setattr(command, "run", lambda settings, progress: seen.append(settings) or measured)
    assert CliRunner().invoke(app, ["bench", "--json"]).exit_code == 0
    bench("--json")
    assert seen == [command.FULL, QUICK]
    assert max(command.FULL.sizes) ** 2 == 10**8
    assert set(command.FULL.frames) == set(FRAMES)


@pytest.mark.parametrize("name", FRAMES)
def test_frames_are_seeded_and_fit_their_depth(name):
    frame = FRAMES[name]
    first, same, other = (frame.make((120, 90), seed) for seed in (1, 1, 2))
    assert np.array_equal(first, same)
    assert not np.array_equal(first, other)
    assert first.shape in ((120, 90), (120, 90, 3))
    assert np.ptp(first) > 0
    htj2k.encode(first, bits_stored=frame.bits_stored)  # which refuses samples that do not fit


@pytest.mark.parametrize(("shape", "wanted"), [((4, 6), (9, 25)), ((4, 6), (2, 3)), ((4, 6, 3), (17, 5))])
def test_enlarged_frames_mirror_the_smaller_one(shape, wanted):
    pixels = np.arange(np.prod(shape)).reshape(shape)
    result = enlarged(pixels, wanted)
    assert result.shape == (*wanted, *shape[2:])
    for y, x in np.ndindex(wanted):
        inside = [min(i % (2 * n), 2 * n - 1 - i % (2 * n)) for i, n in ((y, shape[0]), (x, shape[1]))]
        assert np.array_equal(result[y, x], pixels[tuple(inside)])


@pytest.mark.parametrize(("cores", "counts"), [(1, [1]), (2, [1, 2]), (6, [1, 2, 4, 6]), (8, [1, 2, 4, 8])])
def test_thread_counts(cores, counts):
    assert thread_counts(cores) == counts


def test_calls_take_turns():
    calls: list[str] = []
    done: list[float] = []
    timers = {name: lambda name=name: calls.append(name) or 1.0 for name in "ab"}
    assert take_turns(timers, seconds=0, least=2, progress=done.append) == {"a": [1.0, 1.0], "b": [1.0, 1.0]}
    assert calls == ["a", "b", "a", "b"]
    assert done == [0.5, 1]


CPUINFO = {
    "processor\t: 0\ncpu family\t: 25\nmodel\t\t: 17\nmodel name\t: AMD EPYC\nstepping\t: 1"
    "\n\nprocessor\t: 1\nmodel name\t: other\n": "AMD EPYC (cpu family 25, model 17, stepping 1)",
    "processor\t: 0\nCPU implementer\t: 0x41\nCPU variant\t: 0x1\nCPU part\t: 0xd40\nCPU revision\t: 1\n\n":
        "(CPU implementer 0x41, CPU part 0xd40, CPU variant 0x1, CPU revision 1)",
    "": "",
}  # fmt: skip


@pytest.mark.parametrize(("text", "model"), CPUINFO.items())
def test_cpu_model(text, model):
    assert _model_of(text) == model


def test_openjph_version_is_the_one_in_codestreams():
    comments = htj2k.read_info(htj2k.encode(np.zeros((2, 2), "u1"))).comments
    assert f"OpenJPH Ver {openjph_version()}".encode() in comments[0].data


def test_output_has_report_picture_and_json(again, tmp_path):
    pytest.importorskip("matplotlib")
    bench("--output", tmp_path / "a" / "b", "--compare", write(again, tmp_path / "same.json"))
    found = {path.name: path.read_bytes() for path in (tmp_path / "a" / "b").iterdir()}
    assert set(found) == {"report.md", "bench.png", "bench.json"}
    assert found["bench.png"].startswith(b"\x89PNG")
    assert read_results(tmp_path / "a" / "b" / "bench.json") == again
    text = found["report.md"].decode()
    for part in (
        "bench.png",
        again.machine.cpu,
        "| NM 64x64 | decode_verified |",
        "operations compared",
        "spread",
    ):
        assert part in text


def test_without_matplotlib_only_the_picture_is_missing(again, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    result = bench("--output", tmp_path / "out")
    assert "pip install matplotlib" in result.stderr
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"report.md", "bench.json"}
    assert ".png" not in (tmp_path / "out" / "report.md").read_text()


def test_report_lists_what_changed(measured):
    text = report(measured, compare(slowed(measured, 0.1), measured), None)
    assert text.count("| slower |") == len(measured.measurements)


def test_output_that_cannot_be_written_is_told_before_anything_is_measured(again, monkeypatch, tmp_path):
    monkeypatch.setattr(command, "run", lambda *_: pytest.fail("it was measured"))
    (tmp_path / "file").write_text("")
    assert "file" in bench("--output", tmp_path / "file", code=2).stderr
    assert "file" in bench("--output", tmp_path / "file" / "below", code=2).stderr


def test_the_earlier_run_is_not_replaced_by_the_new_one(again, monkeypatch, tmp_path):
    monkeypatch.setattr(command, "run", lambda *_: pytest.fail("it was measured"))
    earlier = write(again, tmp_path / "bench.json")
    told = bench("--output", tmp_path, "--compare", earlier, code=2).stderr
    assert f"bench.json is the same file as {earlier}, which is read" in told


def test_files_that_cannot_be_written_cost_no_results(again, monkeypatch, tmp_path):
    def fail(*_: Any) -> None:
        raise OSError(28, "No space left on device", "bench.json")

    monkeypatch.setattr(command, "replace_file", fail)
    result = bench("--output", tmp_path, "--json", code=2)
    assert json.loads(result.stdout)["ok"] is True
    assert result.stderr.endswith("htj2k: error: bench.json: No space left on device\n")


def test_an_interrupted_run_leaves_no_files_and_no_processes(tiny, monkeypatch, tmp_path):
    started: list[Process] = []
    original = Process.__init__

    def remember(self: Process, simd: str) -> None:
        original(self, simd)
        started.append(self)

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Process, "__init__", remember)
    monkeypatch.setattr(Process, "seconds", interrupt)
    result = bench("--output", tmp_path / "out", "--save-baseline", code=1)
    assert "Aborted" in result.stderr
    assert list((tmp_path / "out").iterdir()) == []
    assert len(started) == len(htj2k.simd.available())
    assert all(process._process.poll() is not None for process in started)


def test_needs_numpy_only():
    blocked = ("matplotlib", "click", "rich", "pydicom", "boto3", "pytest")
    code = f"import sys; sys.modules.update(dict.fromkeys({blocked!r}))\nfrom htj2k.bench import markdown, run"
    subprocess.run([sys.executable, "-c", code], check=True, env=os.environ)
