"""OpenJPH, as the package jp15 binds it."""

from __future__ import annotations

from typing import Any

from . import Cannot, Options
from ._files import interleaved, planar

NAME = "jp15"
CODEC = "OpenJPH"
REQUIRES = ("jp15==0.2.0",)
PYTHON = (3, 12)


def version() -> str:
    import jp15

    return f"jp15 {jp15.__version__}"


def decode(data: bytes, reduce: int) -> Any:
    import jp15

    if reduce:
        raise Cannot("no reduced sizes")
    pixels = jp15.decode(data)
    return interleaved(pixels) if pixels.ndim == 3 else pixels


def encode(pixels: Any, options: Options) -> bytes:
    import jp15

    options.must_be_default("precinct_sizes", "tile_size", "tlm")
    options.must_fill(pixels.dtype.itemsize)
    return bytes(
        jp15.encode(
            planar(pixels) if pixels.ndim == 3 else pixels,
            irreversible=options.qstep is not None,
            qstep=options.qstep,
            num_decompositions=options.num_decompositions,
            block_size=options.block_size[::-1],
            progression_order=options.progression_order,
            color_transform=options.color_transform,
            planar=not options.color_transform,
        )
    )
