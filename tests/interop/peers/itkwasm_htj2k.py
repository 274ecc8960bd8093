"""OpenJPH in ITK, compiled to WebAssembly."""

from __future__ import annotations

from importlib import metadata
from typing import Any

from . import Cannot, Options

NAME = "itkwasm-htj2k"
CODEC = "OpenJPH"
REQUIRES = ("itkwasm-htj2k==2.3.1",)
_ORDERS = ("LRCP", "RLCP", "RPCL", "PCRL", "CPRL")
_PIXEL_TYPES = {1: "Scalar", 3: "RGB", 4: "RGBA"}


def version() -> str:
    import itkwasm_htj2k  # noqa: F401

    return f"itkwasm-htj2k {metadata.version('itkwasm-htj2k')}"


def decode(data: bytes, reduce: int) -> Any:
    import itkwasm_htj2k

    return itkwasm_htj2k.decode(data, decomposition_level=reduce).data


def encode(pixels: Any, options: Options) -> bytes:
    import itkwasm_htj2k
    from itkwasm import Image, ImageType

    options.must_be_default("precinct_sizes", "tlm", "color_transform")
    options.must_fill(pixels.dtype.itemsize)
    components = pixels.shape[2] if pixels.ndim == 3 else 1
    if components not in _PIXEL_TYPES:
        raise Cannot(f"no pixel type with {components} components")
    kind = ImageType(
        dimension=2,
        componentType=pixels.dtype.name,
        pixelType=_PIXEL_TYPES[components],
        components=components,
    )
    image = Image(imageType=kind, size=list(pixels.shape[1::-1]), data=pixels)
    # None, though its default, raises TypeError.
    tile = list((options.tile_size or pixels.shape[:2])[::-1])
    return bytes(
        itkwasm_htj2k.encode(
            image,
            decompositions=options.num_decompositions,
            not_reversible=options.qstep is not None,
            quantization_step=options.qstep or 1.0,
            progression_order=_ORDERS.index(options.progression_order),
            tile_size=tile,
            tile_offset=[0, 0],
            block_dimensions=list(options.block_size[::-1]),
        )
    )
