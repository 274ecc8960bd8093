"""``htj2k bench --compare``: verdicts on made-up times, and what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from bench_runs import TINY, bench, results_of, slowed, times, write
from htj2k.bench.compare import compare, confirmed
from htj2k.bench.results import Results
from htj2k.bench.run import run
from htj2k.cli import bench as command


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [
        (times(1), times(1), "same"),
        (times(1), times(1.04), "same"),
        (times(1), times(1.06), "slower"),
        (times(1), times(0.96), "same"),
        (times(1), times(0.94), "faster"),
        (times(1, 0.1), times(1.09), "same"),
        (times(1, 0.1), times(1.11), "slower"),
        (times(1), times(1.09, 0.1), "same"),
        (times(1, 0.1), times(1.19, 0.1), "same"),
        (times(1, 0.1), times(1.21, 0.1), "slower"),
        (times(1, 0.1), times(0.82, 0.1), "faster"),
        (times(1, 5), times(3), "same"),
    ],
)
def test_verdicts(old, new, verdict):
    comparison = compare(results_of(old), results_of(new))
    assert [v.verdict for v in comparison.verdicts] == [verdict]
    assert comparison.ok == (verdict != "slower")


def test_only_what_both_runs_have_is_compared():
    old = results_of(times(1), times(1, simd="avx2"))
    new = results_of(times(2, threads=2), times(1))
    comparison = compare(old, new)
    assert [v.new.key for v in comparison.verdicts] == [times(1).key]
    assert comparison.missing == ("frames CT decode avx2 1", "frames CT decode portable 2")
    assert comparison.ok


def test_what_seems_slower_is_measured_again():
    old = results_of(times(1), times(1, operation="encode"), times(1, operation="verify"))
    new = results_of(times(1), times(2, operation="encode"), times(2, operation="verify"))
    asked: list[set[str]] = []

    def again(keys: set[Any]) -> Results:
        asked.append({key[2] for key in keys})
        return results_of(times(1.01, operation="encode"), times(1.9, operation="verify"))

    final = confirmed(old, new, again)
    assert asked == [{"encode", "verify"}, {"verify"}]
    assert [m.median for m in final.measurements] == [1, 1.01, 1.9]
    assert confirmed(old, old, again) == old
    assert len(asked) == 2


def test_one_operation_can_be_measured_again(measured):
    key = next(m.key for m in measured.measurements if m.operation == "encode")
    found = run(TINY, only={key})
    assert [m.key for m in found.measurements] == [key]


def test_compare_ends_with_1_when_something_is_slower(again, tmp_path):
    same = write(again, tmp_path / "same.json")
    assert json.loads(bench("--compare", same, "--json").stdout)["comparison"]["ok"] is True
    assert "0 slower: OK" in bench("--compare", same).stdout.replace(", median change +0%", "")
    fast = write(slowed(again, 1e-3), tmp_path / "fast.json")
    document = json.loads(bench("--compare", fast, "--json", code=1).stdout)
    assert document["ok"] is False
    verdicts = document["comparison"]["verdicts"]
    assert len(verdicts) == len(again.measurements)
    assert {v["verdict"] for v in verdicts} == {"slower"}
    text = bench("--compare", fast, code=1).stdout
    assert "SLOWER" in text
    assert "slower" in text
    slow = write(slowed(again, 1e3), tmp_path / "slow.json")
    assert f"{len(again.measurements)} faster" in bench("--compare", slow).stdout


def test_a_baseline_is_stored_and_found_again(again, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert "--save-baseline stores one" in bench("--compare", code=2).stderr
    bench("--save-baseline")
    assert len(list((tmp_path / "htj2k").iterdir())) == 1
    assert f"{len(again.measurements)} operations compared" in bench("--compare").stdout


@pytest.mark.parametrize(
    ("where", "name", "value"),
    [("machine", "cpu", "an abacus"), ("machine", "cores", 99), ("machine", "simd", "mmx"),
     ("settings", "batch", 3), ("settings", "frames", ("NM 64x64",))],
)  # fmt: skip
def test_other_cpus_and_settings_are_refused_before_anything_is_measured(
    again, monkeypatch, tmp_path, where, name, value
):
    other = replace(again, **{where: replace(getattr(again, where), **{name: value})})
    path = write(other, tmp_path / "other.json")
    assert "operations compared" in bench("--compare", path, "--force").stdout
    monkeypatch.setattr(command, "run", lambda *_: pytest.fail("it was measured"))
    message = bench("--compare", path, code=2).stderr
    for part in (path, "cannot be compared", value if where == "machine" else "settings", "--force"):
        assert str(part) in message


def test_other_versions_are_compared(again, tmp_path):
    old = replace(again, machine=replace(again.machine, htj2k="0.0.1", openjph="0.31.0", python="CPython 3.10.1"))
    assert "operations compared" in bench("--compare", write(old, tmp_path / "old.json")).stdout


BAD = {
    "no JSON": (lambda d: "<html>", "is no JSON of htj2k bench"),
    "a list": (lambda d: "[]", "is no JSON of htj2k bench"),
    "another object": (lambda d: "{}", "is no JSON of htj2k bench: format is missing"),
    "no measurements": (lambda d: json.dumps({**d, "measurements": 5}), "is no JSON of htj2k bench"),
    "another format": (lambda d: json.dumps({**d, "format": 99}), "its format is 99, this version reads 1"),
    "no CPU": (lambda d: json.dumps({k: v for k, v in d.items() if k != "cpu"}), "cpu is missing"),
    "no time": (
        lambda d: json.dumps({**d, "measurements": [{**d["measurements"][0], "median": "1 ms"}]}),
        "median is '1 ms'",
    ),
    "time zero": (
        lambda d: json.dumps({**d, "measurements": [{**d["measurements"][0], "median": 0}]}),
        "a median is 0",
    ),
    "not a number": (
        lambda d: json.dumps({**d, "measurements": [{**d["measurements"][0], "median": float("nan")}]}),
        "median is nan",
    ),
}


@pytest.mark.parametrize(("make", "message"), BAD.values(), ids=BAD)
def test_files_that_are_no_earlier_run(again, monkeypatch, tmp_path, make, message):
    monkeypatch.setattr(command, "run", lambda *_: pytest.fail("it was measured"))
    path = tmp_path / "bad.json"
    path.write_text(make(again.to_dict()))
    error = bench("--compare", path, code=2).stderr
    assert message in error
    assert str(path) in error
    assert "No such file" in bench("--compare", tmp_path / "missing.json", code=2).stderr
