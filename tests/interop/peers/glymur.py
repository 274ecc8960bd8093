"""The OpenJPEG library of the system, through glymur."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from . import Missing

NAME = "glymur"
CODEC = "OpenJPEG"
REQUIRES = ("glymur==0.14.8", "packaging")  # which it imports without asking for it
NOTE = "needs libopenjp2 (Debian: libopenjp2-7)"


def version() -> str:
    import glymur

    if glymur.version.openjpeg_version == "0.0.0":
        raise Missing(NOTE)
    return f"glymur {glymur.__version__}, OpenJPEG {glymur.version.openjpeg_version}"


def decode(data: bytes, reduce: int) -> Any:
    import glymur

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "frame.j2k"
        path.write_bytes(data)
        return glymur.Jp2k(path)[:: 2**reduce, :: 2**reduce]
