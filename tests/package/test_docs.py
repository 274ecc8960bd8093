"""Every code block of README and of the documentation runs, in its order, in a folder of its own.

Python blocks of a page share their names. Of shell blocks, `htj2k` runs with what is in the folder (or is parsed
where it needs a service), `make` must name a target, `pip install` existing extras. docs/howto/healthimaging.md
has a test of its own, with a server.
"""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import htj2k
import htj2k.dicom
from dicom_files import dataset, write
from htj2k.cli.app import app
from htj2k.testing import ImageFrameVerifier
from image_sets import image_frame, image_set, write_folder
from images import ct_like, noise

if sys.version_info >= (3, 11):
    import tomllib
else:
    tomllib = pytest.importorskip("tomli")

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "howto" / "healthimaging.md"
PAGES = [ROOT / "README.md", *sorted(page for page in (ROOT / "docs").rglob("*.md") if page != GUIDE)]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)
SHOWN_ONLY = {"text", "json", "yaml"}

PIXELS = ct_like((512, 500))
Names = dict[str, Any]


def readme(folder: Path) -> Names:
    codestream = htj2k.encode(PIXELS)
    return {
        "pixels": PIXELS,
        "fetch": lambda start, stop: codestream[start:stop],
        "frames": [PIXELS] * 3,
        "expected": [htj2k.pixel_checksums(PIXELS)] * 3,
        "executor": ThreadPoolExecutor(2),
        "train": lambda pixels: None,
        "path": write(folder / "native.dcm", dataset(PIXELS)),
        "compressed": folder / "htj2k.dcm",
    }


def viewer(folder: Path) -> Names:
    codestream = htj2k.encode(PIXELS)
    return {
        "codestream": codestream,
        "checksums": htj2k.pixel_checksums(PIXELS),
        "response": [codestream[i : i + 10_000] for i in range(0, len(codestream), 10_000)],
        "fetch": lambda start, stop: codestream[start:stop],
        "screen_width": 200,
        "show": lambda pixels, reduce: None,
    }


def in_a_test_suite(folder: Path) -> Names:
    write_folder(image_set(2), folder / "imagesets")
    codestream = htj2k.encode(PIXELS)
    return {
        "pixels": PIXELS,
        "codestream": codestream,
        "checksums": htj2k.pixel_checksums(PIXELS),
        "decoder_under_test": htj2k.decode,
        "image_frame_verifier": ImageFrameVerifier(folder),
        "our_pipeline": lambda pixels: (codestream, {"ImageFrames": [image_frame("1", pixels)]}),
    }


def with_pydicom(folder: Path) -> Names:
    write(folder / "plain.dcm", dataset(noise((2, 64, 60, 3), "u1"), NumberOfFrames=2))
    return {"pixels": PIXELS}


def clusters(folder: Path) -> Names:
    return {"frames": [ct_like((90, 70), seed) for seed in range(6)], "train": lambda pixels: None}


def with_pixels(folder: Path) -> Names:
    return {"pixels": PIXELS, "codestream": htj2k.encode(PIXELS)}


def in_a_sandbox(folder: Path) -> Names:
    return {"frame": htj2k.encode(PIXELS), "checksums": htj2k.pixel_checksums(PIXELS)}


SETUP: dict[str, Callable[[Path], Names]] = {
    "README.md": readme,
    "viewer.md": viewer,
    "test-suite.md": in_a_test_suite,
    "pydicom.md": with_pydicom,
    "clusters.md": clusters,
    "isolated.md": in_a_sandbox,
    "checksums.md": with_pixels,
    "lossless.md": with_pixels,
    "codestream.md": with_pixels,
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with what the pages' commands name."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "dicom" / "ct.dcm", dataset(ct_like((90, 70))))
    write(tmp_path / "dicom" / "deep" / "rgb.dcm", dataset(noise((40, 30, 3), "u1")))
    np.save(tmp_path / "frame.npy", ct_like())
    (tmp_path / "frame.j2c").write_bytes(htj2k.encode(ct_like()))
    return tmp_path


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # pages start processes with Python's default
@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_block_runs(page: Path, folder: Path) -> None:
    names: Names = {"__name__": "__main__", **SETUP.get(page.name, lambda folder: {})(folder)}
    try:
        for language, block in BLOCK.findall(page.read_text("utf-8")):
            if language == "python":
                exec(compile(block, str(page), "exec"), names)
            elif language == "sh":
                run_shell(block)
            else:
                assert language in SHOWN_ONLY, f"{page.name} has a block of {language or 'no language'}"
    finally:
        htj2k.dicom.unregister()


def run_shell(block: str) -> None:
    for line in block.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        if words:
            RUNNERS[words[0]](words[1:])


def run_htj2k(words: list[str]) -> None:
    if any("://" in word for word in words) or "--datastore" in words:  # needs a service
        app.commands[words[0]].make_context(words[0], words[1:])
        return
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, f"htj2k {' '.join(words)}: {result.output}"


def run_make(words: list[str]) -> None:
    targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    assert {word for word in words if "=" not in word} <= set(targets)


def run_pip(words: list[str]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert words[0] == "install"
    for extras in re.findall(r"htj2k\[(.*?)\]|^\.\[(.*?)\]", "\n".join(words)):
        assert set(",".join(filter(None, extras)).split(",")) <= set(project["optional-dependencies"])


RUNNERS = {"htj2k": run_htj2k, "make": run_make, "pip": run_pip}


def test_the_blocks_are_found() -> None:
    languages = [language for page in PAGES for language, _ in BLOCK.findall(page.read_text("utf-8"))]
    assert languages.count("python") > 20
    assert languages.count("sh") > 8


def test_every_public_name_is_in_the_reference() -> None:
    listed = re.findall(r"^::: htj2k\.(\w+)$", (ROOT / "docs/reference/index.md").read_text(), flags=re.MULTILINE)
    assert sorted(listed) == sorted(htj2k.__all__)
