"""The base package needs numpy only: adapters load their dependencies when they are used."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("pydicom", "boto3", "rich", "click", "matplotlib", "fsspec", "botocore", "aiohttp", "pytest")


@pytest.mark.parametrize(
    ("module", "allowed"),
    [
        ("htj2k", ()),
        ("htj2k.healthimaging", ()),
        ("htj2k.testing", ()),
        ("htj2k.isolated", ()),
        ("htj2k.cli", ()),
        ("htj2k.cli.app", ("click", "rich")),
        ("htj2k.dicom", ("pydicom",)),
    ],
)
def test_import_in_a_fresh_interpreter_loads_only_what_it_needs(module: str, allowed: tuple[str, ...]) -> None:
    code = f"import sys, {module}; print(*(n for n in {HEAVY!r} if n in sys.modules))"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert set(output.split()) <= set(allowed)


@pytest.mark.parametrize(
    ("blocked", "code", "message"),
    [
        ("pydicom", "import htj2k.dicom", "htj2k[dicom]"),
        ("click", "from htj2k.cli import main; main()", "htj2k[cli]"),
    ],
)
def test_a_missing_extra_is_named(blocked: str, code: str, message: str) -> None:
    code = f"import sys; sys.modules[{blocked!r}] = None; {code}"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode != 0
    assert message in result.stderr
