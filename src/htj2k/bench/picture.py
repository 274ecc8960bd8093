"""The picture of a run. Needs matplotlib."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from .results import Results
from .tables import paths

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_CODEC = ("encode", "encode_with_checksums", "decode", "decode_verified", "verify")
_REDUCED = ("decode", "decode reduce=1", "decode reduce=2")
_SUMS = ("pixel_checksums", "crc32")


def draw(results: Results) -> bytes:
    """A PNG: bars by operation and SIMD path, the scaling over threads, and time against frame size."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    style: Any = {"font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "axes.axisbelow": True}
    with matplotlib.rc_context(style):
        figure = plt.figure(figsize=(13, 8), layout="constrained")
        grid = figure.add_gridspec(2, 6)
        codec, sums = (figure.add_subplot(grid[0, part]) for part in (slice(4), slice(4, 6)))
        reduced, threads, sizes = (figure.add_subplot(grid[1, 2 * i : 2 * i + 2]) for i in range(3))
        frames = f"geometric mean of {len(results.settings.frames)} frames, one thread"
        _bars(codec, results, _CODEC, 1e-6, "MB/s", f"Coding and verifying, {frames}")
        _bars(sums, results, _SUMS, 1e-9, "GB/s", "Checksums")
        _bars(reduced, results, _REDUCED, 1e-9, "GB/s of the full frame", "Decoding at reduced sizes")
        _threads(threads, results)
        _sizes(sizes, results)
        codec.legend(title="SIMD path", frameon=False, ncols=4, loc="upper left")
        machine = results.machine
        figure.suptitle(f"htj2k {machine.htj2k} on {machine.cpu}, usable cores: {machine.cores}")
        buffer = io.BytesIO()
        figure.savefig(buffer, dpi=130)
        plt.close(figure)
    return buffer.getvalue()


def _mean_speed(results: Results, operation: str, simd: str) -> float:
    """Bytes a second, the geometric mean over the frames."""
    speeds = [m.bytes / m.median for m in results.section("frames") if (m.operation, m.simd) == (operation, simd)]
    return math.exp(sum(map(math.log, speeds)) / len(speeds)) if speeds else 0


def _bars(axis: Axes, results: Results, operations: tuple[str, ...], scale: float, unit: str, title: str) -> None:
    """A group for each operation, a bar for each path."""
    names = paths(results)
    width = 0.8 / len(names)
    for index, simd in enumerate(reversed(names)):
        heights = [scale * _mean_speed(results, operation, simd) for operation in operations]
        places = np.arange(len(operations)) + (index - (len(names) - 1) / 2) * width
        bars = axis.bar(places, heights, 0.92 * width, color=_shade(index, len(names)), label=simd)
        axis.bar_label(bars, [f"{h:.0f}" if h >= 100 else f"{h:.2g}" for h in heights], fontsize=7, padding=1)
    axis.set_xticks(range(len(operations)), [name.replace("decode ", "") for name in operations])
    axis.margins(y=0.25)
    axis.set_ylabel(unit)
    axis.set_title(title, loc="left", fontsize=10)


def _shade(index: int, count: int) -> Any:
    """From light, the slowest path, to dark."""
    import matplotlib

    return matplotlib.colormaps["YlGnBu"](0.3 + 0.6 * index / max(count - 1, 1))


def _threads(axis: Axes, results: Results) -> None:
    section = results.section("threads")
    for name in dict.fromkeys(m.operation for m in section):
        curve = sorted((m.threads, results.settings.batch / m.median) for m in section if m.operation == name)
        threads, speeds = zip(*curve, strict=True)
        (line,) = axis.plot(threads, speeds, "o-", label=name)
        axis.plot(threads, [speeds[0] * n for n in threads], ":", color=line.get_color())
    axis.set_xscale("log", base=2)
    axis.set_xticks(threads, [str(n) for n in threads])
    axis.minorticks_off()
    axis.set_ylim(bottom=0)
    axis.set(xlabel="threads", ylabel="frames of 512x512 a second")
    axis.legend(frameon=False)
    axis.set_title("Batches; dotted: one thread times n", loc="left", fontsize=10)


def _sizes(axis: Axes, results: Results) -> None:
    section = results.section("sizes")
    for name in dict.fromkeys(m.operation for m in section):
        curve = sorted((m.pixels / 1e6, m.median) for m in section if m.operation == name)
        axis.loglog(*zip(*curve, strict=True), "o-", label=name, markersize=4)
    axis.grid(alpha=0.3)
    axis.set(xlabel="megapixels", ylabel="seconds")
    axis.legend(frameon=False)
    axis.set_title("Time against frame size, one thread", loc="left", fontsize=10)
