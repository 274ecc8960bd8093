"""What a run measures and for how long."""

from __future__ import annotations

from dataclasses import dataclass

from .frames import FRAMES


@dataclass(frozen=True)
class Settings:
    """Only runs with equal settings are compared."""

    name: str
    frames: tuple[str, ...]
    sizes: tuple[int, ...]  # rows and columns of the square frames
    batch: int  # frames in a batch
    seconds: float  # for each measurement
    rounds: int  # of each measurement, at least


FULL = Settings(
    name="full",
    frames=tuple(FRAMES),
    sizes=(64, 128, 256, 512, 1024, 2048, 4096, 7071, 10_000),
    batch=128,
    seconds=0.5,
    rounds=9,
)
QUICK = Settings(
    name="quick",
    frames=("CT 512x512", "US 800x600 RGB", "DX 2048x2500"),
    sizes=(64, 256, 1024, 2048),
    batch=32,
    seconds=0.1,
    rounds=5,
)


def thread_counts(cores: int) -> list[int]:
    """1, 2, 4, ... and all."""
    return sorted({n for n in (2**k for k in range(cores.bit_length())) if n < cores} | {cores})
