"""OpenJPH, as imagecodecs binds it."""

from __future__ import annotations

from typing import Any

from . import Options

NAME = "imagecodecs.htj2k"
CODEC = "OpenJPH"
REQUIRES = ("imagecodecs==2026.3.6",)


def version() -> str:
    import imagecodecs

    return f"imagecodecs {imagecodecs.__version__}, OpenJPH {imagecodecs.htj2k_version().split()[-1]}"


def decode(data: bytes, reduce: int) -> Any:
    import imagecodecs

    return imagecodecs.htj2k_decode(data, skipres=reduce, planar=False)


def encode(pixels: Any, options: Options) -> bytes:
    import imagecodecs

    options.must_be_default("progression_order", "block_size", "precinct_sizes")
    options.must_fill(pixels.dtype.itemsize)
    return bytes(
        imagecodecs.htj2k_encode(
            pixels,
            level=options.qstep,
            reversible=options.qstep is None,
            rgb=options.color_transform,
            planar=False,
            tile=None if options.tile_size is None else options.tile_size[::-1],
            resolutions=options.num_decompositions,
            tlm=options.tlm,
        )
    )
