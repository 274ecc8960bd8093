"""What is not HTJ2K is named, so that its reader knows which decoder would have been right."""

from __future__ import annotations

import gzip
import io
import json
import zipfile

import imagecodecs
import numpy as np
import pytest

import htj2k
import streams
from images import noise

GREY = noise((16, 20), "u1")


def zip_bytes() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("frame", b"x")
    return out.getvalue()


FOREIGN = {
    "empty": (b"", "empty"),
    "JPEG": (imagecodecs.jpeg8_encode(GREY), "JPEG (T.81, baseline"),
    "lossless JPEG": (imagecodecs.ljpeg_encode(GREY), "lossless JPEG"),
    "JPEG-LS": (imagecodecs.jpegls_encode(GREY), "JPEG-LS"),
    "JPEG XL": (imagecodecs.jpegxl_encode(GREY, usecontainer=False), "JPEG XL"),
    "JPEG XL file": (b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(20), "JPEG XL (file)"),
    "PNG": (imagecodecs.png_encode(GREY), "PNG"),
    "GIF": (b"GIF89a" + bytes(20), "GIF"),
    "TIFF": (b"II*\0" + bytes(20), "TIFF"),
    "TIFF big endian": (b"MM\0*" + bytes(20), "TIFF"),
    "DICOM": (bytes(128) + b"DICM" + bytes(20), "DICOM"),
    "gzip": (gzip.compress(b"x"), "gzip"),
    "zip": (zip_bytes(), "zip"),
    "JSON": (json.dumps({"message": "throttled"}).encode(), "JSON"),
    "HTML": (b"<!DOCTYPE html><title>403</title>", "HTML"),
    "XML": (b'\xef\xbb\xbf <?xml version="1.0"?>', "XML"),
    "zeros": (bytes(100), "all zeros"),
    "pixels": (GREY.tobytes(), "unknown bytes that start with"),
    "Part 1": (imagecodecs.jpeg2k_encode(GREY, codecformat="j2k"), "JPEG 2000 Part 1, not HTJ2K"),
    "Part 1 in JP2": (imagecodecs.jpeg2k_encode(GREY, codecformat="jp2"), "JPEG 2000 Part 1, not HTJ2K"),
    "JP2 without codestream": (
        streams.box(b"jP  ", b"\r\n\x87\n")
        + streams.box(b"ftyp", b"jp2 " + bytes(8))
        + streams.box(b"xml ", b"", 0),
        "without a codestream",
    ),
    "damaged signature": (b"\0\0\0\x0cjP  \r\n\x87\n"[4:].rjust(12, b"\1"), "damaged signature"),
    "SOC alone": (b"\xff\x4f\xff\x64\0\2", "without SIZ"),
}


@pytest.mark.parametrize(("data", "name"), FOREIGN.values(), ids=FOREIGN)
@pytest.mark.parametrize("call", [htj2k.read_info, htj2k.decode])
def test_foreign_bytes_are_named(call, data, name):
    with pytest.raises(htj2k.NotHTJ2KError) as caught:
        call(data)
    assert name in str(caught.value)
    assert isinstance(caught.value.offset, int)
    assert not htj2k.is_htj2k(data)


def test_part_1_points_at_a_decoder():
    with pytest.raises(htj2k.NotHTJ2KError, match="OpenJPEG"):
        htj2k.decode(imagecodecs.jpeg2k_encode(GREY, codecformat="j2k"))


def test_part_1_by_its_blocks_alone():
    codestream = streams.patch(htj2k.encode(GREY), streams.COD, 12, 0x00)
    with pytest.raises(htj2k.NotHTJ2KError, match="code-block style is 0x00"):
        htj2k.decode(codestream)
    with pytest.raises(htj2k.NotHTJ2KError, match="Rsiz is 0x0000"):
        htj2k.decode(streams.patch(htj2k.encode(GREY), streams.SIZ, 4, 0, 2))


@pytest.mark.parametrize("container", ["j2c", "jph"])
def test_is_htj2k(container):
    data = htj2k.encode(GREY)
    data = data if container == "j2c" else streams.wrap_in_boxes(data)
    assert htj2k.is_htj2k(data)
    assert htj2k.is_htj2k(np.frombuffer(data, np.uint8))
    assert not htj2k.is_htj2k(data[:40])


@pytest.mark.parametrize("data", [None, 1, "text", [1, 2], np.zeros((4, 4))[:, ::2], object()])
def test_is_htj2k_never_raises(data):
    assert htj2k.is_htj2k(data) is False
