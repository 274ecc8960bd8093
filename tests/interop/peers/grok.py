"""Grok, through its command-line tools."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from . import Cannot, Options
from ._files import debian_version, planar, raw_planes, read_siz, run, tool

NAME = "Grok"
CODEC = "Grok"
REQUIRES = ()
NOTE = "Debian: grokj2k-tools"


def version() -> str:
    tool("grk_decompress", NOTE)
    return f"Grok {debian_version('grokj2k-tools')}"


def decode(data: bytes, reduce: int) -> Any:
    siz = read_siz(data)
    if siz.bits > 16:
        raise Cannot("no raw file beyond 16 bits")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "in.j2k").write_bytes(data)
        said = run(folder, "grk_decompress", "-i", "in.j2k", "-o", "out.rawl", "-r", reduce, "-H", 1)
        out = Path(folder, "out.rawl")
        if not out.exists():
            raise RuntimeError(said.split("] ")[-1] or "no file")
        return raw_planes(out.read_bytes(), siz, reduce)


def encode(pixels: Any, options: Options) -> bytes:
    options.must_be_default("tlm", "precinct_sizes")
    if options.qstep is not None:
        raise Cannot("no qstep")
    if options.bits_stored > 16:
        raise Cannot("no raw file beyond 16 bits")
    planes = planar(pixels)
    rows, columns = pixels.shape[:2]
    sign = "s" if pixels.dtype.kind == "i" else "u"
    arguments = [
        *("-F", f"{columns},{rows},{len(planes)},{options.bits_stored},{sign}@" + ":".join(["1x1"] * len(planes))),
        *("-M", 64, "-n", options.num_decompositions + 1, "-p", options.progression_order),
        *("-b", "{1},{0}".format(*options.block_size), "-Y", int(options.color_transform), "-H", 1),
    ]
    if options.tile_size is not None:
        arguments += ["-t", "{1},{0}".format(*options.tile_size)]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "in.rawl").write_bytes(planes.tobytes())
        said = run(folder, "grk_compress", "-i", "in.rawl", "-o", "out.j2k", *arguments)
        out = Path(folder, "out.j2k")
        if not out.exists():
            raise RuntimeError(said.split("] ")[-1] or "no file")
        return out.read_bytes()
