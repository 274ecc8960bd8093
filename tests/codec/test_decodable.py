"""What an engine cannot decode is refused by name, and what is too large before anything is allocated."""

from __future__ import annotations

import time

import pytest

import htj2k
from images import ct_like, noise
from streams import (
    CAP,
    COD,
    NLT,
    POC,
    PPM,
    PPT,
    QCC,
    QCD,
    RGN,
    SIZ,
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
RGBA = htj2k.encode(noise((24, 20, 4), "u1"), color_transform=True)
RGB = htj2k.encode(noise((24, 20, 3), "u1"))


def unsupported() -> dict[str, tuple[bytes, str]]:
    cod = segment(COD, b"\0\2\0\1\0\3\4\4\x40\1")
    qcd = segment(QCD, b"\x20" + b"\x48" * 10)
    sop = patch(RGB, COD, 4, 2)
    return {
        "layers": (patch(GREY, COD, 6, 2, 2), "2 quality layers"),
        "RGN": (insert(GREY, TLM, segment(RGN, b"\0\0\5")), "RGN"),
        "POC": (insert(GREY, TLM, segment(POC, b"\0\0\0\1\4\1\2")), "POC"),
        "PPM": (insert(GREY, TLM, segment(PPM, b"\0abcd")), "PPM"),
        "NLT 0": (insert(GREY, TLM, segment(NLT, b"\0\0\x8f\0")), "NLT"),
        "NLT 3": (insert(GREY, TLM, segment(NLT, b"\xff\xff\x8f\3")), "NLT"),
        "COD in a tile": (insert_in_tile(GREY, cod), "COD) in the header of tile 0"),
        "COC in a tile": (insert_in_tile(GREY, coc(0)), "COC) in the header of tile 0"),
        "QCD in a tile": (insert_in_tile(GREY, qcd), "QCD) in the header of tile 0"),
        "QCC in a tile": (insert_in_tile(GREY, segment(QCC, b"\0\x20" + b"\x48" * 10)), "QCC) in the header"),
        "RGN in a tile": (insert_in_tile(GREY, segment(RGN, b"\0\0\5")), "RGN) in the header of tile 0"),
        "POC in a tile": (insert_in_tile(GREY, segment(POC, b"\0\0\0\1\4\1\2")), "POC) in the header of tile 0"),
        "PPT in a tile": (insert_in_tile(GREY, segment(PPT, b"\0abcd")), "PPT) in the header of tile 0"),
        "NLT in a tile": (insert_in_tile(GREY, segment(NLT, b"\0\0\x8f\3")), "NLT) in the header of tile 0"),
        "mixed blocks": (patch(GREY, COD, 12, 0xC0), "mixture of HT and Part 1"),
        "bypass": (patch(GREY, COD, 12, 0x41), "code-block style 0x41"),
        "Part 1 blocks in one component": (insert(RGB, QCD, coc(1, 1, style=0)), "Part 1 code-blocks"),
        "HT sets": (patch(GREY, CAP, 8, 0x2000, 2), "more than one HT set"),
        "Part 2": (patch(GREY, SIZ, 4, 0xC000, 2), "Part 2"),
        "33 bits": (patch(GREY, SIZ, 40, 32), "bit depth of 33"),
        "transform and another size": (patch(RGBA, SIZ, 50, 2), "component transform beside components of other"),
        "derived steps": (insert(remove(GREY, QCD), TLM, segment(QCD, b"\x21\x48\0")), "derived quantisation"),
        "quantised 5/3": (
            insert(remove(GREY, QCD), TLM, segment(QCD, b"\x22" + b"\x48\0" * 10)),
            "reversible 5/3",
        ),
        "9/7 unquantised": (patch(GREY, COD, 13, 0), "9/7 transform without quantisation"),
        "exponent 0": (patch(GREY, QCD, 5, 0), "exponent of 0"),
        "31 bits of 9/7": (
            insert(remove(patch(GREY, COD, 13, 0), QCD), TLM, segment(QCD, b"\x22" + b"\xf8\0" * 10)),
            "31 magnitude bits",
        ),
        "SOP with COC": (insert(sop, QCD, coc(2, 1)), "SOP or EPH together with a COC"),
        "marker-like bytes": (insert(GREY, TLM, segment(0xFF6F, b"a\xff\x52b")), "holds bytes like a marker"),
        "far from the origin": (
            main_header(size=(0xFFFFFFFF,) * 2, origin=(0xFFFFFFF0,) * 2) + tile_part() + b"\xff\xd9",
            "2^31 - 2^16",
        ),
    }


# The native engine goes on, and finds some of these faulty: they say what they do not keep.
OPENJPH_ALONE = {
    *("layers", "RGN", "POC", "PPM", "derived steps", "SOP with COC", "marker-like bytes", "HT sets"),
    "transform and another size",
    *(f"{segment} in a tile" for segment in ("COD", "COC", "QCD", "QCC", "RGN", "POC", "PPT")),
}


def check_refused(data, text, **options):
    with pytest.raises(htj2k.UnsupportedError) as caught:
        htj2k.decode(data, **options)
    assert text in str(caught.value), str(caught.value)
    assert f"at byte {caught.value.offset}" in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("name", unsupported())
def test_what_cannot_be_decoded_is_refused_by_name(name):
    data, text = unsupported()[name]
    reason = check_refused(data, text, engine="openjph")
    if name not in OPENJPH_ALONE:
        assert check_refused(data, text, engine="native") == check_refused(data, text) == reason
        assert htj2k.read_info(data).undecodable == reason


@pytest.mark.parametrize("magnitude_bits", [30, 31])
@pytest.mark.parametrize("passes", [1, 2, 3])
def test_refinement_passes_above_30_bits(magnitude_bits, passes):
    """OpenJPH's 64-bit block decoder returns other pixels for them; up to 30 bits it decodes in 32."""
    count, refinement = {1: ("0", ""), 2: ("10", "0001"), 3: ("1100", "00001")}[passes]
    header = "11" + "0000001" + count + "10" + "1000" + refinement  # 6 missing planes, 8 bytes of cleanup, 1 more
    body = int(header.ljust(24, "0"), 2).to_bytes(3, "big")[: -(-len(header) // 8)]
    body += bytes.fromhex("c000f001a8ab3500") + (b"\0" if refinement else b"")
    steps = segment(QCD, bytes([0xE0, magnitude_bits - 6 << 3]))
    data = remove(main_header(size=(4, 4)), QCD) + steps + tile_part(body=body)
    if passes == 1 or magnitude_bits == 30:
        assert htj2k.decode(data + b"\xff\xd9").shape == (4, 4)
    else:
        with pytest.raises(htj2k.UnsupportedError, match="refinement passes in a component of more than 30") as e:
            htj2k.decode(data + b"\xff\xd9")
        assert e.value.offset is not None
        assert not htj2k.decode_partial(data + b"\xff\xd9").complete


BOMBS = {
    "60000 x 60000": main_header(size=(60000, 60000)),
    "2^31 x 2^31": main_header(size=(2**31 - 1, 2**31 - 1)),
    "2^32 x 2^32": main_header(size=(2**32 - 1, 2**32 - 1)),
    "components": main_header(size=(16000, 16000), components=16384),
    "tiles and components": main_header(size=(255, 257), tile_size=(1, 1), components=16384),
    "tiles and levels": main_header(size=(255, 257), tile_size=(1, 1), components=255, levels=32),
    "precincts of one sample": main_header(size=(16384, 16384)).replace(
        segment(COD, bytes.fromhex("00020001000004044001")), segment(COD, bytes.fromhex("0102000100000404400100"))
    ),
}


@pytest.mark.parametrize("header", BOMBS.values(), ids=BOMBS)
def test_bombs_are_refused_at_once(header):
    data = header + tile_part() + b"\xff\xd9"
    start = time.perf_counter()
    with pytest.raises(htj2k.LimitError):
        htj2k.decode(data)
    assert time.perf_counter() - start < 0.1


def test_limits_follow_the_caller():
    data = htj2k.encode(noise((40, 50), "u2"))
    assert htj2k.decode(data, max_pixels=2000).shape == (40, 50)
    with pytest.raises(htj2k.LimitError, match="50 x 40 pixels, more than max_pixels = 1999") as caught:
        htj2k.decode(data, max_pixels=1999)
    assert caught.value.offset == 8
    with pytest.raises(htj2k.LimitError):
        htj2k.read_info(data, max_pixels=1999)


def test_headers_without_any_limit_are_still_read_fast():
    data = BOMBS["tiles and components"] + tile_part() + b"\xff\xd9"
    start = time.perf_counter()
    with pytest.raises(htj2k.LimitError, match="65535 tiles of 16384 components"):
        htj2k.read_info(data, max_pixels=None)
    assert time.perf_counter() - start < 0.1


def test_many_small_tiles_are_refused_without_any_limit_too():
    """Each tile is 15 bytes of data and declares 64 components of 33 resolutions, most of them empty."""
    header = main_header(size=(255, 257), tile_size=(1, 1), components=64, levels=32)
    data = header + b"".join(tile_part(tile) for tile in range(2000)) + b"\xff\xd9"
    message = "packets and resolutions, which the 30362 bytes of data cannot hold"
    assert message in htj2k.read_info(data).undecodable
    with pytest.raises(htj2k.LimitError, match=message):
        htj2k.extract_resolution(data, reduce=1)


def test_a_count_of_packets_that_wraps_is_refused():
    """2^30 x 2^30 precincts of one sample in each of 16 components are 2^64."""
    header = main_header(size=(2**30, 2**30), components=16)
    plain, small = bytes.fromhex("00020001000004044001"), bytes.fromhex("0102000100000404400100")
    data = header.replace(segment(COD, plain), segment(COD, small)) + tile_part() + b"\xff\xd9"
    assert "declare" in htj2k.read_info(data).undecodable
