"""The frames that are measured."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from images import ct_like


def _color(rows: int, columns: int) -> NDArray[np.uint8]:
    """Stained tissue: smooth colours with cells and noise."""
    y, x = np.mgrid[0:rows, 0:columns]
    rng = np.random.default_rng(2)
    cells = np.zeros((rows, columns))
    for cy, cx in rng.integers(0, (rows, columns), (rows * columns // 2500, 2)):
        cells[cy : cy + 12, cx : cx + 12] = 70
    base = 200 + 20 * np.sin(x / 97) * np.cos(y / 71) - cells
    channels = [base, base - 60 - 0.3 * cells, base - 10]
    return (np.stack(channels, -1) + rng.normal(0, 3, (rows, columns, 3))).clip(0, 255).astype(np.uint8)


def _unsigned(shape: tuple[int, int], scale: int, bits: int) -> NDArray[np.uint16]:
    return ((ct_like(shape).astype(np.int32) + 1024) * scale).clip(0, (1 << bits) - 1).astype(np.uint16)


# name: (pixels, bits stored)
FRAMES: dict[str, tuple[Callable[[], NDArray[Any]], int]] = {
    "64x64 i2": (lambda: ct_like((64, 64)), 16),
    "512x512 i2": (lambda: ct_like((512, 512)), 16),
    "2500x2048 12 bit": (lambda: _unsigned((2500, 2048), 1, 12), 12),
    "1024x1024 RGB u1": (lambda: _color(1024, 1024), 8),
    "3328x4096 14 bit": (lambda: _unsigned((3328, 4096), 4, 14), 14),
}


def _dicom(name: str) -> Callable[[], NDArray[Any]]:
    def read() -> NDArray[Any]:
        import pydicom

        return pydicom.dcmread(Path(os.environ["HTJ2K_TEST_DATA"]) / "corpus" / name, force=True).pixel_array

    return read


if os.environ.get("HTJ2K_TEST_DATA"):
    FRAMES |= {
        "real CT 512x512 i2": (_dicom("chafey_dicomhtj2k/dicomp10/CT2_UNC"), 16),
        "real CR 10 bit": (_dicom("fo_dicom/GH1308.dcm"), 16),
        "real RGB u1": (_dicom("chafey_dicomhtj2k/dicomp10/VL1_UNC"), 8),
    }
