"""Small and made-up runs of the benchmark."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from htj2k.bench.machine import this_machine
from htj2k.bench.results import Measurement, Results
from htj2k.bench.settings import Settings
from htj2k.cli.app import app

TINY = Settings("tiny", frames=("NM 64x64", "SEG 512x512"), sizes=(64,), batch=2, seconds=0, rounds=2)


def bench(*arguments: object, code: int = 0) -> Result:
    result = CliRunner().invoke(app, ["bench", "--quick", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == code, result.output
    return result


def slowed(results: Results, factor: float) -> Results:
    """All times times `factor`."""
    times = ("median", "first_quartile", "third_quartile")
    changed = (replace(m, **{t: getattr(m, t) * factor for t in times}) for m in results.measurements)
    return replace(results, measurements=tuple(changed))


def write(results: Results, path: Path) -> Path:
    path.write_text(json.dumps(results.to_dict()))
    return path


def times(median: float, spread: float = 0.0, **fields: Any) -> Measurement:
    parts = {"section": "frames", "frame": "CT", "operation": "decode", "simd": "portable", "threads": 1, **fields}
    half = median * spread / 2
    return Measurement(
        **parts,
        bytes=2,
        pixels=1,
        median=median,
        first_quartile=median - half,
        third_quartile=median + half,
        count=5,
    )


def results_of(*measurements: Measurement) -> Results:
    return Results(this_machine(), TINY, measurements)
