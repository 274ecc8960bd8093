"""The HTJ2K codecs for Python that are compared. Those that are not installed are left out, with the reason."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from importlib import import_module
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

import htj2k

Pixels = NDArray[Any]


class Unsupported(Exception):
    """The library has no such function; its text says which."""


@dataclass(frozen=True)
class Library:
    """How a library decodes and encodes. Both return the call that is to be timed."""

    package: str
    module: str
    codec: str  # what does the work inside
    # pixels, their codestream, levels to leave out -> a call that returns the pixels
    decoder: Callable[[Pixels, bytes, int], Callable[[], Any]]
    # pixels, bits stored, decomposition levels -> a call that returns the codestream
    encoder: Callable[[Pixels, int, int], Callable[[], Any]] | None = None

    @property
    def version(self) -> str:
        return version(self.package)


def _channels(pixels: Pixels) -> str | None:
    return "HWC" if pixels.ndim == 3 else None


def _raw_decoder(pixels: Pixels, stream: bytes, reduce: int) -> Callable[[], Any]:
    return partial(import_module("htj2k_raw").decode, stream, reduce=reduce)


def _raw_encoder(pixels: Pixels, bits: int, levels: int) -> Callable[[], Any]:
    planes = pixels if pixels.ndim == 3 else pixels[:, :, None]
    lines = np.ascontiguousarray(np.moveaxis(planes, 2, 1), np.int32)
    signed, color = pixels.dtype.kind == "i", pixels.ndim == 3
    return partial(import_module("htj2k_raw").encode, lines, bits, signed, levels, color)


def _skipping(reduce: int) -> dict[str, int]:
    """Older releases of imagecodecs have no such option."""
    return {"skipres": reduce} if reduce else {}


def _imagecodecs_decoder(pixels: Pixels, stream: bytes, reduce: int) -> Callable[[], Any]:
    return partial(import_module("imagecodecs").htj2k_decode, stream, **_skipping(reduce))


def _imagecodecs_encoder(pixels: Pixels, bits: int, levels: int) -> Callable[[], Any]:
    options = {"resolutions": levels, "rgb": pixels.ndim == 3, "reversible": True, "tlm": True, "tilepart": 1}
    if bits != 8 * pixels.itemsize:  # older releases have no such option
        options["bitspersample"] = bits
    return partial(import_module("imagecodecs").htj2k_encode, pixels, **options)


def _openjpeg_decoder(pixels: Pixels, stream: bytes, reduce: int) -> Callable[[], Any]:
    return partial(import_module("imagecodecs").jpeg2k_decode, stream, numthreads=1, **_skipping(reduce))


def _ojph_decoder(pixels: Pixels, stream: bytes, reduce: int) -> Callable[[], Any]:
    return partial(import_module("ojph").imread_from_memory, stream, level=reduce, channel_order=_channels(pixels))


def _ojph_encoder(pixels: Pixels, bits: int, levels: int) -> Callable[[], Any]:
    options = {"num_decompositions": levels, "reversible": True, "tileparts_at_resolutions": True}
    encode = import_module("ojph").imwrite_to_memory
    return partial(encode, pixels, channel_order=_channels(pixels), progression_order="RPCL", **options)


def _jp15_decoder(pixels: Pixels, stream: bytes, reduce: int) -> Callable[[], Any]:
    if reduce:
        raise Unsupported("decodes the full size only")
    decode = import_module("jp15").decode
    if pixels.ndim == 2:
        return partial(decode, stream)
    return lambda: np.moveaxis(decode(stream), 0, -1)  # it returns planes


def _jp15_encoder(pixels: Pixels, bits: int, levels: int) -> Callable[[], Any]:
    color = pixels.ndim == 3
    planes = np.ascontiguousarray(np.moveaxis(pixels, -1, 0)) if color else pixels
    options = {
        "num_decompositions": levels,
        "progression_order": "RPCL",
        "color_transform": color,
        "planar": not color,
    }
    return partial(import_module("jp15").encode, planes, **options)


def _pylibjpeg_decoder(pixels: Pixels, stream: bytes, reduce: int) -> Callable[[], Any]:
    if reduce:
        raise Unsupported("decodes the full size only")
    return partial(import_module("openjpeg").decode, stream)


@cache
def _blosc2() -> Any:
    """OpenHTJ2K, which for Python is only found behind Blosc2's arrays."""
    # Once its libraries are loaded, others crash as they load: all of them go first.
    for library in LIBRARIES.values():
        if library.package != "blosc2-htj2k" and reason_missing(library) is None:
            zeros = np.zeros((8, 8), np.uint8)
            library.decoder(zeros, htj2k.encode(zeros), 0)()
    plugin = import_module("blosc2_htj2k")
    plugin.register_codec()
    plugin.configure(backend="openhtj2k")
    return import_module("blosc2")


def _blosc2_array(pixels: Pixels) -> Callable[[], Any]:
    if pixels.dtype.kind == "i":
        raise Unsupported("takes unsigned samples only")
    if pixels.ndim == 3:
        raise Unsupported("takes one component only")
    blosc2 = _blosc2()
    whole = {"chunks": pixels.shape, "blocks": pixels.shape}
    options = {"codec": 40, "filters": [], "splitmode": blosc2.SplitMode.NEVER_SPLIT, "nthreads": 1}
    return partial(blosc2.asarray, pixels, cparams=options, dparams={"nthreads": 1}, **whole)


def _blosc2_decoder(pixels: Pixels, stream: bytes, reduce: int) -> Callable[[], Any]:
    if reduce:
        raise Unsupported("decodes the full size only")
    array = _blosc2_array(pixels)()  # decodes its own codestreams only
    return lambda: array[...]


def _blosc2_encoder(pixels: Pixels, bits: int, levels: int) -> Callable[[], Any]:
    return _blosc2_array(pixels)


def _htj2k_decoder(pixels: Pixels, stream: bytes, reduce: int) -> Callable[[], Any]:
    return partial(htj2k.decode, stream, reduce=reduce)


def _htj2k_encoder(pixels: Pixels, bits: int, levels: int) -> Callable[[], Any]:
    return partial(htj2k.encode, pixels, bits_stored=bits, num_decompositions=levels)


LIBRARIES = {
    "htj2k": Library("htj2k", "htj2k", "OpenJPH", _htj2k_decoder, _htj2k_encoder),
    # The floor: its lines are pulled and pushed, nothing is parsed, proven, converted or returned.
    "OpenJPH alone": Library("htj2k", "htj2k_raw", "OpenJPH", _raw_decoder, _raw_encoder),
    "imagecodecs": Library("imagecodecs", "imagecodecs", "OpenJPH", _imagecodecs_decoder, _imagecodecs_encoder),
    "ojph": Library("ojph", "ojph", "OpenJPH", _ojph_decoder, _ojph_encoder),
    "jp15": Library("jp15", "jp15", "OpenJPH", _jp15_decoder, _jp15_encoder),
    "imagecodecs (OpenJPEG)": Library("imagecodecs", "imagecodecs", "OpenJPEG", _openjpeg_decoder),
    "pylibjpeg-openjpeg": Library("pylibjpeg-openjpeg", "openjpeg", "OpenJPEG", _pylibjpeg_decoder),
    "blosc2-htj2k": Library("blosc2-htj2k", "blosc2_htj2k", "OpenHTJ2K", _blosc2_decoder, _blosc2_encoder),
}


@cache
def _importable(module: str) -> str | None:
    from importlib.util import find_spec

    return None if find_spec(module) else "is not installed"


def reason_missing(library: Library) -> str | None:
    """Why a library cannot be measured here, or None."""
    if (reason := _importable(library.module)) is None:
        return None
    if library.module == "htj2k_raw":
        return f"{reason}: build with -C cmake.define.HTJ2K_BUILD_BENCHMARKS=ON"
    return f"{reason} for Python {sys.version_info[0]}.{sys.version_info[1]}"


def available() -> dict[str, Library]:
    return {name: library for name, library in LIBRARIES.items() if reason_missing(library) is None}


def left_out() -> dict[str, str]:
    """The libraries that are not measured, and why."""
    reasons = {name: reason_missing(library) for name, library in LIBRARIES.items()}
    return {name: reason for name, reason in reasons.items() if reason is not None}
