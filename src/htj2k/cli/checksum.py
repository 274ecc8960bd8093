"""``htj2k checksum``: the image frame resolution checksums of one file."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

import htj2k
from htj2k._checksum import to_checksum
from htj2k._verify import parse_expected
from htj2k.healthimaging.metadata import MAX_DOCUMENT_BYTES, MetadataError, parse_json

from .output import exit_2_on_error, json_option, print_json, print_table, say
from .pixels import holds_pixels, load, require_no_frame


@click.command()
@click.argument("source", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--shape", help="Raw samples: ROWS,COLUMNS[,COMPONENTS], components interleaved.")
@click.option("--dtype", help="Raw samples: numpy's name, for example u1, <i2, >u2.")
@click.option("--frame", type=click.IntRange(min=0), help="DICOM: which frame, from 0 (default 0).")
@click.option(
    "--expected",
    help="The checksum of the full resolution, or the path of a JSON file: a list of {Width, Height, Checksum}, "
    "or a whole entry of ImageFrames.",
)
@json_option
@exit_2_on_error
def checksum(
    source: Path, shape: str | None, dtype: str | None, frame: int | None, expected: str | None, as_json: bool
) -> None:
    """Print the CRC-32 of the pixels at every resolution, from base to full.

    FILE is a codestream, whose pixels are decoded, or the pixels themselves: .npy, a DICOM file, or raw
    samples with --shape and --dtype. With --expected the exit code is 1 when a level differs.

    \b
    Examples:
      htj2k checksum frame.j2c
      htj2k checksum frame.j2c --expected checksums.json"""
    levels = _levels(source, shape, dtype, frame)
    differences = [] if expected is None else _differences(levels, _expectation(expected))
    report = {"levels": [level.to_dict() for level in levels]}
    if expected is not None:
        report = {"ok": not differences, **report, "differences": differences}  # type: ignore[dict-item]
    if as_json:
        print_json(report)
    else:
        rows = [[level.width, level.height, level.checksum] for level in levels]
        print_table(str(source), ["width", "height", "checksum"], rows)
        for line in differences:
            say(line)
    sys.exit(1 if differences else 0)


def _levels(
    source: Path, shape: str | None, dtype: str | None, frame: int | None
) -> list[htj2k.ResolutionChecksum]:
    if shape is None and dtype is None and not holds_pixels(source):
        require_no_frame(source, frame)
        return htj2k.codestream_checksums(source.read_bytes())
    pixels, color_transform = load(source, shape=shape, dtype=dtype, frame=frame)
    return htj2k.pixel_checksums(pixels, color_transform=color_transform)


def _expectation(text: str) -> Sequence[htj2k.ResolutionChecksum] | int:
    try:
        number = int(text, 0)
    except ValueError:
        document = _read_json(Path(text))
    else:
        return to_checksum(number, "--expected")
    nothing = f"{text}: no list of {{Width, Height, Checksum}} was found"
    if not isinstance(document, (list, dict)):
        raise ValueError(nothing)
    try:
        records = parse_expected(document).records
    except (TypeError, ValueError) as error:
        raise ValueError(f"{nothing}: {error}") from None
    if not records:
        raise ValueError(nothing)
    return records


def _read_json(path: Path) -> Any:
    if path.stat().st_size > MAX_DOCUMENT_BYTES:
        raise ValueError(f"{path} has more than {MAX_DOCUMENT_BYTES} bytes")
    try:
        return parse_json(path.read_bytes())
    except MetadataError as error:
        raise ValueError(f"{path} is no JSON document: {error}") from None


def _differences(
    levels: list[htj2k.ResolutionChecksum], expected: Sequence[htj2k.ResolutionChecksum] | int
) -> list[str]:
    actual = {(level.width, level.height): level.checksum for level in levels}
    if isinstance(expected, int):
        expected = [replace(levels[-1], checksum=expected)]
    return [
        f"{e.width}x{e.height}: expected {e.checksum},"
        f" actual {actual.get((e.width, e.height), 'no such resolution')}"
        for e in expected
        if actual.get((e.width, e.height)) != e.checksum
    ]
