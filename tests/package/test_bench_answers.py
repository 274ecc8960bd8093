"""``htj2k bench``: a wrong answer is an error, never a number."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import htj2k
from bench_runs import bench
from htj2k.bench import operations


def corrupted(result: Any) -> Any:
    """A result with one thing wrong."""
    if isinstance(result, np.ndarray):
        return result ^ np.eye(*result.shape[-2:], dtype=result.dtype)
    if isinstance(result, bytes):
        return result[:-1] + b"\0"
    if isinstance(result, htj2k.EncodedImage):
        return replace(result, max_value=result.max_value + 1)
    if isinstance(result, htj2k.Verification):
        return replace(result, levels=result.levels[1:])
    return result + 1 if isinstance(result, int) else [*result[:-1], corrupted(result[-1])]


CASES = {
    "frame": lambda: operations.frame_case("MR 256x256"),
    "size": lambda: operations.size_case(70, 65),
    "batch": lambda: operations.batch_case(3, [1, 2]),
}


@pytest.mark.parametrize("kind", CASES)
def test_every_operation_tells_right_from_wrong(kind):
    case = CASES[kind]()
    assert case.operations
    for (name, _), operation in case.operations.items():
        result = operation.call()
        wrong = result[:-1] if name in ("pixel_checksums", "verify_batch") else corrupted(result)
        assert not operation.is_right(wrong), name
        assert operation.is_right(operation.call()), name


def test_pixels_of_the_batch_before_do_not_make_the_next_one_right():
    operation = operations.batch_case(2, [1]).operations["decode_batch", 1]
    pixels = operation.call()
    assert operation.is_right(pixels)
    assert not operation.is_right(pixels)


@pytest.mark.parametrize("reduce", [0, 1, 2])
def test_cases_are_proven_before_they_are_measured(monkeypatch, reduce):
    decode = htj2k.decode

    def wrong(data: bytes, *, reduce: int = 0, at: int = reduce) -> Any:
        pixels = decode(data, reduce=reduce)
        return corrupted(pixels) if reduce == at else pixels

    monkeypatch.setattr(htj2k, "decode", wrong)
    with pytest.raises(operations.WrongAnswer, match=f"decode reduce={reduce}"):
        operations.frame_case("MR 256x256")


INJECTED = {
    "a wrong result": ("crc32", "lambda *a, real=real: real(*a) ^ 1", "NM 64x64: crc32 on SIMD path portable"),
    "another codestream": (
        "encode_with_checksums",
        "lambda *a, real=real, **k: real(*a, comment='x', **k)",
        "NM 64x64: the SIMD paths .* give different codestreams",
    ),
}


@pytest.fixture
def inject(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Python code that runs at the start of the process for the portable path."""

    def write_code(code: str) -> None:
        text = f"import os\nif os.environ.get('HTJ2K_SIMD') == 'portable':\n    {code}\n"
        (tmp_path / "sitecustomize.py").write_text(text)
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    return write_code


@pytest.mark.parametrize(("name", "code", "message"), INJECTED.values(), ids=INJECTED)
def test_a_wrong_answer_ends_the_run(tiny, inject, tmp_path, name, code, message):
    if len(htj2k.simd.available()) == 1:
        pytest.skip("this machine has the portable path only")
    inject(f"import htj2k; real = htj2k.{name}; htj2k.{name} = {code}")
    result = bench("--json", "--output", tmp_path / "out", "--save-baseline", code=1)
    document = json.loads(result.stdout)
    assert document["ok"] is False
    assert "measurements" not in document
    assert document["error"]["type"] == "WrongAnswer"
    assert re.match(message, document["error"]["message"])
    assert list((tmp_path / "out").iterdir()) == []
    assert "no baseline" in bench("--compare", code=2).stderr


def test_a_process_that_ends_is_named(tiny, inject):
    inject("os._exit(3)")
    assert "the process for SIMD path portable ended with code 3" in bench(code=2).stderr
