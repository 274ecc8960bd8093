"""FFmpeg's own JPEG 2000 decoder, which shares no code with the others, through PyAV. It has no HT encoder."""

from __future__ import annotations

from typing import Any

from ._files import read_siz

NAME = "FFmpeg"
CODEC = "FFmpeg"
REQUIRES = ("av==18.1.0",)


def version() -> str:
    import av

    return f"PyAV {av.__version__}, FFmpeg {av.ffmpeg_version_info}"


def decode(data: bytes, reduce: int) -> Any:
    import av
    import numpy as np

    codec = av.CodecContext.create("jpeg2000", "r")
    codec.thread_count = 1
    # An error instead of damaged samples.
    codec.options = {"err_detect": "explode", "lowres": str(reduce)}
    frames = codec.decode(av.Packet(data)) or codec.decode(None)
    if not frames:
        raise ValueError("no frame")
    # Its pixel formats have no sign and few depths: it shifts the samples, and its users shift them back.
    siz = read_siz(data)
    pixels = frames[0].to_ndarray().astype(np.int64) >> frames[0].format.components[0].bits - siz.bits
    return pixels - (1 << siz.bits - 1) if siz.is_signed else pixels
