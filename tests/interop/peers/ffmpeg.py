"""FFmpeg's own JPEG 2000 decoder, which shares no code with the others, through PyAV. It has no HT encoder."""

from __future__ import annotations

from typing import Any

from . import Cannot

NAME = "FFmpeg"
CODEC = "FFmpeg"
REQUIRES = ("av",)


def version() -> str:
    import av

    return f"PyAV {av.__version__}, FFmpeg {av.ffmpeg_version_info}"


def decode(data: bytes, reduce: int) -> Any:
    import av

    if reduce:
        raise Cannot("no reduced sizes through PyAV")
    codec = av.CodecContext.create("jpeg2000", "r")
    codec.thread_count = 1
    codec.options = {"err_detect": "explode"}  # an error instead of damaged samples
    frames = codec.decode(av.Packet(data)) or codec.decode(None)
    if not frames:
        raise ValueError("no frame")
    return frames[0].to_ndarray()
