"""The benchmarks: no wrong answer gets a time, and docs/benchmarks.md says what was measured."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("imagecodecs")
pytest.importorskip("matplotlib")

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))
import libraries  # noqa: E402
import operations  # noqa: E402
import page  # noqa: E402
import results  # noqa: E402
import scaling  # noqa: E402
import tables  # noqa: E402

SMALL = "NM 64x64"


def test_every_script_imports() -> None:
    scripts = [file.stem for file in BENCHMARKS.glob("*.py") if not file.name.startswith(("test_", "conftest"))]
    code = f"import sys, importlib\nsys.path.insert(0, {str(BENCHMARKS)!r})\n"
    code += f"for name in {sorted(scripts)}: importlib.import_module(name)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def _timed(name: str, operation: str) -> Any:
    return operations.prepared(operation, SMALL, name, libraries.LIBRARIES[name])


@pytest.mark.parametrize("operation", [o for o in operations.OPERATIONS if operations.is_meaningful(o, SMALL)])
def test_every_operation_of_htj2k_is_timed(operation: str) -> None:
    assert not isinstance(_timed("htj2k", operation), str)


@pytest.mark.parametrize("operation", ["encode", "decode", "decode and verify", "encode batch", "decode batch"])
def test_right_answers_of_others_are_timed(operation: str) -> None:
    found = _timed("imagecodecs", operation)
    assert not isinstance(found, str), found


def test_what_a_library_cannot_do_is_its_reason() -> None:
    assert _timed("imagecodecs (OpenJPEG)", "encode") == "does not encode HTJ2K"


def _altered(name: str) -> Any:
    """A library whose first sample of everything it decodes is one too high."""

    def decoder(pixels: np.ndarray, stream: bytes, reduce: int) -> Any:
        call = libraries.LIBRARIES[name].decoder(pixels, stream, reduce)
        return lambda: call() + (np.arange(call().size).reshape(call().shape) == 0).astype(pixels.dtype)

    return dataclasses.replace(libraries.LIBRARIES[name], decoder=decoder)


@pytest.mark.parametrize("operation", ["decode", "decode and verify", "checksums of all levels", "decode batch"])
def test_a_wrong_sample_is_no_time(operation: str) -> None:
    found = operations.prepared(operation, SMALL, "imagecodecs", _altered("imagecodecs"))
    assert found in ("wrong samples", "wrong checksums")


def test_a_wrong_sample_of_htj2k_is_an_error() -> None:
    with pytest.raises(AssertionError, match="wrong samples"):
        operations.prepared("decode", SMALL, "htj2k", _altered("htj2k"))


def test_a_codestream_of_other_pixels_is_no_time() -> None:
    def encoder(pixels: np.ndarray, bits: int, levels: int) -> Any:
        return libraries.LIBRARIES["htj2k"].encoder(np.flipud(pixels), bits, levels)

    other = dataclasses.replace(libraries.LIBRARIES["htj2k"], encoder=encoder)
    assert operations.prepared("encode", SMALL, "other", other) == "lossy"


def test_a_library_that_is_missing_is_left_out_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = dataclasses.replace(libraries.LIBRARIES["ojph"], module="no_such_module")
    monkeypatch.setitem(libraries.LIBRARIES, "ojph", missing)
    assert "ojph" not in libraries.available()
    assert libraries.left_out()["ojph"].startswith("is not installed for Python 3.")


@pytest.mark.parametrize("power", [0.5, 1, 2])
def test_exponent(power: float) -> None:
    points = [{"value": value, "seconds": 3 * value**power} for value in (4, 16, 64, 256)]
    points.insert(0, {"value": 1, "seconds": 1000})  # a constant cost, below where the fit begins
    assert scaling.exponent(points, least=4) == pytest.approx(power)


def test_rows_of_another_environment_do_not_mix() -> None:
    found = results.Results()
    found.add("crc32", "64", {"zlib": 1.0}, {"cpu": "one"})
    with pytest.raises(ValueError, match="another environment"):
        found.add("crc32", "4096", {"zlib": 1.0}, {"cpu": "two"})
    found.forget("crc32")
    found.add("crc32", "4096", {"zlib": 1.0}, {"cpu": "two"})
    assert list(found.rows("crc32")) == ["4096"]


def test_ahead_lists_who_is_faster_and_only_them() -> None:
    times = {"htj2k": 1.0, "OpenJPH alone": 0.5, "a": 0.94, "b": 0.96, "c": 2.0, "d": {"reason": "refuses"}}
    found = results.Results()
    found.add("libraries", SMALL, {"decode": times}, {})
    assert tables.ahead(found) == [("decode", SMALL, "a", 0.94)]


def test_page_is_what_was_measured() -> None:
    assert page.PAGE.read_text() == page.render(results.load())


def test_page_has_its_pictures() -> None:
    text = page.PAGE.read_text()
    for name in page.PICTURES:
        picture = page.PAGE.parent / "images" / f"{name}.svg"
        assert f"(images/{picture.name})" in text
        assert picture.read_text().count("<text") > 10  # text, not outlines
        assert picture.stat().st_size < 200_000


def test_claims_follow_the_numbers() -> None:
    def row(deflate: float, classic: float) -> dict[str, Any]:
        seconds = {"JPEG 2000/x": classic, "deflate/x": deflate, "HTJ2K/htj2k": 1.0}
        return {"bytes": 8, "sizes": {"JPEG 2000": 2, "deflate": 4, "HTJ2K": 2}, "seconds": seconds, "reasons": {}}

    found = results.Results()
    found.add("syntaxes", "one", row(deflate=1.0, classic=9.0), {})
    found.add("syntaxes", "two", row(deflate=4.0, classic=16.0), {})
    text = page.claims(found)
    assert "JPEG 2000: 12 times on average, 9 to 16; at least ten times for 1 of 2 images." in text
    assert "deflate: holds in part (1 of 2 images); HTJ2K is 2 times as fast on average" in text
    assert "2.00 times the size" in text
