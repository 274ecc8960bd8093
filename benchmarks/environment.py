"""Where and with what was measured."""

from __future__ import annotations

import os
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from htj2k.bench.machine import this_machine

# Everything whose time is shown.
_PACKAGES = (
    "numpy",
    "imagecodecs",
    "ojph",
    "jp15",
    "pylibjpeg-openjpeg",
    "blosc2-htj2k",
    "pylibjpeg-rle",
    "pyjpegls",
    "python-gdcm",
    "pydicom",
    "zlib-ng",
    "isal",
    "deflate",
)


def pin_to_one_thread() -> None:
    """What does not ask for threads takes one: other libraries' decoders do."""
    os.environ["HTJ2K_NUM_THREADS"] = "1"


def describe() -> dict[str, Any]:
    """CPU, SIMD path, Python and the versions of all libraries that are installed."""
    versions = {}
    for package in _PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return {**asdict(this_machine()), "versions": versions}
