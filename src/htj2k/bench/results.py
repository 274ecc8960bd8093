"""What a run found, and its JSON."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, TypeVar

from .machine import Machine
from .settings import Settings

#: What tells a measurement from the others of its run.
KEY = ("section", "frame", "operation", "simd", "threads")
Key = tuple[str, str, str, str, int]

_FORMAT = 1
_MOST_BYTES = 1 << 26


@dataclass(frozen=True)
class Measurement:
    """The times of one operation, in seconds a call."""

    section: str  # "frames", "threads" or "sizes"
    frame: str
    operation: str
    simd: str
    threads: int
    bytes: int  # of the pixels of a call, uncompressed
    pixels: int
    median: float
    first_quartile: float
    third_quartile: float
    count: int

    @property
    def key(self) -> Key:
        """The values of `KEY`, by which two runs are compared."""
        return self.section, self.frame, self.operation, self.simd, self.threads

    @property
    def spread(self) -> float:
        """The distance of the quartiles, of which the middle half of the times is within, over the median."""
        return (self.third_quartile - self.first_quartile) / self.median

    @property
    def megabytes_per_second(self) -> float:
        """Of pixels."""
        return self.bytes / self.median / 1e6


def statistics_of(times: Sequence[float]) -> dict[str, Any]:
    """Median, quartiles and count, as `Measurement` has them."""
    first, median, third = statistics.quantiles(times, n=4, method="inclusive")
    return {"median": median, "first_quartile": first, "third_quartile": third, "count": len(times)}


@dataclass(frozen=True)
class Results:
    """One run."""

    machine: Machine
    settings: Settings
    measurements: tuple[Measurement, ...]

    def section(self, name: str) -> list[Measurement]:
        """The measurements of a section."""
        return [m for m in self.measurements if m.section == name]

    def updated(self, newer: Results) -> Results:
        """With the measurements of `newer` in the place of their equals here."""
        by_key = {m.key: m for m in newer.measurements}
        return replace(self, measurements=tuple(by_key.get(m.key, m) for m in self.measurements))

    def to_dict(self) -> dict[str, Any]:
        """The JSON document."""
        return {
            "format": _FORMAT,
            **asdict(self.machine),
            "settings": asdict(self.settings),
            "measurements": [asdict(m) for m in self.measurements],
        }


def read_results(path: Path) -> Results:
    """A run that was saved; ValueError if the file is anything else."""
    if path.stat().st_size > _MOST_BYTES:
        raise ValueError(f"{path} has more than {_MOST_BYTES} bytes; expected the JSON of htj2k bench")
    try:
        document = json.loads(path.read_bytes())
        if document["format"] != _FORMAT:
            raise ValueError(f"its format is {document['format']!r}, this version reads {_FORMAT}")
        return Results(
            _record(Machine, document),
            _settings(document["settings"]),
            tuple(_record(Measurement, m) for m in document["measurements"]),
        )
    except KeyError as error:
        raise ValueError(f"{path} is no JSON of htj2k bench: {error.args[0]} is missing") from None
    except (ValueError, TypeError, RecursionError) as error:
        raise ValueError(f"{path} is no JSON of htj2k bench: {error}") from None


Record = TypeVar("Record", Machine, Settings, Measurement)


def _settings(document: dict[str, Any]) -> Settings:
    return _record(Settings, {k: tuple(v) if isinstance(v, list) else v for k, v in document.items()})


def _record(kind: type[Record], document: dict[str, Any]) -> Record:
    """A dataclass of strings, numbers and tuples from the fields of a JSON object."""
    return kind(**{f.name: _checked(f.name, str(f.type), document[f.name]) for f in fields(kind)})


def _checked(name: str, declared: str, value: Any) -> Any:
    kind: Any = {"str": str, "int": int, "float": (int, float)}.get(declared, tuple)
    if not isinstance(value, kind) or (declared in ("int", "float") and not 0 <= value < math.inf):
        raise ValueError(f"{name} is {value!r}")
    if name == "median" and value == 0:
        raise ValueError("a median is 0")
    return value
