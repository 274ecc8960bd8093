"""The tables of docs/benchmarks.md, from what was measured."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from results import Results

# Curve: what grows, the title.
CURVE_TITLES = {
    "frame size": ("rows, and as many columns", "one frame"),
    "components": ("components of 128x128", "components"),
    "bit depth": ("bits of a sample", "bit depth"),
    "threads": ("threads", "64 frames of 512x512"),
    "batch size": ("frames of 512x512", "batches on all cores"),
    "files": ("DICOM files of 256x256", "jobs"),
    "file size": ("rows, and as many columns", "jobs of 4 files"),
}


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def number(value: float) -> str:
    """Three digits."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def mean(values: list[float]) -> float:
    """Geometric, as ratios want it."""
    return math.exp(sum(map(math.log, values)) / len(values))


def library_ratios(results: Results, frame: str, operation: str) -> dict[str, float]:
    """Each library's time over htj2k's."""
    times = results.rows("libraries")[frame].get(operation, {})
    return {n: t / times["htj2k"] for n, t in times.items() if n != "htj2k" and not isinstance(t, dict)}


def library_tables(results: Results) -> Iterator[str]:
    """A table for each operation: rows of frames, columns of libraries."""
    rows = results.rows("libraries")
    operations = dict.fromkeys(operation for row in rows.values() for operation in row)
    for operation in operations:
        names = list(dict.fromkeys(n for row in rows.values() for n in row.get(operation, {}) if n != "htj2k"))
        measured = [n for n in names if any(_is_time(row.get(operation, {}).get(n)) for row in rows.values())]
        lines = [
            [frame, f"{number(1e3 * row[operation]['htj2k'])} ms", *(_cell(row[operation], n) for n in measured)]
            for frame, row in rows.items()
            if operation in row
        ]
        yield f"### {operation}\n\n{table(['frame', 'htj2k', *measured], lines)}"


def _is_time(value: Any) -> bool:
    return value is not None and not isinstance(value, dict)


def _cell(times: dict[str, Any], name: str) -> str:
    value = times.get(name)
    return f"{value / times['htj2k']:.2f}" if _is_time(value) else "-"


def reasons(results: Results) -> list[str]:
    """What a dash stands for, once for each library and reason."""
    found: dict[tuple[str, str], tuple[dict[str, None], dict[str, None]]] = {}
    for frame, row in results.rows("libraries").items():
        for operation, times in row.items():
            for name, value in times.items():
                if isinstance(value, dict):
                    operations, frames = found.setdefault((name, value["reason"]), ({}, {}))
                    operations[operation], frames[frame] = None, None
    return [
        f"* {name}: {reason} ({_listed(list(operations), 'operations')}; {_listed(list(frames), 'frames')})"
        for (name, reason), (operations, frames) in sorted(found.items())
    ]


def _listed(names: list[str], what: str) -> str:
    return ", ".join(names) if len(names) <= 3 else f"{len(names)} {what}"


def ahead(results: Results, margin: float = 0.95) -> list[tuple[str, str, str, float]]:
    """Where a library takes less than `margin` of htj2k's time. OpenJPH alone does less, and is no library."""
    return [
        (operation, frame, name, ratio)
        for frame, row in results.rows("libraries").items()
        for operation in row
        for name, ratio in library_ratios(results, frame, operation).items()
        if ratio < margin and name != "OpenJPH alone"
    ]


def ahead_table(results: Results) -> str:
    rows = [[operation, frame, name, f"{ratio:.2f}"] for operation, frame, name, ratio in sorted(ahead(results))]
    return table(["operation", "frame", "library", "its time over htj2k's"], rows) if rows else "None."


@dataclass(frozen=True)
class SyntaxRow:
    """A transfer syntax over all images that it can hold."""

    images: list[str]
    ratios: list[float]  # decode time of the fastest decoder, over htj2k's
    sizes: list[float]  # of the uncompressed pixels
    winners: list[str]

    @property
    def winner(self) -> str:
        return max(dict.fromkeys(self.winners), key=self.winners.count)


def best(row: dict[str, Any], syntax: str) -> tuple[str, float] | None:
    """The fastest decoder of an image and its time; of HTJ2K it is ours that is compared."""
    times = {k.split("/")[1]: t for k, t in row["seconds"].items() if k.split("/")[0] == syntax}
    if syntax == "HTJ2K":
        return "htj2k", times["htj2k"]
    return min(times.items(), key=lambda item: item[1]) if times else None


def syntax_summary(results: Results) -> dict[str, SyntaxRow]:
    rows = results.rows("syntaxes")
    names = dict.fromkeys(key.split("/")[0] for row in rows.values() for key in row["seconds"])
    summary = {}
    for name in names:
        found = {image: one for image, row in rows.items() if (one := best(row, name)) is not None}
        summary[name] = SyntaxRow(
            list(found),
            [time / rows[image]["seconds"]["HTJ2K/htj2k"] for image, (_, time) in found.items()],
            [rows[image]["sizes"][name] / rows[image]["bytes"] for image in found],
            [winner for winner, _ in found.values()],
        )
    return summary


def syntax_table(results: Results) -> str:
    lines = []
    for name, row in syntax_summary(results).items():
        spread = f"{number(min(row.ratios))} to {number(max(row.ratios))}"
        twice = f"{sum(r >= 2 for r in row.ratios)} of {len(row.ratios)}" if name != "HTJ2K" else ""
        size = f"{100 * mean(row.sizes):.0f} %"
        lines.append([name, number(mean(row.ratios)), spread, twice, size, row.winner])
    head = ["lossless transfer syntax", "time over HTJ2K's", "range", "at least twice", "size", "fastest decoder"]
    return table(head, lines)


def image_table(results: Results) -> str:
    """Milliseconds of the fastest decoder, and size, image by image."""
    names = list(syntax_summary(results))
    lines = []
    for image, row in results.rows("syntaxes").items():
        cells = [image]
        for name in names:
            found = best(row, name)
            size = 100 * row["sizes"].get(name, 0) / row["bytes"]
            cells.append(f"{number(1e3 * found[1])} ms, {size:.0f} %" if found else "-")
        lines.append(cells)
    return table(["image", *names], lines)


def decoder_table(results: Results) -> str:
    """Every decoder that was tried: its time over that of the fastest of its syntax."""
    found: dict[str, list[float]] = {}
    for row in results.rows("syntaxes").values():
        for key, time in row["seconds"].items():
            fastest = min(t for k, t in row["seconds"].items() if k.split("/")[0] == key.split("/")[0])
            found.setdefault(key, []).append(time / fastest)
    return table(
        ["transfer syntax", "decoder", "time over the fastest's", "images"],
        [[*key.split("/"), f"{mean(ratios):.2f}", f"{len(ratios)}"] for key, ratios in found.items()],
    )


# Task of the native engine: what its time is shown as a ratio to, how the column is called.
ENGINE_TASKS = {
    "openjph": ("OpenJPH alone", "openjph"),
    "native": ("OpenJPH alone", "native"),
    "all threads": ("OpenJPH alone", "native, all cores"),
    "all levels": ("native", "all levels / native"),
    "region in the middle": ("native", "region in the middle / native"),
    "regions anywhere": ("native", "region anywhere / native"),
}


def engine_ratio(row: dict[str, Any], task: str) -> float | None:
    """Time over that of what the task is compared with."""
    times = row["seconds"]
    return times[task] / times[ENGINE_TASKS[task][0]] if task in times else None


def engines_table(results: Results) -> str:
    lines = []
    for frame, row in results.rows("engines").items():
        ratios = [engine_ratio(row, task) for task in ENGINE_TASKS]
        cells = ["" if ratio is None else f"{ratio:.2f}" if ratio >= 0.1 else f"{ratio:.3f}" for ratio in ratios]
        memory = [f"{rise / row['bytes']:.2f}" for rise in row.get("rise", {}).values()]
        lines.append([frame, f"{number(1e3 * row['seconds']['OpenJPH alone'])} ms", *cells, ", ".join(memory)])
    heads = [head for _, head in ENGINE_TASKS.values()]
    return table(["frame", "OpenJPH alone", *heads, "memory / image"], lines)


def crc32_table(results: Results) -> str:
    rows = results.rows("crc32")
    names = list(next(iter(rows.values())))
    return table(
        ["bytes", *(f"{name}, GB/s" for name in names)],
        [[size, *(number(int(size) / row[name] / 1e9) for name in names)] for size, row in rows.items()],
    )


def scaling_table(results: Results) -> str:
    """Exponents, and what the smallest and the largest point took."""
    from scaling import CURVES, exponent

    lines = []
    for curve, operations in results.rows("scaling").items():
        _, _, least, unit = CURVES[curve]
        for name, points in operations.items():
            ends = [f"{number(1e3 * points[i]['seconds'])} ms" for i in (0, -1)]
            slope = f"{exponent(points, least):.2f} (from {least})"
            mebibytes = points[-1]["peak"] / 2**20
            memory = f"{number(mebibytes)} MiB" if mebibytes >= 1 else "below 1 MiB"
            lines.append([f"{unit}: {points[0]['value']} to {points[-1]['value']}", name, *ends, slope, memory])
    return table(["what grows", "operation", "smallest", "largest", "exponent", "memory of the largest"], lines)
