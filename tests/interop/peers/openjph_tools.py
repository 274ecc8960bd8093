"""OpenJPH's own command-line tools, in Debian's build."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from . import Cannot, Options
from ._files import Siz, debian_version, planar, read_siz, run, tool

NAME = "openjph-tools"
CODEC = "OpenJPH"
REQUIRES = ()
NOTE = "Debian: openjph-tools"


def version() -> str:
    tool("ojph_expand", NOTE)
    return f"OpenJPH {debian_version('openjph-tools')}"


def decode(data: bytes, reduce: int) -> Any:
    siz = read_siz(data)
    if siz.is_signed:
        raise Cannot("no file format with signed samples")
    if siz.bits > 16:
        raise Cannot("no file format beyond 16 bits")
    if siz.components not in (1, 3):
        raise Cannot("no file format for other than 1 or 3 components")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "in.j2c").write_bytes(data)
        out = Path(folder, "out.pgm" if siz.components == 1 else "out.ppm")
        run(folder, "ojph_expand", "-i", "in.j2c", "-o", out.name, "-skip_res", f"{reduce},{reduce}")
        return _read_pnm(out.read_bytes(), siz)


def encode(pixels: Any, options: Options) -> bytes:
    if pixels.dtype.kind == "i" or options.bits_stored > 16:
        raise Cannot("no file format with signed samples or beyond 16 bits")
    planes = planar(pixels)
    if len(planes) not in (1, 3):
        raise Cannot("no file format for other than 1 or 3 components")
    options.must_be_default("tlm")
    arguments = [
        *("-num_decomps", options.num_decompositions, "-prog_order", options.progression_order),
        *("-block_size", "{{{1},{0}}}".format(*options.block_size)),
        *("-colour_trans", str(options.color_transform).lower()),
        *(("-reversible", "true") if options.qstep is None else ("-qstep", options.qstep)),
    ]
    if options.tile_size is not None:
        arguments += ["-tile_size", "{{{1},{0}}}".format(*options.tile_size)]
    if options.precinct_sizes is not None:
        arguments += ["-precincts", ",".join(f"{{{columns},{rows}}}" for rows, columns in options.precinct_sizes)]
    with tempfile.TemporaryDirectory() as folder:
        name = "in.pgm" if len(planes) == 1 else "in.ppm"
        Path(folder, name).write_bytes(_pnm(pixels, options.bits_stored))
        run(folder, "ojph_compress", "-i", name, "-o", "out.j2c", *arguments)
        return Path(folder, "out.j2c").read_bytes()


def _pnm(pixels: Any, bits: int) -> bytes:
    kind = "P5" if pixels.ndim == 2 else "P6"
    head = f"{kind}\n{pixels.shape[1]} {pixels.shape[0]}\n{2**bits - 1}\n"
    return head.encode() + pixels.astype("u1" if bits <= 8 else ">u2").tobytes()


def _read_pnm(data: bytes, siz: Siz) -> Any:
    """The samples; PNM's header ends with one white space after the fourth word."""
    words = re.match(rb"P[56]\s+(\d+)\s+(\d+)\s+(\d+)\s", data)
    assert words is not None
    columns, rows, _ = (int(n) for n in words.groups())
    shape = (rows, columns) if siz.components == 1 else (rows, columns, siz.components)
    return np.frombuffer(data[words.end() :], "u1" if siz.bits <= 8 else ">u2").reshape(shape)
