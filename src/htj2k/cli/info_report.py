"""What `htj2k info` tells a person: sentences first, then the resolutions."""

from __future__ import annotations

from htj2k import CodestreamInfo, Comment, ComponentInfo

_CONTAINERS = {"j2c": "bare codestream", "jp2": "JP2 file", "jph": "JPH file"}
_KERNELS = {0: "9/7 (irreversible)", 1: "5/3 (reversible)"}
_CODEBLOCKS = {0x00: "Part 1 codeblocks", 0x40: "HT codeblocks", 0xC0: "HT and Part 1 codeblocks"}


def facts(info: CodestreamInfo) -> list[tuple[str, str]]:
    """(subject, what there is to say) in the order in which one asks."""
    reasons = info.check_htj2k_lossless_rpcl()
    lines = [
        ("file", f"{_CONTAINERS[info.container]}, codestream in bytes {_range(info.codestream)}"),
        ("image", f"{info.width} x {info.height} pixels{_origin(info)}"),
        ("components", _components(info.components)),
        ("coding", _coding(info)),
        ("order", _order(info)),
        ("tiles", _tiles(info)),
        *(("comment", _comment(comment)) for comment in info.comments),
        ("...4.202", "yes, may be called HTJ2K Lossless RPCL" if not reasons else "no: " + "; ".join(reasons)),
    ]
    if info.undecodable:
        lines.append(("not decodable", info.undecodable))
    if info.incomplete:
        lines.append(("incomplete", info.incomplete))
    return lines


def resolution_rows(info: CodestreamInfo) -> list[list[object]]:
    """Width, height, reduce, first and last byte, and which part of the codestream is enough for it."""
    start, stop = info.codestream
    rows: list[list[object]] = []
    for r in info.resolutions:
        if r.byte_range is None:
            rows.append([r.width, r.height, r.reduce, "unknown", ""])
            continue
        share = (r.byte_range[1] - start) / max(stop - start, 1)
        # Of a prefix the end of the codestream is not known.
        rows.append([r.width, r.height, r.reduce, _range(r.byte_range), "" if share > 1 else f"{share:.1%}"])
    return rows


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _range(byte_range: tuple[int, int]) -> str:
    return f"{byte_range[0]} to {byte_range[1]}"


def _origin(info: CodestreamInfo) -> str:
    return "" if info.origin == (0, 0) else f", at {info.origin[0]}, {info.origin[1]} of the reference grid"


def _components(components: tuple[ComponentInfo, ...]) -> str:
    """Those that are alike in one breath."""
    groups: dict[str, int] = {}
    for c in components:
        text = f"{c.bit_depth} bit {'signed' if c.is_signed else 'unsigned'}"
        if c.subsampling != (1, 1):
            text += f", one sample in {c.subsampling[0]} x {c.subsampling[1]}"
        groups[text] = groups.get(text, 0) + 1
    return "; ".join(f"{count} of {text}" for text, count in groups.items())


def _coding(info: CodestreamInfo) -> str:
    first = info.components[0]
    style = first.block_style & 0xC0
    parts = [
        _KERNELS.get(first.transformation, "a Part 2 kernel"),
        _count(info.num_decompositions, "decomposition level"),
        f"{_CODEBLOCKS.get(style, 'codeblocks')} of {first.block_size[0]} x {first.block_size[1]}",
        _count(info.num_layers, "quality layer"),
        "colour transform" if info.color_transform else "no colour transform",
    ]
    return ", ".join(parts)


def _order(info: CodestreamInfo) -> str:
    parts = [str(info.progression_order), "TLM" if info.has_tlm else "no TLM"]
    if info.precinct_sizes:
        parts.append("precincts of " + ", ".join(f"{rows} x {columns}" for rows, columns in info.precinct_sizes))
    parts += [name for name, used in (("SOP", info.uses_sop), ("EPH", info.uses_eph)) if used]
    return ", ".join(parts)


def _tiles(info: CodestreamInfo) -> str:
    size = "" if info.num_tiles == 1 else f" of {info.tile_size[0]} x {info.tile_size[1]}"
    told = f"{_count(info.num_tiles, 'tile')}{size}, {_count(len(info.tile_parts), 'tile-part')}"
    return told + ", one a resolution" if info.has_tile_part_per_resolution else told


def _comment(comment: Comment) -> str:
    return f"{len(comment.data)} bytes, binary" if comment.text is None else comment.text
