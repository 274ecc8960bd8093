"""OpenJPH, as the package ojph binds it."""

from __future__ import annotations

from typing import Any

from . import Options

NAME = "ojph"
CODEC = "OpenJPH"
REQUIRES = ("ojph==0.10.2",)
PYTHON = (3, 12)


def version() -> str:
    import ojph

    return f"ojph {ojph.__version__}"


def decode(data: bytes, reduce: int) -> Any:
    import ojph

    return ojph.imread_from_memory(data, channel_order="HWC", level=reduce)


def encode(pixels: Any, options: Options) -> bytes:
    import ojph

    options.must_be_default("block_size", "precinct_sizes", "tile_size", "color_transform")
    options.must_fill(pixels.dtype.itemsize)
    encoded = ojph.imwrite_to_memory(
        pixels,
        channel_order="HWC" if pixels.ndim == 3 else "HW",
        num_decompositions=options.num_decompositions,
        reversible=options.qstep is None,
        qstep=options.qstep,
        progression_order=options.progression_order,
        tlm_marker=options.tlm,
    )
    return bytes(encoded)
