"""Fixtures for all tests: the corpus of real files, and hypothesis' profiles."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# "default" is for every run; "ci" repeats the same examples; "long" is for a night, or before a release:
# HYPOTHESIS_PROFILE=long pytest tests/codec/test_properties.py
settings.register_profile("default", max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("default"), max_examples=500, derandomize=True)
settings.register_profile("long", settings.get_profile("default"), max_examples=20_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture(autouse=True, scope="session")
def state_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Commands of the tests leave nothing in the user's own folders."""
    folder = tmp_path_factory.mktemp("state")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(folder))
        yield folder


class TestData:
    """The folder that HTJ2K_TEST_DATA names. A file that is not there is a failure, not a skip."""

    __test__ = False

    def __init__(self, root: Path) -> None:
        self.root = root

    def __truediv__(self, name: str) -> Path:
        path = self.root / name
        if not path.exists():
            pytest.fail(f"HTJ2K_TEST_DATA is set, but {path} does not exist")
        return path


@pytest.fixture(scope="session")
def test_data() -> TestData:
    """Real files, by their path below HTJ2K_TEST_DATA; skips where the variable is not set."""
    folder = os.environ.get("HTJ2K_TEST_DATA")
    if not folder:
        pytest.skip("HTJ2K_TEST_DATA names no folder of test data")
    if not Path(folder).is_dir():
        pytest.fail(f"HTJ2K_TEST_DATA is {folder}, which is no folder")
    return TestData(Path(folder))


@pytest.fixture(scope="session")
def ingested_corpus(test_data: TestData, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    """Report and output of one job over all files of the corpus; only to be read."""
    return _ingested(test_data / "corpus", tmp_path_factory)


@pytest.fixture(scope="session")
def ingested_bundled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    """Report and output of one job over the files that pydicom brings; only to be read."""
    pydicom = pytest.importorskip("pydicom")
    return _ingested(Path(pydicom.__file__).parent / "data" / "test_files", tmp_path_factory)


def _ingested(source: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    from htj2k.dicom import ingest

    output = tmp_path_factory.mktemp("ingested") / "out"
    return ingest(source, output), output
