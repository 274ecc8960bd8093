"""The charts of docs/benchmarks.md."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from results import Results
from tables import CURVE_TITLES, ENGINE_TASKS, engine_ratio, library_ratios, mean, syntax_summary

matplotlib.use("Agg")

INK = "#1f2328"
# Told apart by those, too, who see red and green alike.
COLORS = ("#d1701f", "#888888", "#2878b5", "#2da58e", "#b07aa1", "#c9a227", "#c2577f", "#6a5fd0")
MARKERS = "o|sD^vPX"
STYLE: dict[str, Any] = {
    **dict.fromkeys(("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), INK),
    "figure.facecolor": "white",  # a card of its own: readable on light and dark pages alike
    "font.size": 9,
    "font.family": "sans-serif",
    "svg.fonttype": "none",  # text stays text: small files
    "svg.hashsalt": "htj2k",  # the same file again from the same numbers
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
}


def draw(results: Results, folder: Path) -> None:
    """Write all charts."""
    for section, chart in CHARTS.items():
        with matplotlib.rc_context(STYLE):
            save(chart(results), folder / f"{section}.svg")


def save(figure: Figure, path: Path) -> None:
    figure.savefig(path, metadata={"Date": None, "Creator": None})
    lines = path.read_text().splitlines()
    path.write_text("\n".join(line.rstrip() for line in lines) + "\n")


def _ratio_axis(axis: Axes, label: str, most: float) -> None:
    axis.set_xscale("log")
    axis.set_xlim(right=1.2 * most)
    ticks = [t for t in (0.02, 0.1, 0.5, 1, 2, 5, 10, 20, 50, 100) if axis.get_xlim()[0] <= t <= most]
    axis.set_xticks(ticks, [f"{t:g}" for t in ticks])
    axis.minorticks_off()
    axis.set_xlabel(label)
    axis.axvline(1, color=COLORS[0], linewidth=1)


def libraries(results: Results) -> Figure:
    """A dot for each library and frame: its time over htj2k's."""
    operations = ("encode", "decode", "decode and verify")
    frames = list(results.rows("libraries"))
    figure = Figure(figsize=(10, 1.6 + 0.24 * len(frames)), layout="constrained")
    axes = figure.subplots(1, len(operations), sharey=True)
    names: dict[str, Any] = {}
    for axis, operation in zip(axes, operations, strict=True):
        most = 1.0
        for place, frame in enumerate(frames):
            for name, ratio in library_ratios(results, frame, operation).items():
                index = names.setdefault(name, (len(names) + 1, None))[0]
                color, marker = COLORS[index % 8], MARKERS[index % 8]
                (line,) = axis.plot(ratio, place, marker, color=color, markersize=5, linestyle="none")
                names[name] = (index, line)
                most = max(most, ratio)
        axis.set_title(operation)
        _ratio_axis(axis, "time, in times of htj2k's", most)
        axis.set_yticks(range(len(frames)), frames)
        axis.set_ylim(len(frames) - 0.5, -0.5)
    lines = [line for _, line in names.values()]
    figure.legend(lines, list(names), loc="outside lower center", ncols=4)
    return figure


def syntaxes(results: Results) -> Figure:
    """Bars of the geometric mean over the images, a dot for each image."""
    summary = syntax_summary(results)
    names = list(summary)
    figure = Figure(figsize=(10, 0.9 + 0.36 * len(names)), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    for place, name in enumerate(names):
        row = summary[name]
        color = COLORS[0] if name == "HTJ2K" else COLORS[2]
        for axis, values in ((left, row.ratios), (right, [100 * size for size in row.sizes])):
            axis.barh(place, mean(values), color=color, height=0.6)
            axis.plot(values, [place] * len(values), "o", color=INK, markersize=2.5)
    left.set_yticks(range(len(names)), names)
    left.set_ylim(len(names) - 0.5, -0.5)
    _ratio_axis(left, "decode time, in times of HTJ2K's", max(max(row.ratios) for row in summary.values()))
    right.set_xlabel("size, in % of the uncompressed pixels")
    left.set_title("time: fastest open decoder of each")
    right.set_title("size")
    return figure


def engines(results: Results) -> Figure:
    """Time over that of OpenJPH alone, of the picture that there is in all sizes."""
    rows = {int(name.split("x")[-1]): row for name, row in results.rows("engines").items() if name[:2] == "CT"}
    sides = sorted(rows)
    figure = Figure(figsize=(6, 3.4), layout="constrained")
    axis = figure.subplots()
    tasks = ("openjph", "native", "all threads")
    for task, color, marker in zip(tasks, (COLORS[1], COLORS[0], COLORS[2]), "sov", strict=True):
        ratios = [engine_ratio(rows[side], task) for side in sides]
        axis.plot(sides, ratios, "-", marker=marker, color=color, markersize=4, label=ENGINE_TASKS[task][1])
    axis.axhline(1, color=INK, linewidth=0.8)
    axis.set_xscale("log", base=2)
    axis.set_xticks(sides, [f"{side}" for side in sides])
    axis.minorticks_off()
    axis.set_ylim(bottom=0)
    axis.set_xlabel("rows, and as many columns")
    axis.set_ylabel("time, in times of OpenJPH alone")
    axis.legend(fontsize=8)
    return figure


# Curves whose times are near each other: from zero, not in logarithms.
NARROW = ("bit depth", "threads")


def scaling(results: Results) -> Figure:
    """Time against everything that can grow, and memory against the frame's size."""
    rows = results.rows("scaling")
    panels = [(name, "seconds") for name in CURVE_TITLES if name in rows]
    panels += [("frame size", "peak")] if "frame size" in rows else []
    figure = Figure(figsize=(10, 10), layout="constrained")
    axes = list(figure.subplots(math.ceil(len(panels) / 3), 3).flat)
    for axis, (curve, field) in zip(axes, panels, strict=False):
        _curve(axis, rows[curve], curve, field)
    for axis in axes[len(panels) :]:
        axis.remove()
    return figure


def _curve(axis: Axes, operations: dict[str, list[dict[str, float]]], curve: str, field: str) -> None:
    for (name, points), color, marker in zip(operations.items(), COLORS, "osD^", strict=False):
        shown = [p for p in points if field == "seconds" or p["value"] >= 1024]
        scale = 1e3 if field == "seconds" else 2**-20
        values = [scale * p[field] for p in shown]
        axis.plot(
            [p["value"] for p in shown],
            np.array(values),
            "-",
            marker=marker,
            color=color,
            markersize=4,
            label=name,
        )
    if curve in NARROW:
        axis.set_ylim(0, 1.1 * max(line.get_ydata().max() for line in axis.lines))
    else:
        axis.set_yscale("log")
    if curve != "bit depth":
        axis.set_xscale("log", base=2)
    ticks = [p["value"] for p in shown if (curve, p["value"]) != ("bit depth", 2)]  # 1 is too near
    axis.set_xticks(ticks, [f"{t:g}" for t in ticks], rotation=45 if max(ticks) > 1000 else 0)
    axis.minorticks_off()
    unit, title = CURVE_TITLES[curve]
    axis.set_xlabel(unit)
    axis.set_ylabel("time in ms" if field == "seconds" else "memory in MiB")
    axis.set_title(title if field == "seconds" else "memory: " + title)
    axis.legend(fontsize=8)


CHARTS: dict[str, Callable[[Results], Figure]] = {
    "libraries": libraries,
    "syntaxes": syntaxes,
    "engines": engines,
    "scaling": scaling,
}
