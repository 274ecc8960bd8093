"""JPH files that `encode` writes: box by box, by jpylyzer's judgement, and read by OpenJPEG."""

from __future__ import annotations

import struct
from pathlib import Path

import imagecodecs
import numpy as np
import openjpeg
import pytest
from jpylyzer import jpylyzer

import htj2k
from images import ct_like, noise

COLOR = noise((40, 24, 3), "u1")
# EnumCS that the file declares (T.800 table I.10); None: the colour is unknown.
GREYSCALE, SRGB = 17, 16


def boxes(data: bytes) -> list[tuple[bytes, bytes]]:
    """(type, content) of neighbouring boxes; every byte belongs to one."""
    found, at = [], 0
    while at < len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        assert length >= 8
        found.append((kind, data[at + 8 : at + length]))
        at += length
    assert at == len(data)
    return found


def complaints(data: bytes, folder: Path) -> list[str]:
    """What jpylyzer reports against a JPH file: the names of the tests that failed, and its warnings."""
    path = folder / "image.jph"
    path.write_bytes(data)
    report = jpylyzer.checkOneFile(str(path), "jph")
    failed = [element.tag for element in report.find("tests").iter() if (element.text or "").strip()]
    warned = [element.text for element in report.find("warnings").iter() if (element.text or "").strip()]
    assert (report.findtext("isValid") == "True") == (not failed)
    return failed + warned


@pytest.mark.parametrize(
    ("shape", "dtype", "bits", "bpc", "enumerated"),
    [
        ((20, 24), "u1", 8, 0x07, GREYSCALE),
        ((20, 24), "u2", 12, 0x0B, GREYSCALE),
        ((20, 24), "i2", 16, 0x8F, GREYSCALE),
        ((1, 1), "u4", 32, 0x1F, GREYSCALE),
        ((20, 24, 3), "u1", 8, 0x07, SRGB),
        ((3, 7, 3), "u2", 16, 0x0F, SRGB),
        ((20, 24, 2), "u1", 8, 0x07, None),
        ((20, 24, 4), "u1", 8, 0x07, None),
        ((2, 3, 300), "i1", 8, 0x87, None),
    ],
)
def test_every_box(shape, dtype, bits, bpc, enumerated):
    pixels = noise(shape, dtype, bits=bits)
    data = htj2k.encode(pixels, bits_stored=bits, container="jph")
    signature, file_type, header, codestream = boxes(data)
    assert signature == (b"jP  ", b"\r\n\x87\n")
    assert file_type == (b"ftyp", b"jph " + bytes(4) + b"jph ")
    components = shape[2] if len(shape) == 3 else 1
    unknown = int(enumerated is None)
    expected = [(b"ihdr", struct.pack(">IIHBBBB", *shape[:2], components, bpc, 7, unknown, 0))]
    if enumerated is not None:
        expected.append((b"colr", struct.pack(">BBBI", 1, 0, 0, enumerated)))
    assert header[0] == b"jp2h"
    assert boxes(header[1]) == expected
    assert codestream == (b"jp2c", htj2k.encode(pixels, bits_stored=bits))


OPTIONS = [
    {},
    {"reversible": False},
    {"qfactor": 80},
    {"color_transform": False},
    {"tile_size": (16, 16)},
    {"precinct_sizes": [(16, 16), (32, 32)], "num_decompositions": 2},
    {"comment": ["\u20ac", b"\0\1"]},
    {"tile_parts": "", "tlm": False},
    {"progression_order": "CPRL", "tile_parts": "C"},
    {"num_decompositions": 32},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_jpylyzer_finds_every_encoding_valid(options, tmp_path):
    assert complaints(htj2k.encode(COLOR, container="jph", **options), tmp_path) == []


@pytest.mark.parametrize("dtype", ["bool", "u1", "i1", "u2", "i2", "u4", "i4"])
@pytest.mark.parametrize("components", [1, 2, 3, 4, 5, 257])
def test_jpylyzer_finds_every_sample_type_valid(components, dtype, tmp_path):
    bits = 1 if dtype == "bool" else 8 * np.dtype(dtype).itemsize
    pixels = noise((5, 6, components), "u1" if dtype == "bool" else dtype, bits=bits).astype(dtype)
    assert complaints(htj2k.encode(pixels, container="jph"), tmp_path) == []


def test_jpylyzer_sees_a_wrong_brand_and_a_missing_color(tmp_path):
    """The judge can condemn."""
    data = htj2k.encode(COLOR, container="jph")
    assert complaints(data.replace(b"jph ", b"jp2 "), tmp_path) == ["brandIsValid", "compatibilityListIsValid"]
    assert complaints(data.replace(b"colr", b"free"), tmp_path)[0] == "containsColourSpecificationBox"


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2"])
@pytest.mark.parametrize("components", [1, 2, 3, 4, 5, 7, 256, 257])
def test_openjpeg_reads_the_file(components, dtype):
    pixels = noise((20, 24, components), dtype)
    data = htj2k.encode(pixels, container="jph")
    for decode in (imagecodecs.jpeg2k_decode, openjpeg.decode):
        assert np.array_equal(np.asarray(decode(data)).reshape(pixels.shape), pixels)


def test_our_own_reader():
    pixels = ct_like((100, 90))
    data = htj2k.encode(pixels, container="jph", verify=True)
    info = htj2k.read_info(data)
    assert (info.container, info.codestream) == ("jph", (85, len(data)))
    assert np.array_equal(htj2k.decode(data), pixels)
    assert np.array_equal(htj2k.decode(data, reduce=1), htj2k.decode(htj2k.encode(pixels), reduce=1))
    assert htj2k.verify(data, htj2k.pixel_checksums(pixels)).ok
    assert htj2k.encode_with_checksums(pixels, container="jph").codestream == data
    assert "JPH" in info.check_htj2k_lossless()[0]  # DICOM holds the bare codestream


def test_lossless_check_with_zero_decompositions():
    pixels = np.full((8, 8), 7, np.uint8)
    assert np.array_equal(htj2k.decode(htj2k.encode(pixels, container="jph", num_decompositions=0)), pixels)
