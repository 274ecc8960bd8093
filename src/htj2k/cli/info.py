"""``htj2k info``: what a codestream declares."""

from __future__ import annotations

from pathlib import Path

import click

import htj2k

from .info_report import facts, resolution_rows
from .output import exit_2_on_error, json_option, print_facts, print_json, print_table


@click.command()
@click.argument("source", metavar="FILE", type=click.Path(path_type=Path))
@json_option
@exit_2_on_error
def info(source: Path, as_json: bool) -> None:
    """Tell what the headers of a codestream say (J2C, JPH or JP2 file), and what each resolution costs.

    Pixels are not decoded, and the first bytes of a file are enough. --json has every field.

    \b
    Examples:
      htj2k info frame.j2c
      htj2k info --json frame.j2c | jq .resolutions"""
    description = htj2k.read_info(source.read_bytes())
    if as_json:
        reasons = description.check_htj2k_lossless_rpcl()
        print_json({**description.to_dict(), "htj2kLosslessRpcl": not reasons, "reasons": reasons})
        return
    print_facts(str(source), facts(description))
    print_table(
        "Resolutions, base to full",
        ["width", "height", "reduce", "bytes", "enough to decode it"],
        resolution_rows(description),
    )
