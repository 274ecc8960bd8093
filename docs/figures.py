"""Draws the pictures of the explanation pages, from computed data: ``python docs/figures.py``."""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import htj2k

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from images import ct_like
from oracle import low_pass

IMAGES = Path(__file__).parent / "images"
BLUE, ORANGE, GREY = "#2878b5", "#d1701f", "#888888"


def main() -> None:
    # Readable on light and dark pages alike: a white card of its own.
    plt.rcParams.update({"figure.facecolor": "white", "font.size": 10, "svg.hashsalt": "htj2k"})
    clamp()
    levels()
    codestream_map()


def save(figure: plt.Figure, name: str) -> None:
    figure.savefig(IMAGES / name, bbox_inches="tight", metadata={"Date": None})
    plt.close(figure)


def clamp() -> None:
    """A hard edge at 8 bits, its low pass, and what becomes of the samples beyond the range."""
    row = np.zeros(64, np.int32)
    row[21:46] = 255
    row[30:33] = 0
    low = low_pass(row.astype(np.int64), 0)
    figure, axes = plt.subplots(1, 3, figsize=(12, 3.4), sharey=False)
    axes[0].step(np.arange(64), row, where="mid", color=GREY)
    axes[0].set(title="full size: 8 bits, 0 to 255", xlabel="column", ylabel="sample")
    outside = (low < 0) | (low > 255)
    axes[1].step(np.arange(len(low)), low, where="mid", color=BLUE)
    axes[1].plot(np.flatnonzero(outside), low[outside], "o", color=ORANGE, label="outside of the range")
    axes[1].axhspan(0, 255, color=GREY, alpha=0.15)
    axes[1].set(title=f"half size: {low.min()} to {low.max()}", xlabel="column")
    axes[1].legend(frameon=False, fontsize=8, loc="center right")
    axes[2].step(np.arange(len(low)), low.clip(0, 255), where="mid", color=BLUE, label="clamped")
    axes[2].step(np.arange(len(low)), low & 0xFF, where="mid", color=ORANGE, lw=0.9, label="wrapped (wrong)")
    axes[2].set(title="as 8-bit samples", xlabel="column")
    axes[2].legend(frameon=False, fontsize=8, loc="center right")
    save(figure, "clamp.svg")


def levels() -> None:
    """One codestream at each resolution, with its checksum."""
    codestream = htj2k.encode(ct_like())
    expected = htj2k.codestream_checksums(codestream)
    figure, axes = plt.subplots(1, len(expected), figsize=(12, 3.6))
    for r, (axis, level) in enumerate(zip(axes, expected, strict=True)):
        pixels = htj2k.decode(codestream, reduce=len(expected) - 1 - r)
        axis.imshow(pixels, cmap="gray", vmin=-200, vmax=1000, interpolation="nearest")
        axis.set_title(f"{level.width} x {level.height}\nCRC-32 {level.checksum}", fontsize=9)
        axis.axis("off")
    figure.savefig(IMAGES / "levels.png", dpi=80, bbox_inches="tight", metadata={"Software": None})
    plt.close(figure)


def codestream_map() -> None:
    """Where the bytes of each resolution lie."""
    codestream = htj2k.encode(ct_like())
    info = htj2k.read_info(codestream)
    figure, axis = plt.subplots(figsize=(12, 1.8))
    parts = [("main header", info.main_header, GREY)]
    for part, resolution in zip(info.tile_parts, info.resolutions, strict=True):
        color = plt.get_cmap("Blues")(0.3 + 0.18 * part.index)
        parts.append((f"{resolution.width} x {resolution.height}", part.byte_range, color))
    for label, (start, stop), color in parts:
        axis.barh(
            0, stop - start, left=start, color=color, edgecolor="white", label=f"{label}: {stop - start} bytes"
        )
    axis.set(yticks=[], xlabel="byte of the codestream", xlim=(0, len(codestream)))
    axis.spines[["left", "top", "right"]].set_visible(False)
    axis.legend(ncols=len(parts), loc="upper center", bbox_to_anchor=(0.5, 1.45), frameon=False, fontsize=8)
    save(figure, "codestream.svg")


if __name__ == "__main__":
    main()
