"""OpenJPEG, as pydicom uses it."""

from __future__ import annotations

from typing import Any

from . import Cannot

NAME = "pylibjpeg-openjpeg"
CODEC = "OpenJPEG"
REQUIRES = ("pylibjpeg-openjpeg==2.6.0",)


def version() -> str:
    import openjpeg
    import openjpeg.utils

    codec = openjpeg.utils._openjpeg.get_version().decode()
    return f"pylibjpeg-openjpeg {openjpeg.__version__}, OpenJPEG {codec}"


def decode(data: bytes, reduce: int) -> Any:
    import openjpeg

    if reduce:
        raise Cannot("no reduced sizes")
    return openjpeg.decode(data)
