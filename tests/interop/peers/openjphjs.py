"""OpenJPH in WebAssembly, as Cornerstone.js and OHIF use it, under Node; tests/interop/web drives it."""

from __future__ import annotations

import dataclasses
import functools
import json
import shutil
import sys
from pathlib import Path
from typing import Any

from . import Missing, Options

NAME = "@cornerstonejs/codec-openjph"
CODEC = "OpenJPH"
REQUIRES = ()
WEB = Path(__file__).parents[1] / "web"
PACKAGE = WEB / "node_modules" / "@cornerstonejs" / "codec-openjph" / "package.json"


@functools.cache
def _codec() -> Any:
    sys.path.append(str(WEB))
    import openjphjs

    return openjphjs.OpenJphJs()


def version() -> str:
    if shutil.which("node") is None or not PACKAGE.exists():
        raise Missing("needs Node 20 and what `make interop-web` installs")
    package = json.loads(PACKAGE.read_text())
    return f"codec-openjph {package['version']}, OpenJPH {_codec().version}"


def decode(data: bytes, reduce: int) -> Any:
    return _codec().decode(data, reduce)


def encode(pixels: Any, options: Options) -> bytes:
    return bytes(_codec().encode(pixels, **dataclasses.asdict(options)))
