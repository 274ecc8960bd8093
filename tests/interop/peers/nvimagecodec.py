"""nvImageCodec with nvJPEG2000, where an NVIDIA GPU is; never run by this project's own machines."""

from __future__ import annotations

import shutil
from typing import Any

from . import Cannot, Missing, Options

NAME = "nvImageCodec"
CODEC = "nvJPEG2000"
REQUIRES = ("nvidia-nvimgcodec-cu12[nvjpeg2k]==0.9.0.20",)


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
    parameters = nvimgcodec.DecodeParams(
        allow_any_depth=True,
        color_spec=nvimgcodec.ColorSpec.UNCHANGED,
        sample_format=nvimgcodec.SampleFormat.I_UNCHANGED,
    )
    image = nvimgcodec.Decoder().decode(nvimgcodec.CodeStream(data), params=parameters)
    if image is None:
        raise ValueError("no image")
    pixels = np.asarray(image.cpu())
    return pixels[..., 0] if pixels.shape[2] == 1 else pixels


def encode(pixels: Any, options: Options) -> bytes:
    from nvidia import nvimgcodec

    options.must_be_default("precinct_sizes", "tlm")
    if options.qstep is not None:
        raise Cannot("no qstep")
    jpeg2k = nvimgcodec.Jpeg2kEncodeParams(
        ht=True,
        num_resolutions=options.num_decompositions + 1,
        code_block_size=options.block_size,
        prog_order=getattr(nvimgcodec.Jpeg2kProgOrder, options.progression_order),
        bitstream_type=nvimgcodec.Jpeg2kBitstreamType.J2K,
        mct_mode=int(options.color_transform),
    )
    rows, columns = options.tile_size or (None, None)
    parameters = nvimgcodec.EncodeParams(
        quality_type=nvimgcodec.QualityType.LOSSLESS,
        color_spec=nvimgcodec.ColorSpec.UNCHANGED,
        jpeg2k_encode_params=jpeg2k,
        tile_height=rows,
        tile_width=columns,
    )
    image = nvimgcodec.as_image(
        pixels.reshape(*pixels.shape[:2], -1),
        sample_format=nvimgcodec.SampleFormat.I_UNCHANGED,
        precision=options.bits_stored,
    )
    encoded = nvimgcodec.Encoder().encode(image, "jpeg2k", params=parameters)
    if encoded is None:
        raise ValueError("no codestream")
    return bytes(encoded)
