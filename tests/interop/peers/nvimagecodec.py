"""nvImageCodec with nvJPEG2000, where an NVIDIA GPU is."""

from __future__ import annotations

import shutil
from typing import Any

from . import Cannot, Missing, Options

NAME = "nvImageCodec"
CODEC = "nvJPEG2000"
REQUIRES = ("nvidia-nvimgcodec-cu12[nvjpeg2k]",)


def check_machine() -> None:
    if shutil.which("nvidia-smi") is None:
        raise Missing("no NVIDIA GPU on this machine")


def version() -> str:
    check_machine()
    from nvidia import nvimgcodec

    return f"nvImageCodec {nvimgcodec.__version__}"


def decode(data: bytes, reduce: int) -> Any:
    import numpy as np
    from nvidia import nvimgcodec

    if reduce:
        raise Cannot("no reduced sizes")
    parameters = nvimgcodec.DecodeParams(allow_any_depth=True, color_spec=nvimgcodec.ColorSpec.UNCHANGED)
    image = nvimgcodec.Decoder().decode(data, params=parameters)
    if image is None:
        raise ValueError("no image")
    pixels = np.asarray(image.cpu())
    return pixels[..., 0] if pixels.shape[2] == 1 else pixels


def encode(pixels: Any, options: Options) -> bytes:
    from nvidia import nvimgcodec

    options.must_be_default("precinct_sizes", "tile_size", "tlm")
    options.must_fill(pixels.dtype.itemsize)
    if options.qstep is not None:
        raise Cannot("no qstep")
    jpeg2k = nvimgcodec.Jpeg2kEncodeParams(
        reversible=True,
        ht=True,
        num_resolutions=options.num_decompositions + 1,
        code_block_size=options.block_size[::-1],
        prog_order=getattr(nvimgcodec.Jpeg2kProgOrder, options.progression_order),
        bitstream_type=nvimgcodec.Jpeg2kBitstreamType.J2K,
        mct_mode=int(options.color_transform),
    )
    image = nvimgcodec.as_image(pixels.reshape(*pixels.shape[:2], -1))
    encoded = nvimgcodec.Encoder().encode(
        image, "jpeg2k", params=nvimgcodec.EncodeParams(jpeg2k_encode_params=jpeg2k)
    )
    if encoded is None:
        raise ValueError("no codestream")
    return bytes(encoded)
