"""``htj2k info``: what a codestream declares."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import click

import htj2k

from .output import exit_2_on_error, json_option, print_json, print_table


@click.command()
@click.argument("source", metavar="FILE", type=click.Path(path_type=Path))
@json_option
@exit_2_on_error
def info(source: Path, as_json: bool) -> None:
    """Show geometry, coding, comments and resolutions of a codestream (J2C, JPH or JP2 file)."""
    description = htj2k.read_info(source.read_bytes())
    reasons = list(description.check_htj2k_lossless_rpcl())
    if as_json:
        print_json({**_plain(description), "htj2kLosslessRpcl": not reasons, "reasons": reasons})
        return
    facts = _plain(description)
    resolutions = facts.pop("resolutions", [])
    rows = [[name.replace("_", " "), _text(value)] for name, value in facts.items()]
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


def _plain(value: Any) -> Any:
    """Dataclasses, enumerations and tuples as JSON values."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key.replace('_', ' ')} {_text(item)}" for key, item in value.items())
    if isinstance(value, list):
        simple = all(not isinstance(item, (dict, list)) for item in value)
        return (" x " if simple and len(value) == 2 else "; ").join(_text(item) for item in value)
    return (
        {True: "yes", False: "no", None: "none"}[value]
        if value is None or value is True or value is False
        else str(value)
    )
