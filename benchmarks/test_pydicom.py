"""ds.pixel_array of HTJ2K files with our plugin and with pylibjpeg's, and ds.compress. Run with ``make bench``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.pixels import get_decoder

import htj2k.dicom

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from dicom_files import dataset
from htj2k_dicom import htj2k_dataset
from images import ct_like, noise

FRAMES = {
    "512x512 i2": lambda: ct_like(),
    "20 frames of 512x512 i2": lambda: np.stack([ct_like(seed=i) for i in range(20)]),
    "2500x2048 u2": lambda: (ct_like((2500, 2048)) + 1024).astype(np.uint16),
    "1024x1024x3 u1": lambda: noise((1024, 1024, 3), "u1", bits=4),
}


@pytest.fixture(params=FRAMES, scope="module")
def pixels(request: pytest.FixtureRequest) -> Any:
    return FRAMES[request.param]()


@pytest.fixture(autouse=True, scope="module")
def _registered() -> Any:
    htj2k.dicom.register()
    yield
    htj2k.dicom.unregister()


@pytest.mark.parametrize("plugin", ["htj2k", "pylibjpeg"])
@pytest.mark.benchmark(group="pydicom pixel_array")
def test_pixel_array(benchmark: Any, pixels: Any, plugin: str) -> None:
    ds = htj2k_dataset(pixels)
    decode = get_decoder(ds.file_meta.TransferSyntaxUID).as_array  # what pixel_array calls, without its cache
    assert np.array_equal(benchmark(decode, ds, decoding_plugin=plugin)[0], pixels)


@pytest.mark.benchmark(group="pydicom all frames")
def test_iter_frames(benchmark: Any, pixels: Any) -> None:
    """All cores."""
    ds = htj2k_dataset(pixels)
    found = benchmark(lambda: list(htj2k.dicom.iter_frames(ds)))
    assert np.array_equal(np.squeeze(found), pixels)


@pytest.mark.benchmark(group="pydicom compress")
def test_compress(benchmark: Any, pixels: Any) -> None:
    def setup() -> Any:
        return (dataset(pixels),), {}

    ds: pydicom.Dataset = benchmark.pedantic(htj2k.dicom.compress, setup=setup, rounds=10)
    assert np.array_equal(ds.pixel_array, pixels)
