"""The choice between implementations, at import and by the environment variable HTJ2K_SIMD."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from htj2k import _core, simd

KNOWN = ["avx512", "avx2", "sse41", "neon", "portable"]


def run(forced: str | None, code: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k != "HTJ2K_SIMD"}
    if forced is not None:
        environment["HTJ2K_SIMD"] = forced
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )


def active_with(forced: str | None) -> str:
    done = run(forced, "import htj2k.simd; print(htj2k.simd.active())")
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_available_is_fastest_first_and_ends_with_portable() -> None:
    names = simd.available()
    assert names[-1] == "portable"
    assert names == [name for name in KNOWN if name in names]
    assert simd.active() in names


def test_the_caller_owns_the_list() -> None:
    simd.available().clear()
    assert simd.available()


@pytest.mark.parametrize("name", simd.available())
def test_every_available_name_can_be_forced(name: str) -> None:
    assert active_with(name) == name


def test_unset_and_empty_mean_the_fastest() -> None:
    assert active_with(None) == active_with("") == simd.available()[0]


@pytest.mark.parametrize(
    "name", ["avx1024", "AVX2", " sse41", "portable,sse41", *(n for n in KNOWN if n not in simd.available())]
)
def test_a_name_that_is_not_available_fails_the_import_and_lists_those_that_are(name: str) -> None:
    done = run(name, "import htj2k.simd")
    assert done.returncode != 0
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("ValueError: ")
    for word in ("HTJ2K_SIMD", repr(name), ", ".join(simd.available())):
        assert word in last


def test_setting_the_variable_later_changes_nothing() -> None:
    code = "import os, htj2k.simd as s; os.environ['HTJ2K_SIMD'] = 'portable'; print(s.active())"
    assert run(None, code).stdout.strip() == simd.available()[0]


def test_unknown_implementation_is_a_value_error_in_the_core_too() -> None:
    with pytest.raises(ValueError, match=r"no SIMD implementation 'mmx'.*portable"):
        _core._crc32_with("mmx", b"", 0)
