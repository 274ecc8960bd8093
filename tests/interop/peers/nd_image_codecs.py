"""The HTJ2K codec in Rust of nd-image-codecs. It codes planes of a Zarr chunk: a short header and a codestream."""

from __future__ import annotations

import struct
from typing import Any

from . import Cannot, Options
from ._files import container, decompositions, read_siz

NAME = "nd-image-codecs"
CODEC = "nd-image-codecs"
REQUIRES = ("nd-image-codecs==0.2.5",)
PYTHON = (3, 11)
_HEAD = struct.Struct("<4sBBBBII")  # magic, version, has an index, levels, dimensions, rows, columns


def version() -> str:
    import nd_image_codecs

    return f"nd-image-codecs {nd_image_codecs.__version__}"


def decode(data: bytes, reduce: int) -> Any:
    import numpy as np
    from nd_image_codecs import _nd_image_codecs

    if reduce:
        raise Cannot("no reduced sizes")
    siz = read_siz(data)
    if siz.components > 1:
        raise Cannot("no components")
    head = _HEAD.pack(b"ndht", 1, 0, decompositions(data), 2, *siz.shape)
    dtype = np.dtype(container(siz))
    samples = _nd_image_codecs.htj2k_decode(head + data, list(siz.shape), dtype.name)
    return np.frombuffer(samples, dtype).reshape(siz.shape)


def encode(pixels: Any, options: Options) -> bytes:
    from nd_image_codecs import _nd_image_codecs

    options.must_be_default("precinct_sizes", "tile_size", "color_transform", "tlm", "block_size")
    if options.qstep is not None:
        raise Cannot("no qstep")
    options.must_fill(pixels.dtype.itemsize)
    if pixels.ndim > 2:
        raise Cannot("no components")
    chunk = _nd_image_codecs.htj2k_encode(
        pixels.tobytes(),
        list(pixels.shape),
        pixels.dtype.name,
        xy_levels=options.num_decompositions,
        progression=options.progression_order,
        index=False,
    )
    return bytes(chunk)[_HEAD.size :]
