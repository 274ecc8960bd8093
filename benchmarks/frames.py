"""The frames that are measured: those of ``htj2k bench``, and real ones.

Real frames come from pydicom's bundled files and, where HTJ2K_TEST_DATA names it, from the external corpus."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from htj2k.bench.frames import FRAMES, Frame


def _read(find: Callable[[], str | Path], shape: tuple[int, int], seed: int) -> NDArray[Any]:
    import pydicom

    with warnings.catch_warnings(action="ignore"):  # real files have their faults
        pixels: NDArray[Any] = pydicom.dcmread(find(), force=True).pixel_array
    assert pixels.shape[:2] == shape
    return pixels


def _bundled(name: str) -> str:
    from pydicom.data import get_testdata_file

    return str(get_testdata_file(name, download=False))


def _corpus(name: str) -> Path:
    return Path(os.environ["HTJ2K_TEST_DATA"]) / "corpus" / name


Files = dict[str, tuple[str, tuple[int, int], int]]  # name: file, rows and columns, bits stored

_BUNDLED: Files = {
    "CT 13 bit, 512x512": ("J2K_pixelrep_mismatch.dcm", (512, 512), 16),
    "MR 12 bit, 484x300": ("examples_overlay.dcm", (300, 484), 16),
    "US RGB, 640x480": ("examples_jpeg2k.dcm", (480, 640), 8),
    "US 8 bit, 800x350": ("examples_palette.dcm", (350, 800), 8),
}
_CORPUS: Files = {
    "CT 16 bit, 512x512": ("chafey_dicomhtj2k/dicomp10/CT2_UNC", (512, 512), 16),
    "MR 16 bit, 512x512": ("chafey_dicomhtj2k/dicomp10/MR1_UNC", (512, 512), 16),
    "NM 16 bit, 256x1024": ("chafey_dicomhtj2k/dicomp10/NM1_UNC", (1024, 256), 16),
    "XA 10 bit, 1024x1024": ("chafey_dicomhtj2k/dicomp10/XA1_UNC", (1024, 1024), 10),
    "VL RGB, 756x486": ("chafey_dicomhtj2k/dicomp10/VL1_UNC", (486, 756), 8),
    "CR 10 bit, 1760x2140": ("nema_wg04/RG2_J2KR", (2140, 1760), 10),
    # Lossy before: less noise than a detector gives.
    "MG 12 bit, 3064x4664": ("nema_wg04/MG1_J2KI", (4664, 3064), 12),
}


def _frames(files: Files, find: Callable[[str], str | Path]) -> dict[str, Frame]:
    return {name: Frame(partial(_read, partial(find, file)), *rest) for name, (file, *rest) in files.items()}


REAL = _frames(_BUNDLED, _bundled)
if os.environ.get("HTJ2K_TEST_DATA"):
    REAL |= _frames(_CORPUS, _corpus)

ALL: dict[str, Frame] = FRAMES | {f"real {name}": frame for name, frame in REAL.items()}
