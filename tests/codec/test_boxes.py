"""JP2 and JPH files around a codestream, whole, malformed and cut; bytes behind a codestream."""

from __future__ import annotations

import struct

import pytest

import htj2k
import streams
from images import ct_like, noise
from streams import EOC, SOD, SOT, main_header, patch, tile_part

GREY = htj2k.encode(ct_like((96, 80)), num_decompositions=3)
TINY = main_header() + tile_part() + b"\xff\xd9"

BOX = streams.wrap_in_boxes(GREY)
JP2C = BOX.index(b"jp2c") - 4


def replaced(data: bytes, at: int, new: bytes) -> bytes:
    return data[:at] + new + data[at + len(new) :]


def test_forms_of_the_codestream_box():
    extended = struct.pack(">I4sQ", 1, b"jp2c", 16 + len(GREY)) + GREY
    unknown = streams.box(b"uuid", bytes(30)) + streams.box(b"free")
    prefix = BOX[:JP2C]
    expected = htj2k.decode(GREY)
    for tail in (
        extended,
        extended + streams.box(b"xml "),
        unknown + extended,
        streams.box(b"jp2c", GREY, 0),
        streams.box(b"jp2c", GREY) + streams.box(b"jp2c", TINY),
        struct.pack(">I4sQ", 1, b"free", 16) + streams.box(b"jp2c", GREY, 0),
    ):
        info = htj2k.read_info(prefix + tail)
        start = (prefix + tail).index(GREY)
        assert info.codestream[0] == info.main_header[0] == start
        assert info.container == "jph"
        assert (htj2k.decode(prefix + tail) == expected).all()
    assert htj2k.read_info(streams.wrap_in_boxes(GREY, brand=b"jp2 ")).container == "jp2"


BOX_FAULTS = {
    "length 7": (replaced(BOX, JP2C, struct.pack(">I", 7)), "box 'jp2c' at byte", JP2C),
    "extended length 15": (BOX[:JP2C] + struct.pack(">I4sQ", 1, b"jp2c", 15) + GREY, "XLBox) is 15", JP2C),
    "extended length that wraps": (BOX[:JP2C] + struct.pack(">I4sQ", 1, b"jp2c", 2**64 - 1) + GREY, "XLBox", JP2C),
    "no ftyp": (BOX[:12] + BOX[32:], "'ftyp' must follow", 12),
    "short ftyp": (BOX[:12] + streams.box(b"ftyp", b"jph ") + BOX[32:], "shorter than a brand", 12),
    "other content": (BOX[:JP2C] + streams.box(b"jp2c", b"\x89PNG\r\n\x1a\n"), "it is a PNG file", JP2C),
    "box beyond its parent": (
        replaced(BOX, 40, struct.pack(">I", 4000)),
        "reaches beyond the box 'jp2h'|is cut",
        40,
    ),
}


@pytest.mark.parametrize(("data", "text", "offset"), BOX_FAULTS.values(), ids=BOX_FAULTS)
def test_box_faults(data, text, offset):
    with pytest.raises(htj2k.CodestreamError) as caught:
        htj2k.decode(data)
    assert any(part in str(caught.value) for part in text.split("|")), str(caught.value)
    assert caught.value.offset == offset


def test_cut_boxes_are_truncated():
    for stop in range(1, JP2C + 12):
        with pytest.raises(htj2k.TruncatedError) as caught:
            htj2k.read_info(BOX[:stop])
        assert caught.value.bytes_present == stop
        assert caught.value.bytes_needed is None or caught.value.bytes_needed > stop


def test_a_box_that_ends_inside_the_codestream():
    data = replaced(BOX, JP2C, struct.pack(">I", len(GREY)))
    with pytest.raises(htj2k.TruncatedError, match="the box") as caught:
        htj2k.decode(data)
    assert caught.value.bytes_needed is None  # more bytes of the file would not help


@pytest.mark.parametrize("pad", [b"\0", b"\xff", bytes(64), b"\xff\xd9" * 5, b"junk" * 1000])
@pytest.mark.parametrize("psot", ["given", "open"])
def test_bytes_after_eoc_are_ignored(pad, psot):
    stream = htj2k.encode(noise((24, 20), "u1"), tile_parts=None, tlm=False)
    stream = stream if psot == "given" else patch(stream, SOT, 6, 0, 4)
    assert (htj2k.decode(stream + pad) == htj2k.decode(stream)).all()
    assert htj2k.read_info(stream + pad).resolutions[-1].byte_range[1] == len(stream)


def test_end_of_codestream_is_required():
    for stream in (GREY, patch(htj2k.encode(ct_like((20, 20)), tile_parts=None, tlm=False), SOT, 6, 0, 4)):
        with pytest.raises(htj2k.TruncatedError):
            htj2k.decode(stream[:-2])
    assert int.from_bytes(GREY[-2:], "big") == EOC
    assert SOD not in [s[0] for s in streams.segments(GREY)]
