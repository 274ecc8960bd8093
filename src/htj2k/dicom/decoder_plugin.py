"""The decoding plugin for pydicom, in the form that pydicom's guide to decoder plugins asks for."""

from __future__ import annotations

import logging
import math
import sys
from typing import Any

import numpy as np
from pydicom.pixels.decoders.base import DecodeRunner

import htj2k
from htj2k.errors import UnsupportedError

from .agreement import ImagePixel, Reading, decode_frame, plan_reading
from .htj2k_syntax import HTJ2K_SYNTAXES

#: Asked for by pydicom.
DECODER_DEPENDENCIES = dict.fromkeys(HTJ2K_SYNTAXES, ("htj2k",))

_log = logging.getLogger("htj2k")
# Options of the runner that this plugin keeps for itself: pydicom 3.0 has them for the dataset, not for a frame.
_IMAGE, _COLOR, _TOLD = "htj2k_image_pixel", "htj2k_color", "htj2k_told"


def is_available(uid: str) -> bool:
    """Whether this plugin decodes a transfer syntax."""
    return uid in DECODER_DEPENDENCIES


def decode(src: bytes, runner: DecodeRunner) -> bytearray:
    """Decode one frame to packed little-endian samples, colour by pixel, in the container of its depth."""
    image = _image_pixel(runner)
    trust = not runner.get_option("apply_j2k_sign_correction", True)
    info = htj2k.read_info(src, max_pixels=htj2k.DEFAULT_MAX_PIXELS)  # before memory is taken for the frame
    reading = plan_reading(info, image, trust_codestream=trust)
    frame = bytearray(math.prod(image.shape(0)) * reading.dtype.itemsize)
    pixels = np.frombuffer(frame, reading.dtype).reshape(image.shape(0))
    decode_frame(src, reading, out=pixels)
    if sys.byteorder == "big":
        pixels.byteswap(inplace=True)
    _describe(runner, reading, trust)
    return frame


def _image_pixel(runner: DecodeRunner) -> ImagePixel:
    """What the dataset says, kept from before a frame changes the runner's options."""
    image = runner.get_option(_IMAGE)
    if image is None:
        image = ImagePixel(
            rows=runner.rows,
            columns=runner.columns,
            samples=runner.samples_per_pixel,
            bits_allocated=runner.bits_allocated,
            bits_stored=runner.bits_stored,
            is_signed=runner.pixel_representation == 1,
            photometric=str(runner.photometric_interpretation),
        )
        runner.set_option(_IMAGE, image)
    assert isinstance(image, ImagePixel)
    return image


def _describe(runner: DecodeRunner, reading: Reading, trust_codestream: bool) -> None:
    """Tell pydicom what the decoded frame is, and the log what dataset and codestream disagree on."""
    image = _image_pixel(runner)
    told = runner.get_option(_TOLD, ())
    new = [reason for reason in reading.disagreements if reason not in told]
    runner.set_option(_TOLD, (*told, *new))
    for reason in new:
        _log.warning("%s", reason)
    _check_one_color(runner, reading)
    _set(runner, "bits_allocated", 8 * reading.dtype.itemsize)
    if reading.photometric != image.photometric:
        _set(runner, "photometric_interpretation", reading.photometric)
    if image.samples > 1:
        _set(runner, "planar_configuration", 0)
    if not trust_codestream:  # the sign is right, so pydicom must not correct it a second time
        _set(runner, "j2k_is_signed", image.is_signed)


def _check_one_color(runner: DecodeRunner, reading: Reading) -> None:
    """pydicom 3.0 knows one colour space for all frames: the one of the last would be taken for that of all."""
    if hasattr(runner, "set_frame_option"):
        return
    color = runner.get_option(_COLOR, reading.photometric)
    runner.set_option(_COLOR, color)
    if color != reading.photometric:
        raise UnsupportedError(
            f"a frame decodes to {reading.photometric} where those before are {color}: read the frames one by one"
        )


def _set(runner: Any, name: str, value: Any) -> None:
    """pydicom 3.1 keeps these options for each frame."""
    if hasattr(runner, "set_frame_option"):
        runner.set_frame_option(runner.index, name, value)
    else:
        runner.set_option(name, value)
