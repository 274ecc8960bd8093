"""``htj2k show``: what a frame looks like."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
from rich.console import Console

import htj2k

from .decode import describe
from .output import exit_2_on_error, json_option, print_json, say, to_stdout
from .pixels import Pixels, holds_pixels, load, require_no_frame, save
from .targets import TARGET, require_files
from .terminal_picture import draw
from .window import default_window, require_window, to_shades


@dataclass(frozen=True)
class Picture:
    """One resolution."""

    reduce: int
    pixels: Pixels
    partial: htj2k.PartialImage | None = None  # what is known of it if it may be damaged

    @property
    def is_whole(self) -> bool:
        return self.partial is None or self.partial.complete


@click.command()
@click.argument("source", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--reduce", type=click.IntRange(min=0), default=0, help="Leave out that many of the highest levels.")
@click.option("--levels", is_flag=True, help="Show every resolution, from base to full.")
@click.option(
    "--partial", is_flag=True, help="Show what is there of a damaged codestream; what is not whole is tinted red."
)
@click.option("--frame", type=click.IntRange(min=0), help="DICOM: which frame, from 0 (default 0).")
@click.option(
    "--window",
    type=float,
    nargs=2,
    metavar="CENTER WIDTH",
    help="Stored sample values to show, as in DICOM. Default: 1st to 99th percentile of the largest picture.",
)
@click.option(
    "--output",
    type=TARGET,
    metavar="PNG",
    help="Write a PNG file instead; with --levels one a resolution, its size in the name.",
)
@json_option
@exit_2_on_error
def show(
    source: Path,
    reduce: int,
    levels: bool,
    partial: bool,
    frame: int | None,
    window: tuple[float, float] | None,
    output: Path | None,
    as_json: bool,
) -> None:
    """Draw a frame in the terminal, or into a PNG file.

    FILE is a codestream (J2C, JPH or JP2 file), a DICOM file or a .npy file; the last two may have one resolution
    only. Grey samples are windowed, RGB samples of 8 bits are shown as they are. This is a look at the
    pixels, no diagnostic display: no Modality LUT, no palette.

    \b
    Examples:
      htj2k show frame.j2c
      htj2k show frame.j2c --window 40 400 --output soft_tissue.png
      htj2k show frame.j2c --levels --output levels.png
      htj2k show damaged.j2c --partial"""
    if window is not None:
        require_window(*window)
    if output is not None:
        _require_picture_name(output)
        require_files([output], [source])
    pictures = _pictures(source, reduce, levels, partial, frame)
    targets = [_target(output, picture, levels) for picture in pictures]
    require_files(targets, [source])
    center, width = window or default_window(pictures[-1].pixels)
    console = Console(highlight=False)
    report = []
    for picture, target in zip(pictures, targets, strict=True):
        shades = _shades(picture, center, width)
        if target is not None:
            save(target, shades)
        elif not as_json:
            with to_stdout():
                draw(console, shades)
        report.append(_entry(picture, target))
        if not as_json:
            say(_caption(report[-1], picture.partial))
    is_whole = all(picture.is_whole for picture in pictures)
    if as_json:
        print_json({"ok": is_whole, "window": [center, width], "pictures": report})
    sys.exit(0 if is_whole else 1)


def _pictures(source: Path, reduce: int, levels: bool, partial: bool, frame: int | None) -> list[Picture]:
    if holds_pixels(source):
        if reduce or levels or partial:
            raise ValueError(f"{source}: --reduce, --levels and --partial are for codestreams")
        return [Picture(0, load(source, frame=frame)[0])]
    require_no_frame(source, frame)
    data = source.read_bytes()
    most = htj2k.read_info(data).num_decompositions if levels else reduce
    return [_picture(data, r, partial) for r in range(most, reduce - 1, -1)]


def _picture(data: bytes, reduce: int, partial: bool) -> Picture:
    if not partial:
        return Picture(reduce, htj2k.decode(data, reduce=reduce))
    image = htj2k.decode_partial(data, reduce=reduce)
    return Picture(reduce, image.pixels, image)


def _shades(picture: Picture, center: float, width: float) -> Any:
    shades = _plain_shades(picture.pixels, center, width)
    if picture.partial is None or picture.partial.complete:
        return shades
    mask = picture.partial.whole_up_to
    tinted = np.array(np.broadcast_to(shades if shades.ndim == 3 else shades[..., None], (*mask.shape, 3)))
    tinted[mask < picture.partial.resolution, 1:] //= 2
    return tinted


def _plain_shades(pixels: Pixels, center: float, width: float) -> Any:
    if pixels.ndim == 3 and pixels.shape[2] != 3:
        raise ValueError(f"a picture has 1 or 3 components, this image {pixels.shape[2]}")
    return pixels if pixels.ndim == 3 and pixels.dtype == np.uint8 else to_shades(pixels, center, width)


def _require_picture_name(output: Path) -> None:
    if output.suffix.lower() != ".png":
        raise ValueError(f"{output}: the name of a picture ends with .png")


def _target(output: Path | None, picture: Picture, levels: bool) -> Path | None:
    if output is None or not levels:
        return output
    rows, columns = picture.pixels.shape[:2]
    return output.with_name(f"{output.stem}_{columns}x{rows}{output.suffix}")


def _entry(picture: Picture, target: Path | None) -> dict[str, Any]:
    pixels = np.ascontiguousarray(picture.pixels)
    return {
        "width": pixels.shape[1],
        "height": pixels.shape[0],
        "reduce": picture.reduce,
        "min": int(pixels.min()),
        "max": int(pixels.max()),
        "checksum": htj2k.crc32(pixels),
        "file": None if target is None else str(target),
    }


def _caption(entry: dict[str, Any], partial: htj2k.PartialImage | None) -> str:
    text = "{width} x {height}, reduce {reduce}, samples {min} to {max}, CRC-32 {checksum}".format(**entry)
    if partial is not None:
        text += f", {describe(partial)}"
    return text if entry["file"] is None else f"{entry['file']}: {text}"
