"""OpenJPH, as the package jp15 binds it."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import Cannot, Options
from ._files import planar, read_siz

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
    siz = read_siz(data)
    pixels = jp15.decode(data)
    # It gives whole components one after the other where there is no component transform.
    return np.moveaxis(pixels, 0, -1) if pixels.shape == (siz.components, *siz.shape) else pixels


def encode(pixels: Any, options: Options) -> bytes:
    import jp15

    options.must_be_default("precinct_sizes", "tile_size", "tlm")
    options.must_fill(pixels.dtype.itemsize)
    return bytes(
        jp15.encode(
            pixels if options.color_transform or pixels.ndim == 2 else planar(pixels),
            irreversible=options.qstep is not None,
            qstep=options.qstep,
            num_decompositions=options.num_decompositions,
            block_size=options.block_size,
            progression_order=options.progression_order,
            color_transform=options.color_transform,
            planar=not options.color_transform,
        )
    )
