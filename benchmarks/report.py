"""Measures, and writes docs/benchmarks.md with its charts from what was measured.

python benchmarks/report.py                        # measure everything, then write the page
python benchmarks/report.py libraries --rows "CT 512x512"    # measure some rows of a section again
python benchmarks/report.py none                   # write the page only
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from environment import describe, pin_to_one_thread
from frames import ALL
from htj2k.bench.timing import medians
from results import Results, load, rounded

# Reduced decodes and batches are measured of these frames, everything else of all.
FEW = ("CT 512x512", "US 800x600 RGB", "DX 2048x2500")


def measure_library_row(frame: str, seconds: float) -> dict[str, Any]:
    """Every operation on a frame: seconds by library, or the reason why a library has none."""
    from operations import OPERATIONS, is_meaningful

    found = {}
    for operation in OPERATIONS:
        everywhere = not operation.endswith("batch") and "reduce" not in operation
        if is_meaningful(operation, frame) and (everywhere or frame in FEW):
            found[operation] = measure_operation(operation, frame, seconds)
    return found


def measure_operation(operation: str, frame: str, seconds: float) -> dict[str, Any]:
    from operations import Candidate, candidates

    made = dict(candidates(operation, frame))
    calls = {name: candidate.call for name, candidate in made.items() if isinstance(candidate, Candidate)}
    times = medians(calls, seconds=seconds, least=3)
    return {
        name: rounded(times[name]) if name in times else {"reason": str(candidate)[:80]}
        for name, candidate in made.items()
    }


def measure_crc32_row(size: str, seconds: float) -> dict[str, float]:
    import zlib

    import numpy as np

    from operations import crc32_calls

    data = np.random.default_rng(1).bytes(int(size))
    functions = crc32_calls()
    assert all(function(data) == zlib.crc32(data) for function in functions.values())
    repeats = max(1, (1 << 20) // len(data))

    def repeated(function: Callable[[bytes], int]) -> Callable[[], None]:
        def call() -> None:
            for _ in range(repeats):
                function(data)

        return call

    times = medians({name: repeated(f) for name, f in functions.items()}, seconds=seconds)
    return {name: rounded(t / repeats) for name, t in times.items()}


@cache
def _images() -> dict[str, Any]:
    from syntaxes import images

    return images()


def measure_syntax_row(name: str, seconds: float) -> dict[str, Any]:
    """Sizes and decode times of an image in every transfer syntax."""
    from syntaxes import calls

    image = _images()[name]
    found, sizes, reasons = calls(image)
    times = medians({f"{s}/{d}": call for (s, d), call in found.items()}, seconds=seconds, least=3)
    return {
        "bytes": image.pixels.nbytes,
        "sizes": sizes,
        "seconds": {key: rounded(t) for key, t in times.items()},
        "reasons": reasons,
    }


def measure_engine_row(name: str, seconds: float) -> dict[str, Any]:
    from engines import measure_row

    row = measure_row(name, seconds)
    return {**row, "seconds": {task: rounded(time) for task, time in row["seconds"].items()}}


def measure_curve(name: str, seconds: float) -> dict[str, Any]:
    from scaling import measure

    curve = measure(name, seconds)
    return {
        operation: [{**point, "seconds": rounded(point["seconds"])} for point in points]
        for operation, points in curve.items()
    }


def _engine_frames() -> Iterable[str]:
    from engines import ALL

    return ALL


def _curves() -> Iterable[str]:
    from scaling import CURVES

    return CURVES


# Section: rows, how a row is measured, seconds for each measurement.
SECTIONS: dict[str, tuple[Callable[[], Iterable[str]], Callable[[str, float], Any], float]] = {
    "libraries": (lambda: ALL, measure_library_row, 1.5),
    "engines": (_engine_frames, measure_engine_row, 3.0),
    "crc32": (lambda: ("64", "4096", "1048576", "33554432"), measure_crc32_row, 1.0),
    "syntaxes": (lambda: _images(), measure_syntax_row, 5.0),
    "scaling": (_curves, measure_curve, 0.3),
}


def run(results: Results, section: str, rows: list[str] | None, factor: float) -> None:
    all_rows, measure, seconds = SECTIONS[section]
    unknown = set(rows or ()) - set(all_rows())
    if unknown:
        raise SystemExit(f"section {section} has no rows {sorted(unknown)}; it has {list(all_rows())}")
    for row in rows or all_rows():
        print(f"{section}: {row}", flush=True)
        results.add(section, row, measure(row, factor * seconds), describe())
        results.save()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sections", nargs="*", help=f"of {', '.join(SECTIONS)}, none; by default all")
    parser.add_argument("--rows", nargs="+", help="only these rows of the section")
    parser.add_argument("--fresh", action="store_true", help="forget the section's other rows")
    parser.add_argument("--factor", type=float, default=1.0, help="of the time that is spent")
    arguments = parser.parse_args()
    # Not by `choices`: what argparse makes of them when there are no arguments depends on Python's version.
    if unknown := set(arguments.sections) - {*SECTIONS, "none"}:
        parser.error(f"no section is called {', '.join(sorted(unknown))}")
    pin_to_one_thread()
    results = load()
    for section in [name for name in arguments.sections or SECTIONS if name != "none"]:
        if arguments.fresh or not arguments.rows:
            results.forget(section)
        run(results, section, arguments.rows, arguments.factor)
    missing = [name for name in SECTIONS if not results.rows(name)]
    if missing:
        print(f"The page needs every section; not measured yet: {', '.join(missing)}")
    else:
        from page import write

        write(results)


if __name__ == "__main__":
    main()
