"""Where and with what was measured."""

from __future__ import annotations

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


def describe() -> dict[str, Any]:
    """CPU, SIMD path, Python and the versions of all libraries that are installed."""
    versions = {}
    for package in _PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return {**asdict(this_machine()), "versions": versions}
