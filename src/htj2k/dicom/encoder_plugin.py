"""The encoding plugin for pydicom, which has no HTJ2K encoder of its own."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.pixels.encoders.base import EncodeOptions, EncodeRunner
from pydicom.uid import HTJ2K, UID, HTJ2KLossless, HTJ2KLosslessRPCL

import htj2k

from .htj2k_syntax import HTJ2K_SYNTAXES, check_transfer_syntax

#: Asked for by pydicom.
ENCODER_DEPENDENCIES = dict.fromkeys(HTJ2K_SYNTAXES, ("htj2k",))

_DEPTHS = ((8, 16, 24, 32), range(1, 33))
_GREY = [(label, 1, (0, 1), *_DEPTHS) for label in ("MONOCHROME1", "MONOCHROME2")]
_PALETTE = [("PALETTE COLOR", 1, (0,), (8, 16), range(1, 17))]
_COLOR = [(label, 3, (0,), *_DEPTHS) for label in ("YBR_RCT", "RGB", "YBR_FULL")]
_LOSSLESS = [*_GREY, *_PALETTE, *_COLOR]
#: What pydicom lets through (DICOM PS3.5 table 8.2.14-1, up to the 32 bits that are encoded here).
ENCODING_PROFILES: dict[UID, list[Any]] = {
    HTJ2KLossless: _LOSSLESS,
    HTJ2KLosslessRPCL: _LOSSLESS,
    HTJ2K: [*_GREY, *_COLOR, ("YBR_ICT", 3, (0,), *_DEPTHS)],
}

#: Arguments of `htj2k.encode` that may be given to ``Dataset.compress``.
OPTIONS = (
    "num_decompositions",
    "reversible",
    "qstep",
    "qfactor",
    "progression_order",
    "block_size",
    "precinct_sizes",
    "tile_size",
    "tlm",
    "tile_parts",
    "comment",
    "mask_unused_bits",
    "verify",
)
_BY_DATASET = {
    "color_transform": "it follows from PhotometricInterpretation: YBR_RCT and YBR_ICT apply it, RGB does not",
    "container": "DICOM holds the bare codestream",
}


def is_available(uid: str) -> bool:
    """Whether this plugin encodes to a transfer syntax."""
    return uid in ENCODER_DEPENDENCIES


def encode(src: bytes, runner: EncodeRunner) -> bytes:
    """Encode one frame of native samples."""
    options = _options(runner)
    label = str(runner.photometric_interpretation)
    _check_reversible(options, label, runner.transfer_syntax)
    codestream = htj2k.encode(
        _samples(src, runner),
        bits_stored=runner.bits_stored,
        color_transform=label in ("YBR_RCT", "YBR_ICT"),
        **options,
    )
    reasons = check_transfer_syntax(htj2k.read_info(codestream), runner.transfer_syntax)
    if reasons:
        raise ValueError(
            f"with these options the codestream may not be called {runner.transfer_syntax.name}: "
            f"{'; '.join(reasons)}; use HTJ2K Lossless (.201) or HTJ2K (.203), or leave the options out"
        )
    return codestream


def _options(runner: EncodeRunner) -> dict[str, Any]:
    known = {*EncodeOptions.__annotations__, *OPTIONS}
    for name in runner.options:
        if name in _BY_DATASET:
            raise TypeError(f"{name} cannot be given: {_BY_DATASET[name]}")
        if name not in known:
            raise TypeError(f"{name} is no option of this encoder; those are {', '.join(OPTIONS)}")
    return {name: runner.options[name] for name in OPTIONS if name in runner.options}  # type: ignore[literal-required]


def _check_reversible(options: dict[str, Any], label: str, uid: UID) -> None:
    """Refuse what is lossy where the transfer syntax or the label says that it is not, or the reverse."""
    lossy = is_lossy(options)
    if lossy and uid != HTJ2K:
        raise ValueError(f"{uid.name} ({uid}) is lossless; qstep, qfactor and reversible=False need HTJ2K (.203)")
    if label == ("YBR_RCT" if lossy else "YBR_ICT"):
        raise ValueError(
            "PhotometricInterpretation YBR_RCT is the reversible component transform, YBR_ICT the irreversible: "
            f"{label} does not go with {'lossy' if lossy else 'lossless'} options"
        )


def is_lossy(options: dict[str, Any]) -> bool:
    """Whether these options of `htj2k.encode` ask for the irreversible transform."""
    reversible = options.get("reversible")
    if reversible is None:
        return options.get("qstep") is not None or options.get("qfactor") is not None
    return not reversible


def _samples(src: bytes, runner: EncodeRunner) -> NDArray[Any]:
    """The frame as an array of (rows, columns[, samples]), a view of `src` where its bytes allow that."""
    allocated = -(-runner.bits_allocated // 8)
    width = 1 if runner.bits_stored <= 8 else 2 if runner.bits_stored <= 16 else 4
    sign = "i" if runner.pixel_representation == 1 else "u"
    order = "<" if runner.is_array else runner.get_option("byteorder", "<")
    if order == ">" and allocated != width:  # pydicom narrowed the samples as if they were little-endian
        raise ValueError(
            f"big-endian samples of {runner.bits_stored} bits in {runner.bits_allocated} are not taken: give them "
            "as an array"
        )
    pixels: NDArray[Any] = np.frombuffer(src, f"{order}{sign}{width}")
    if sign == "i" and allocated < width:  # 24 bits, which pydicom widened with zeros
        unused = 8 * (width - allocated)
        pixels = (pixels << unused) >> unused
    shape = (runner.rows, runner.columns, runner.samples_per_pixel)
    if shape[2] == 1:
        return pixels.reshape(shape[:2])
    if not runner.is_array and runner.planar_configuration == 1:
        return np.moveaxis(pixels.reshape(shape[2], *shape[:2]), 0, -1)
    return pixels.reshape(shape)
