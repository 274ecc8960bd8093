"""The same images in the lossless transfer syntaxes of DICOM, with every open decoder at hand.

Frames only: what a decoder does to one frame's bytes. Only pydicom's decoders (GDCM) read them from a data set."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import imagecodecs
import numpy as np
import pydicom.uid as uid
from numpy.typing import NDArray
from pydicom.encaps import encapsulate
from pydicom.pixels import get_decoder

import htj2k
from dicom_files import dataset
from frames import FRAMES, REAL

Pixels = NDArray[Any]
Call = Callable[[], Any]


@dataclass(frozen=True)
class Image:
    """Samples as JPEG and JPEG-LS see them: they know no sign, DICOM stores its two's complement."""

    pixels: Pixels
    bits: int

    @property
    def unsigned(self) -> Pixels:
        return self.pixels.view(f"u{self.pixels.itemsize}")

    @property
    def is_color(self) -> bool:
        return self.pixels.ndim == 3

    @property
    def levels(self) -> int:
        return htj2k.read_info(htj2k.encode(self.pixels)).num_decompositions


def images() -> dict[str, Image]:
    """Real ones, and generated mammography with a detector's noise. Without segmentations, which are of 1 bit."""
    found = {name: Image(frame.pixels(), frame.bits_stored) for name, frame in REAL.items()}
    made = FRAMES["MG 3328x4096"]
    return {**found, "MG 14 bit, 3328x4096 (generated)": Image(made.pixels(), made.bits_stored)}


def _deflate(image: Image) -> bytes:
    compressor = zlib.compressobj(6, zlib.DEFLATED, -15)
    return compressor.compress(image.pixels.tobytes()) + compressor.flush()


def _rle(image: Image) -> bytes:
    from rle.utils import encode_frame

    rows, columns = image.pixels.shape[:2]
    samples, depth = (3 if image.is_color else 1), 8 * image.pixels.itemsize
    return bytes(encode_frame(image.pixels.tobytes(), rows, columns, samples, depth, "<"))


def _jpeg_lossless(image: Image) -> bytes:
    bits = image.bits if image.bits > 8 else None
    return bytes(imagecodecs.jpeg8_encode(image.unsigned, lossless=True, predictor=1, bitspersample=bits))


def _jpeg_ls(image: Image) -> bytes:
    return bytes(imagecodecs.jpegls_encode(image.unsigned, bitspersample=image.bits if image.bits > 8 else None))


def _jpeg_2000(image: Image) -> bytes:
    options = {"codecformat": "J2K", "reversible": True, "mct": image.is_color, "bitspersample": image.bits}
    return bytes(imagecodecs.jpeg2k_encode(image.pixels, resolutions=image.levels + 1, numthreads=1, **options))


def _jpeg_xl(image: Image) -> bytes:
    return bytes(imagecodecs.jpegxl_encode(image.unsigned, lossless=True))


def _htj2k(image: Image) -> bytes:
    return htj2k.encode(image.pixels, bits_stored=image.bits)


def _as_array(image: Image, data: bytes | bytearray) -> Pixels:
    return np.frombuffer(data, image.pixels.dtype).reshape(image.pixels.shape)


def _copy(image: Image, data: bytes) -> Call:
    return lambda: _as_array(image, data).copy()


def _inflate(module: str) -> Callable[[Image, bytes], Call]:
    from importlib import import_module

    def decoder(image: Image, data: bytes) -> Call:
        size = image.pixels.nbytes
        if module == "deflate":
            inflate = import_module(module).deflate_decompress
            return lambda: _as_array(image, inflate(data, size))
        decompress = import_module(module).decompress
        return lambda: _as_array(image, decompress(data, -15, size))

    return decoder


def _pylibjpeg_rle(image: Image, data: bytes) -> Call:
    from rle.utils import decode_frame

    rows, columns = image.pixels.shape[:2]
    return lambda: _from_planes(image, decode_frame(data, rows * columns, 8 * image.pixels.itemsize, "<"))


def _imagecodecs_rle(image: Image, data: bytes) -> Call:
    return lambda: _from_planes(image, imagecodecs.dicomrle_decode(data, image.pixels.dtype))


def _from_planes(image: Image, data: bytes | bytearray) -> Pixels:
    if not image.is_color:
        return _as_array(image, data)
    planes = np.frombuffer(data, image.pixels.dtype).reshape(3, *image.pixels.shape[:2])
    return np.ascontiguousarray(np.moveaxis(planes, 0, -1))


def _plain(function: Callable[..., Pixels], **options: Any) -> Callable[[Image, bytes], Call]:
    return lambda image, data: partial(function, data, **options)


def _pyjpegls(image: Image, data: bytes) -> Call:
    import jpeg_ls

    return partial(jpeg_ls.decode, np.frombuffer(data, np.uint8))


def _openjpeg(image: Image, data: bytes) -> Call:
    import openjpeg

    return partial(openjpeg.decode, data)


def _gdcm(syntax: str) -> Callable[[Image, bytes], Call]:
    def decoder(image: Image, data: bytes) -> Call:
        ds = dataset(image.pixels)
        ds.file_meta.TransferSyntaxUID = syntax
        ds.BitsStored, ds.HighBit = image.bits, image.bits - 1
        if syntax == uid.JPEG2000Lossless and image.is_color:
            ds.PhotometricInterpretation = "YBR_RCT"
        ds.PixelData = encapsulate([data])
        ds["PixelData"].VR = "OB"
        decode = get_decoder(syntax).as_array
        return lambda: decode(ds, decoding_plugin="gdcm", raw=True)[0]

    return decoder


@dataclass(frozen=True)
class Syntax:
    """How images get into a transfer syntax, and the decoders that bring them back."""

    uid: str
    encode: Callable[[Image], bytes]
    decoders: dict[str, Callable[[Image, bytes], Call]]


SYNTAXES = {
    "uncompressed": Syntax("1.2.840.10008.1.2.1", lambda image: image.pixels.tobytes(), {"memory copy": _copy}),
    "deflate": Syntax(
        "1.2.840.10008.1.2.1.99",
        _deflate,
        {
            "zlib": _inflate("zlib"),
            "zlib-ng": _inflate("zlib_ng.zlib_ng"),
            "isal": _inflate("isal.isal_zlib"),
            "libdeflate": _inflate("deflate"),
        },
    ),
    "RLE": Syntax(
        "1.2.840.10008.1.2.5",
        _rle,
        {"pylibjpeg-rle": _pylibjpeg_rle, "imagecodecs": _imagecodecs_rle},
    ),
    "JPEG Lossless": Syntax(
        "1.2.840.10008.1.2.4.70",
        _jpeg_lossless,
        {
            "libjpeg-turbo": _plain(imagecodecs.jpeg8_decode),
            "liblj92": _plain(imagecodecs.ljpeg_decode),
            "jpegsof3": _plain(imagecodecs.jpegsof3_decode),
            "GDCM": _gdcm(uid.JPEGLosslessSV1),
        },
    ),
    "JPEG-LS": Syntax(
        "1.2.840.10008.1.2.4.80",
        _jpeg_ls,
        {
            "CharLS (imagecodecs)": _plain(imagecodecs.jpegls_decode),
            "CharLS (pyjpegls)": _pyjpegls,
            "GDCM": _gdcm(uid.JPEGLSLossless),
        },
    ),
    "JPEG 2000": Syntax(
        "1.2.840.10008.1.2.4.90",
        _jpeg_2000,
        {
            "OpenJPEG (imagecodecs)": _plain(imagecodecs.jpeg2k_decode, numthreads=1),
            "OpenJPEG (pylibjpeg)": _openjpeg,
            "GDCM": _gdcm(uid.JPEG2000Lossless),
        },
    ),
    "JPEG XL": Syntax(
        "1.2.840.10008.1.2.4.110",
        _jpeg_xl,
        {"libjxl": _plain(imagecodecs.jpegxl_decode, numthreads=1)},
    ),
    "HTJ2K": Syntax(
        "1.2.840.10008.1.2.4.202",
        _htj2k,
        {"htj2k": _plain(htj2k.decode), "OpenJPH (imagecodecs)": _plain(imagecodecs.htj2k_decode)},
    ),
}


def calls(image: Image) -> tuple[dict[tuple[str, str], Call], dict[str, int], dict[str, str]]:
    """The decoders that bring the image back, sizes by syntax, and what the others did instead."""
    found: dict[tuple[str, str], Call] = {}
    sizes, reasons = {}, {}
    for name, syntax in SYNTAXES.items():
        try:
            data = syntax.encode(image)
        except Exception as error:
            reasons[name] = f"not encoded: {error or type(error).__name__}"
            continue
        sizes[name] = len(data)
        for library, make in syntax.decoders.items():
            try:
                call = make(image, data)
                pixels = np.asarray(call())
            except Exception as error:
                reasons[f"{name}, {library}"] = f"{error}" or type(error).__name__
                continue
            if pixels.tobytes() == image.pixels.tobytes():
                found[name, library] = call
            else:
                reasons[f"{name}, {library}"] = "wrong samples"
    assert ("HTJ2K", "htj2k") in found, reasons
    return found, sizes, reasons
