"""Two runs on one CPU: what became faster, what slower, and what differs no more than times always do."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .machine import Machine
from .results import KEY, Key, Measurement, Results
from .settings import Settings

#: Medians of the same program differ by so much from run to run: memory is laid out otherwise each time.
LEAST_NOISE = 0.05

_TIMES_AGAIN = 2


@dataclass(frozen=True)
class Verdict:
    """One operation in both runs."""

    old: Measurement
    new: Measurement

    @property
    def ratio(self) -> float:
        """The new time over the old one."""
        return self.new.median / self.old.median

    @property
    def noise(self) -> float:
        """Both spreads together, but not less than `LEAST_NOISE`."""
        return max(LEAST_NOISE, self.old.spread + self.new.spread)

    @property
    def verdict(self) -> str:
        """Whether the medians differ by more than the noise."""
        if self.ratio > 1 + self.noise:
            return "slower"
        return "faster" if self.ratio < 1 / (1 + self.noise) else "same"


@dataclass(frozen=True)
class Comparison:
    """A run beside an earlier one."""

    verdicts: tuple[Verdict, ...]
    missing: tuple[str, ...]  # measured in one of the runs only

    @property
    def ok(self) -> bool:
        """Whether nothing is slower."""
        return not any(v.verdict == "slower" for v in self.verdicts)

    @property
    def median_ratio(self) -> float:
        """Of all operations: far from 1 it tells of the machine, not of a single operation."""
        return statistics.median(v.ratio for v in self.verdicts)

    def to_dict(self) -> dict[str, Any]:
        """The part of the JSON document."""
        return {
            "ok": self.ok,
            "verdicts": [
                {
                    **dict(zip(KEY, v.new.key, strict=True)),
                    "old": v.old.median,
                    "new": v.new.median,
                    "ratio": v.ratio,
                    "noise": v.noise,
                    "verdict": v.verdict,
                }
                for v in self.verdicts
            ],
            "missing": list(self.missing),
        }


def compare(old: Results, new: Results) -> Comparison:
    """A verdict on each measurement that both runs have."""
    before = {m.key: m for m in old.measurements}
    after = {m.key: m for m in new.measurements}
    both = tuple(Verdict(before[key], m) for key, m in after.items() if key in before)
    missing = tuple(" ".join(map(str, key)) for key in sorted(before.keys() ^ after.keys()))
    return Comparison(both, missing)


def confirmed(old: Results, new: Results, measure_again: Callable[[set[Key]], Results]) -> Results:
    """`new`, in which what seems slower has been measured again: noise is not there each time."""
    for _ in range(_TIMES_AGAIN):
        slower = {v.new.key for v in compare(old, new).verdicts if v.verdict == "slower"}
        if not slower:
            break
        new = new.updated(measure_again(slower))
    return new


def obstacles(old: Results, machine: Machine, settings: Settings) -> list[str]:
    """Why times of an earlier run say nothing about a run on this machine with these settings."""
    pairs = {name: (getattr(old.machine, name), getattr(machine, name)) for name in ("cpu", "cores", "simd")}
    pairs["settings"] = (old.settings, settings)
    return [f"{name}: {was} there, {now} here" for name, (was, now) in pairs.items() if was != now]
