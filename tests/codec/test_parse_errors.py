"""Headers that break the standard: refused before anything is decoded, by marker, field, value and byte."""

from __future__ import annotations

import struct
import time

import pytest

import htj2k
import streams
from images import ct_like, noise
from streams import (
    CAP,
    COC,
    COD,
    COM,
    CRG,
    NLT,
    PLT,
    POC,
    PPM,
    PPT,
    QCC,
    QCD,
    RGN,
    SIZ,
    SOT,
    TLM,
    coc,
    insert,
    insert_in_tile,
    main_header,
    patch,
    remove,
    segment,
    tile_part,
)

GREY = htj2k.encode(ct_like((96, 80)), num_decompositions=3)
PRECINCTS = htj2k.encode(ct_like((96, 80)), num_decompositions=1, precinct_sizes=[(16, 16), (32, 32)])
RGB = htj2k.encode(noise((24, 20, 3), "u1"))


# What is wrong, and what the message must say.
SIZ_FAULTS = {
    "no columns": (patch(GREY, SIZ, 6, 0, 4), "XOsiz is 0 and Xsiz is 0"),
    "no rows": (patch(GREY, SIZ, 10, 0, 4), "YOsiz is 0 and Ysiz is 0"),
    "offset at extent": (patch(GREY, SIZ, 14, 80, 4), "XOsiz is 80 and Xsiz is 80"),
    "offset beyond extent": (patch(GREY, SIZ, 18, 97, 4), "YOsiz is 97"),
    "tile without columns": (patch(GREY, SIZ, 22, 0, 4), "XTsiz is 0"),
    "tile without rows": (patch(GREY, SIZ, 26, 0, 4), "YTsiz is 0"),
    "tile grid after image": (patch(GREY, SIZ, 30, 1, 4), "XTOsiz is 1, beyond XOsiz"),
    "first tile before image": (
        main_header(size=(40, 40), origin=(20, 20), tile_size=(20, 20)),
        "first tile ends at X",
    ),
    "too many tiles": (main_header(size=(1024, 1024), tile_size=(2, 2)), "512 x 512 tiles"),
    "no components": (patch(GREY, SIZ, 38, 0, 2), "Csiz is 0"),
    "more components than bytes": (patch(GREY, SIZ, 38, 2, 2), "Csiz is 2"),
    "too many components": (patch(GREY, SIZ, 38, 16385, 2), "Csiz is 16385"),
    "39 bits": (patch(GREY, SIZ, 40, 38), "bit depth (Ssiz) is 39"),
    "39 signed bits": (
        patch(GREY, SIZ, 40, 0x80 | 38),
        "bit depth (Ssiz) is 39; expected 1 to 38 bits (the samples are s",
    ),
    "subsampling 0": (patch(GREY, SIZ, 41, 0), "XRsiz is 0"),
    "vertical subsampling 0": (patch(GREY, SIZ, 42, 0), "YRsiz is 0"),
    "empty component": (
        patch(main_header(size=(9, 9), origin=(5, 5)), SIZ, 41, 100),
        "component 0 has no samples",
    ),
    "second SIZ": (insert(GREY, COD, segment(SIZ, GREY[6:43])), "only one is allowed"),
    "not first": (b"\xff\x4f" + segment(COM, b"\0\1x") + GREY[2:], "SIZ must follow SOC|without SIZ"),
}
COD_FAULTS = {
    "missing": (remove(GREY, COD), "no COD segment"),
    "twice": (insert(GREY, QCD, segment(COD, b"\0\2\0\1\0\3\4\4\x40\1")), "only one is allowed"),
    "reserved style": (patch(GREY, COD, 4, 0x10), "coding style (Scod) is 16"),
    "progression 5": (patch(GREY, COD, 5, 5), "progression order is 5"),
    "progression 255": (patch(GREY, COD, 5, 255), "progression order is 255"),
    "no layers": (patch(GREY, COD, 6, 0, 2), "number of layers is 0"),
    "transform 2": (patch(GREY, COD, 8, 2), "multiple component transformation is 2"),
    "transform of one component": (patch(GREY, COD, 8, 1), "only 1 components"),
    "33 levels": (patch(GREY, COD, 9, 33), "decomposition levels is 33"),
    "255 levels": (patch(GREY, COD, 9, 255), "decomposition levels is 255"),
    "wide blocks": (patch(GREY, COD, 10, 9), "width exponent (xcb - 2) is 9"),
    "high blocks": (patch(GREY, COD, 11, 255), "height exponent (ycb - 2) is 255"),
    "large blocks": (patch(patch(GREY, COD, 10, 5), COD, 11, 4), "more than 4096 samples"),
    "reserved block style": (patch(GREY, COD, 12, 0x80), "code-block style is 128"),
    "kernel without ATK": (patch(GREY, COD, 13, 2), "transformation is 2"),
    "too short": (patch(GREY, COD, 2, 8, 2), "too short for the field"),
    "precincts without sizes": (patch(GREY, COD, 4, 1), "too short for the field precinct size"),
    "precinct exponent 0": (patch(PRECINCTS, COD, 15, 0x05), "exponent 0 is allowed at resolution 0 only"),
    "more levels than steps": (
        patch(GREY, COD, 9, 4),
        "10 step sizes; 4 decomposition levels of component 0 need 13",
    ),
    "COC of no component": (insert(GREY, QCD, coc(1)), "component index (Ccoc) is 1"),
    "COC twice": (insert(GREY, QCD, coc(0) * 2), "a second one for component 0"),
    "COC style": (insert(GREY, QCD, segment(COC, b"\0\2\3\4\4\x40\1")), "coding style (Scoc) is 2"),
    "COC levels": (insert(GREY, QCD, coc(0, 4)), "10 step sizes"),
    "transform over 5/3 and 9/7": (insert(RGB, QCD, coc(1, 1, wavelet=0)), "different wavelet transformations"),
    "transform over 8 and 9 bits": (patch(RGB, SIZ, 43, 8), "have 8 and 9 bits"),
    "transform over two sizes": (patch(RGB, SIZ, 44, 2), "subsampled differently"),
}
OTHER_FAULTS = {
    "CAP missing": (remove(GREY, CAP), "no CAP segment"),
    "CAP of another Part": (patch(GREY, CAP, 4, 0x10000, 4), "no CAP segment announces Part 15"),
    "CAP twice": (insert(GREY, COD, segment(CAP, b"\0\2\0\0\0\2")), "only one is allowed"),
    "CAP too long": (patch(GREY, CAP, 4, 0, 4), "more than its fields need"),
    "QCD missing": (remove(GREY, QCD), "no QCD segment"),
    "QCD twice": (insert(GREY, QCD, segment(QCD, b"\x20" + b"\x48" * 10)), "only one is allowed"),
    "QCD style": (patch(GREY, QCD, 4, 0x23), "quantization style is 3"),
    "QCD empty": (patch(GREY, QCD, 2, 3, 2), "holds no step size"),
    "QCD without style": (patch(GREY, QCD, 2, 2, 2), "too short"),
    "QCD too few": (patch(GREY, QCD, 2, 4, 2), "1 step sizes|expected a marker"),
    "QCD one too few": (
        insert(remove(GREY, QCD), TLM, segment(QCD, b"\x20" + b"\x48" * 9)),
        "it holds 9 step sizes",
    ),
    "QCD too many": (insert(remove(GREY, QCD), TLM, segment(QCD, b"\x20" + bytes(98))), "98 step sizes"),
    "QCD half a step": (insert(remove(GREY, QCD), TLM, segment(QCD, b"\x22" + bytes(21))), "half a step size"),
    "QCC of no component": (
        insert(GREY, TLM, segment(QCC, b"\1\x20" + b"\x48" * 10)),
        "component index (Cqcc) is 1",
    ),
    "QCC twice": (insert(GREY, TLM, segment(QCC, b"\0\x20" + b"\x48" * 10) * 2), "a second one for component 0"),
    "RGN of no component": (insert(GREY, TLM, segment(RGN, b"\3\0\1")), "component index (Crgn) is 3"),
    "RGN style": (insert(GREY, TLM, segment(RGN, b"\0\1\1")), "ROI style (Srgn) is 1"),
    "POC empty": (insert(GREY, TLM, segment(POC)), "no progression order change"),
    "POC order": (insert(GREY, TLM, segment(POC, b"\0\0\0\1\4\1\5")), "progression order (Ppoc) is 5"),
    "POC resolutions": (insert(GREY, TLM, segment(POC, b"\2\0\0\1\2\1\2")), "REpoc is 2"),
    "POC cut": (insert(GREY, TLM, segment(POC, b"\0\0\0\1\4")), "too short for the field CEpoc"),
    "two NLT": (
        insert(GREY, TLM, segment(NLT, b"\0\0\x0f\3") + segment(NLT, b"\0\0\x0f\0")),
        "a second one for component 0",
    ),
    "NLT of type 3 with parameters": (insert(GREY, TLM, segment(NLT, b"\0\0\x0f\3ab")), "but 2 bytes follow"),
    "NLT of no component": (insert(GREY, TLM, segment(NLT, b"\0\1\x0f\3")), "component index (Cnlt) is 1"),
    "CRG": (insert(GREY, TLM, segment(CRG, bytes(3))), "1 components need 4 each"),
    "COM without registration": (insert(GREY, TLM, segment(COM)), "too short for the field registration"),
    "length 0": (insert(GREY, TLM, segment(0xFF6F, length=0)), "its length is 0"),
    "length 1": (insert(GREY, TLM, segment(COM, length=1)), "its length is 1"),
    "TLM sizes": (patch(GREY, TLM, 5, 0x70), "Stlm) is 112"),
    "TLM half an entry": (insert(GREY, TLM, segment(TLM, b"\0\x50\0")), "half an entry"),
    "no marker": (insert(GREY, TLM, b"\x12\x34\0\2"), "expected a marker in the main header, found 0x1234"),
    "SOD": (insert(GREY, TLM, b"\xff\x93"), "SOD does not belong into the main header"),
    "EOC": (insert(GREY, TLM, b"\xff\xd9"), "EOC does not belong into the main header"),
    "PPT": (insert(GREY, TLM, segment(PPT, b"\0")), "PPT does not belong into the main header"),
}
TILE_FAULTS = {
    "SOT length": (patch(GREY, SOT, 2, 11, 2), "its length is not 10"),
    "tile beyond the grid": (patch(GREY, SOT, 4, 1, 2), "tile index (Isot) is 1"),
    "tile 65535": (patch(GREY, SOT, 4, 65535, 2), "tile index (Isot) is 65535"),
    "Psot 13": (patch(GREY, SOT, 6, 13, 4), "length (Psot) is 13"),
    "Psot inside its header": (
        main_header()
        + segment(SOT, struct.pack(">HIBB", 0, 14, 0, 1))
        + segment(COM, b"\0\1ab")
        + b"\xff\x93\0\xff\xd9",
        "inside its own header",
    ),
    "tile-part 1 first": (patch(GREY, SOT, 10, 1), "TPsot) is 1; the next tile-part of tile 0 is 0"),
    "tile-part beyond its count": (
        main_header() + tile_part(parts=1) + tile_part(index=1, parts=1),
        "TNsot) is 1",
    ),
    "counts that differ": (main_header() + tile_part(parts=2) + tile_part(index=1, parts=3), "TNsot) is 3"),
    "Psot 0 not last": (
        main_header() + tile_part(parts=2, psot=0) + tile_part(index=1, parts=2),
        "Psot is 0, which",
    ),
    "SIZ in a tile": (
        insert_in_tile(GREY, segment(SIZ, bytes(39))),
        "SIZ does not belong into a tile-part header",
    ),
    "PPM in a tile": (insert_in_tile(GREY, segment(PPM, b"\0")), "PPM does not belong into a tile-part header"),
    "no marker in a tile": (insert_in_tile(GREY, b"\x12\x34\0\2"), "found 0x1234"),
    "COD in a later tile-part": (insert_in_tile(GREY, segment(COD, bytes(10)), part=1), "first tile-part"),
    "COD twice in a tile": (
        insert_in_tile(GREY, segment(COD, b"\0\2\0\1\0\3\4\4\x40\1") * 2),
        "only one is allowed",
    ),
    "NLT twice in a tile": (insert_in_tile(GREY, segment(NLT, b"\0\0\x0f\3") * 2), "a second one for component 0"),
    "length 1 in a tile": (insert_in_tile(GREY, segment(PLT, b"\0", length=1)), "its length is 1"),
    "junk between tile-parts": (
        main_header() + tile_part(parts=2) + b"\0\0" + tile_part(index=1),
        "expected SOT or EOC",
    ),
}
TLM_FAULTS = {
    "length": (patch(GREY, TLM, 10, 1), "TLM at byte"),
    "tile": (patch(GREY, TLM, 6, 1, 2), "TLM at byte"),
    "index": (patch(GREY, TLM, 4, 1), "indices (Ztlm)"),
    "too many": (
        main_header(more=segment(TLM, b"\0\x40" + struct.pack(">II", 15, 15))) + tile_part() + b"\xff\xd9",
        "lists 2",
    ),
}


def expect(data, text, *, call=htj2k.decode):
    with pytest.raises(htj2k.CodestreamError) as caught:
        call(data)
    assert type(caught.value) in (htj2k.CodestreamError, htj2k.NotHTJ2KError)
    assert any(part in str(caught.value) for part in text.split("|")), str(caught.value)
    assert 0 <= caught.value.offset < len(data)
    return caught.value


MAIN_FAULTS = {
    f"{name}: {fault}": case
    for name, faults in {"SIZ": SIZ_FAULTS, "COD": COD_FAULTS, "other": OTHER_FAULTS}.items()
    for fault, case in faults.items()
}


@pytest.mark.parametrize(("data", "text"), MAIN_FAULTS.values(), ids=MAIN_FAULTS)
def test_main_header_faults(data, text):
    data += bytes(4)
    plain = expect(data, text)
    expect(data, text, call=htj2k.read_info)
    if data[2:4] == b"\xff\x51":  # the same inside a file, where offsets are the file's
        boxed = streams.wrap_in_boxes(data)
        assert expect(boxed, text).offset - plain.offset == boxed.index(data)


@pytest.mark.parametrize(("data", "text"), TILE_FAULTS.values(), ids=TILE_FAULTS)
def test_tile_part_faults(data, text):
    expect(data, text)
    assert text.split("|")[0] in (htj2k.read_info(data).incomplete or ""), "read_info reports it instead"


@pytest.mark.parametrize(("data", "text"), TLM_FAULTS.values(), ids=TLM_FAULTS)
def test_tlm_that_is_not_true(data, text):
    expect(data, text)


def test_offsets_point_at_the_field():
    where = GREY.index(b"\xff\x52") + 5
    assert expect(patch(GREY, COD, 5, 9), "progression order is 9").offset == where
    assert f"COD at byte {where - 5}" in str(expect(patch(GREY, COD, 5, 9), "COD"))


@pytest.mark.parametrize("code", [COD, QCD, COM])
def test_every_length_of_a_segment(code):
    """A length that lies never crashes, hangs, or changes pixels; COM may swallow the segment behind it."""
    data = insert(GREY, TLM, segment(COM, b"\0\1text"))
    expected, errors = htj2k.decode(data), 0
    for length in [*range(60), 4000, 65535]:
        start = time.perf_counter()
        try:
            assert (htj2k.decode(patch(data, code, 2, length, 2)) == expected).all()
        except htj2k.HTJ2KError:
            errors += 1
        assert time.perf_counter() - start < 1
    assert errors >= 58


HARMLESS = {
    "unknown segment": segment(0xFF6F, b"abcd"),
    "two comments": segment(COM, b"\0\1one") + segment(COM, b"\0\0\xff\x90two"),
    "empty comment": segment(COM, b"\0\1"),
    "component registration": segment(CRG, bytes(4)),
    "marker without a segment": b"\xff\x30",
    "PRF and CPF": segment(0xFF56, b"\0\1") + segment(0xFF59, b"\0\3"),
}


@pytest.mark.parametrize("extra", HARMLESS.values(), ids=HARMLESS)
def test_harmless_segments(extra):
    expected = htj2k.decode(GREY)
    assert (htj2k.decode(insert(GREY, COD, extra)) == expected).all()
    assert (htj2k.decode(insert(GREY, TLM, extra)) == expected).all()
