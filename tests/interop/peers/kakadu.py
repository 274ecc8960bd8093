"""Kakadu's command-line tools, for whoever has a licence; never run by this project's own machines."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from . import Options
from ._files import container, interleaved, planar, read_siz, reduced, run, tool

NAME = "Kakadu"
CODEC = "Kakadu"
REQUIRES = ()
NOTE = "kdu_compress and kdu_expand need a licence"


def version() -> str:
    said = run(".", tool("kdu_expand", NOTE), "-version")
    return next((line for line in said.splitlines() if "version" in line.lower()), "Kakadu")


def decode(data: bytes, reduce: int) -> Any:
    siz = read_siz(data)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "in.j2c").write_bytes(data)
        names = [f"{c}.rawl" for c in range(siz.components)]
        run(folder, "kdu_expand", "-i", "in.j2c", "-o", ",".join(names), "-reduce", reduce, "-quiet")
        shape = reduced(siz, reduce)
        planes = [np.fromfile(Path(folder, name), container(siz)).reshape(shape) for name in names]
        return interleaved(np.stack(planes))


def encode(pixels: Any, options: Options) -> bytes:
    planes = planar(pixels)
    rows, columns = pixels.shape[:2]
    signed = "yes" if pixels.dtype.kind == "i" else "no"
    parameters = {
        "Cmodes": "HT",
        "Creversible": "yes" if options.qstep is None else "no",
        "Clevels": options.num_decompositions,
        "Corder": options.progression_order,
        "Cblk": "{{{},{}}}".format(*options.block_size),
        "Cycc": "yes" if options.color_transform else "no",
        "ORGgen_tlm": 1 if options.tlm else 0,
        "Sprecision": options.bits_stored,
        "Ssigned": signed,
        "Sdims": f"{{{rows},{columns}}}",
    }
    if options.qstep is not None:
        parameters["Qstep"] = options.qstep
    if options.tile_size is not None:
        parameters["Stiles"] = "{{{},{}}}".format(*options.tile_size)
    if options.precinct_sizes is not None:
        sizes = (f"{{{high},{wide}}}" for high, wide in options.precincts_from_full_size())
        parameters["Cprecincts"] = ",".join(sizes)
    with tempfile.TemporaryDirectory() as folder:
        names = []
        for index, plane in enumerate(planes):
            names.append(f"{index}.rawl")
            Path(folder, names[-1]).write_bytes(plane.tobytes())
        settings = [f"{name}={value}" for name, value in parameters.items()]
        run(folder, "kdu_compress", "-i", ",".join(names), "-o", "out.j2c", "-quiet", *settings)
        return Path(folder, "out.j2c").read_bytes()
