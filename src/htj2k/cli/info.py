"""``htj2k info``: what a codestream declares."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

import htj2k

from .output import exit_2_on_error, json_option, print_json, print_table

_BYTE_RANGES = ("codestream", "main_header", "byte_range")


@click.command()
@click.argument("source", metavar="FILE", type=click.Path(path_type=Path))
@json_option
@exit_2_on_error
def info(source: Path, as_json: bool) -> None:
    """Show geometry, coding, comments and resolutions of a codestream (J2C, JPH or JP2 file)."""
    description = htj2k.read_info(source.read_bytes())
    reasons = list(description.check_htj2k_lossless_rpcl())
    if as_json:
        print_json({**description.to_dict(), "htj2kLosslessRpcl": not reasons, "reasons": reasons})
        return
    facts = description.to_dict()
    resolutions = facts.pop("resolutions", [])
    rows = [[name.replace("_", " "), _text(value, name)] for name, value in facts.items()]
    rows.append(["1.2.840.10008.1.2.4.202", "yes" if not reasons else "no: " + "; ".join(reasons)])
    print_table(str(source), ["", ""], rows)
    print_table(
        "Resolutions, base to full",
        ["width", "height", "reduce", "bytes"],
        [_resolution(r) for r in resolutions],
    )


def _resolution(resolution: dict[str, Any]) -> list[Any]:
    byte_range = resolution.get("byte_range")
    shown = "unknown" if byte_range is None else f"{byte_range[0]} to {byte_range[1]}"
    return [resolution["width"], resolution["height"], resolution["reduce"], shown]


def _text(value: Any, name: str = "") -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key.replace('_', ' ')} {_text(item, key)}" for key, item in value.items())
    if isinstance(value, (list, tuple)):
        simple = all(not isinstance(item, (dict, list, tuple)) for item in value)
        between = " to " if name in _BYTE_RANGES else " x " if simple and len(value) == 2 else "; "
        return between.join(_text(item) for item in value)
    return {True: "yes", False: "no", None: "none"}.get(value, "") if _is_word(value) else str(value)


def _is_word(value: Any) -> bool:
    return value is None or isinstance(value, bool)
