"""OpenJPEG, as imagecodecs binds it. It has no HT encoder."""

from __future__ import annotations

from typing import Any

from . import Cannot

NAME = "imagecodecs.jpeg2k"
CODEC = "OpenJPEG"
REQUIRES = ("imagecodecs==2026.3.6",)


def version() -> str:
    import imagecodecs

    return f"imagecodecs {imagecodecs.__version__}, OpenJPEG {imagecodecs.jpeg2k_version().split()[-1]}"


def decode(data: bytes, reduce: int) -> Any:
    import imagecodecs

    if reduce:
        raise Cannot("no reduced sizes")
    return imagecodecs.jpeg2k_decode(data)
