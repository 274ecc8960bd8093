"""What qstep and qfactor cost and give: PSNR, largest error and bits a sample, over generated frames.

    python benchmarks/quality.py > benchmarks/quality.md

The frames are generated, so the table can be made again anywhere; its numbers are those of OpenJPH 0.32.0.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import htj2k

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from images import ct_like

QSTEPS = (1e-5, 1e-4, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1)
QFACTORS = (100, 99, 98, 95, 90, 85, 80, 70, 50, 30, 10, 1)


def gradient(shape: tuple[int, int] = (512, 512)) -> NDArray[np.uint8]:
    """A noise-free ramp with a slow wave."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    return np.round(127 + 0.1 * (x + y) / 2 + 60 * np.sin(x / 60) * np.cos(y / 80)).clip(0, 255).astype(np.uint8)


def photo_like(shape: tuple[int, int] = (512, 512)) -> NDArray[np.uint8]:
    """Coloured regions with edges and a little noise."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    noise = np.random.default_rng(1).normal(0, 3, (*shape, 3))
    stained = np.hypot((x % 64) - 32, (y % 64) - 32) < 18
    background = np.stack([230 - x / 20, 200 - y / 16, 220 + 0 * x], -1)
    return np.round(np.where(stained[..., None], [120, 60, 140], background) + noise).clip(0, 255).astype(np.uint8)


# Name: pixels and bits_stored. The quality is relative to the declared range, so the depth is declared tightly.
FRAMES: dict[str, tuple[Callable[[], NDArray[Any]], int]] = {
    "CT-like, 13 bits signed": (ct_like, 13),
    "gradient, 8 bits": (gradient, 8),
    "RGB, 8 bits": (photo_like, 8),
}


class Quality(NamedTuple):
    psnr: float  # in dB, of the peak 2^bits - 1
    largest_error: int
    bits_per_sample: float

    def row(self, setting: str) -> str:
        psnr = "exact" if math.isinf(self.psnr) else f"{self.psnr:.2f}"
        return f"| {setting} | {psnr} | {self.largest_error} | {self.bits_per_sample:.3f} |"


def measure(pixels: NDArray[Any], bits: int, **quality: float) -> Quality:
    codestream = htj2k.encode(pixels, bits_stored=bits, **quality)
    difference = htj2k.decode(codestream).astype(np.int64) - pixels
    mean_square = float(np.square(difference).mean())
    psnr = 10 * math.log10((2**bits - 1) ** 2 / mean_square) if mean_square else math.inf
    return Quality(psnr, int(np.abs(difference).max()), 8 * len(codestream) / pixels.size)


def settings() -> list[tuple[str, dict[str, float]]]:
    by_step = [(f"qstep={step:g}", {"qstep": step}) for step in QSTEPS]
    return [("lossless", {}), *by_step, *((f"qfactor={q}", {"qfactor": float(q)}) for q in QFACTORS)]


def table(name: str) -> list[str]:
    make, bits = FRAMES[name]
    pixels = make()
    head = [f"## {name}", "", "| setting | PSNR in dB | largest error | bits a sample |", "|---|---|---|---|"]
    return [*head, *(measure(pixels, bits, **quality).row(setting) for setting, quality in settings()), ""]


INTRODUCTION = """# What qstep and qfactor give

Written by `python benchmarks/quality.py > benchmarks/quality.md`, with OpenJPH 0.32.0.

Both are relative to the range that `bits_stored` declares: 12-bit samples declared as 16 bits get steps that are
16 times too coarse.
"""

if __name__ == "__main__":
    lines = [INTRODUCTION]
    for frame in FRAMES:
        lines += table(frame)
    sys.stdout.write("\n".join(lines).rstrip() + "\n")
