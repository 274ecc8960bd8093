"""``htj2k decode``: one codestream to one image."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import numpy as np

import htj2k

from .output import exit_2_on_error, json_option, print_json, say
from .pixels import require_suffix, save
from .targets import TARGET, require_files


@click.command()
@click.argument("source", metavar="IN", type=click.Path(path_type=Path))
@click.argument("target", metavar="OUT", type=TARGET)
@click.option(
    "--reduce",
    type=click.IntRange(min=0),
    default=0,
    help="Leave out that many of the highest resolution levels.",
)
@click.option("--partial", is_flag=True, help="Decode what is there of a damaged or cut codestream.")
@click.option(
    "--mask",
    type=TARGET,
    metavar="FILE",
    help="With --partial: for each pixel the resolution up to which it is whole, or -1; int8 as .npy or .raw.",
)
@json_option
@exit_2_on_error
def decode(source: Path, target: Path, reduce: int, partial: bool, mask: Path | None, as_json: bool) -> None:
    """Decode the codestream IN into OUT.

    The suffix of OUT says how: .npy, .raw (little-endian samples, components interleaved) or .png (unsigned
    samples, not scaled). With --partial the command ends with 1 if OUT is not the whole image.

    \b
    Examples:
      htj2k decode frame.j2c frame.npy
      htj2k decode frame.j2c thumbnail.npy --reduce 2
      htj2k decode damaged.j2c what_is_left.npy --partial --mask whole_up_to.npy"""
    if mask is not None and not partial:
        raise ValueError("--mask needs --partial")
    for output in (target, *([] if mask is None else [mask])):
        require_suffix(output)
    require_files([target, mask], [source])
    if partial:
        sys.exit(_decode_partial(source, target, reduce, mask, as_json))
    pixels = htj2k.decode(source.read_bytes(), reduce=reduce)
    save(target, pixels)
    if as_json:
        print_json({"ok": True, "shape": list(pixels.shape), "dtype": str(pixels.dtype)})
    else:
        say(f"{target}: {' x '.join(map(str, pixels.shape))} {pixels.dtype}")


def _decode_partial(source: Path, target: Path, reduce: int, mask: Path | None, as_json: bool) -> int:
    image = htj2k.decode_partial(source.read_bytes(), reduce=reduce)
    save(target, image.pixels)
    if mask is not None:
        save(mask, image.whole_up_to)
    if as_json:
        levels, counts = np.unique(image.whole_up_to, return_counts=True)
        document = {
            "ok": image.complete,
            "shape": list(image.pixels.shape),
            "dtype": str(image.pixels.dtype),
            "complete_resolution": image.complete_resolution,
            "pixels_whole_up_to": dict(zip(map(str, levels), counts.tolist(), strict=True)),
            "reason": image.reason,
        }
        print_json(document)
    else:
        shape = " x ".join(map(str, image.pixels.shape))
        say(f"{target}: {shape} {image.pixels.dtype}, {describe(image)}")
    return 0 if image.complete else 1


def describe(image: htj2k.PartialImage) -> str:
    """How much of it is whole, and why not all."""
    if image.complete:
        return "complete"
    counts = {int(r): float(np.mean(image.whole_up_to == r)) for r in np.unique(image.whole_up_to)[::-1]}
    parts = [f"{part:.1%} {'lost' if r < 0 else f'whole up to resolution {r}'}" for r, part in counts.items()]
    return f"not complete ({', '.join(parts)}): {image.reason}"
