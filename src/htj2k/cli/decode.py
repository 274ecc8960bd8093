"""``htj2k decode``: one codestream to one image."""

from __future__ import annotations

from pathlib import Path

import click

import htj2k

from .output import exit_2_on_error, json_option, print_json
from .pixels import save


@click.command()
@click.argument("source", metavar="IN", type=click.Path(path_type=Path))
@click.argument("target", metavar="OUT", type=click.Path(path_type=Path))
@click.option(
    "--reduce",
    type=click.IntRange(min=0),
    default=0,
    help="Leave out that many of the highest resolution levels.",
)
@json_option
@exit_2_on_error
def decode(source: Path, target: Path, reduce: int, as_json: bool) -> None:
    """Decode the codestream IN into OUT.

    The suffix of OUT says how: .npy, .raw (little-endian samples, components interleaved) or .png (unsigned
    samples, not scaled).

    \b
    Examples:
      htj2k decode frame.j2c frame.npy
      htj2k decode frame.j2c thumbnail.npy --reduce 2"""
    pixels = htj2k.decode(source.read_bytes(), reduce=reduce)
    save(target, pixels)
    if as_json:
        print_json({"ok": True, "shape": list(pixels.shape), "dtype": str(pixels.dtype)})
    else:
        click.echo(f"{target}: {' x '.join(map(str, pixels.shape))} {pixels.dtype}")
