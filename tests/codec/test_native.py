"""What the native engine decodes and OpenJPH does not, made from streams whose pixels are known."""

from __future__ import annotations

import csv
import re
import struct

import numpy as np
import pytest

import htj2k
from images import ct_like, noise
from streams import (
    COD,
    POC,
    PPM,
    PPT,
    QCD,
    RGN,
    SOT,
    body_of,
    find,
    insert,
    insert_in_tile,
    lower_exponents,
    patch,
    remove,
    segment,
    segments,
    tile_part,
    with_body,
)

PIXELS = noise((70, 90), "u2", bits=12)
ONE_PART = {"tile_parts": None, "progression_order": "LRCP", "num_decompositions": 2, "tlm": False}
STREAM = htj2k.encode(PIXELS, bits_stored=12, **ONE_PART)
NUM_PACKETS = 3


def check_native_only(codestream: bytes, pixels: np.ndarray) -> None:
    with pytest.raises(htj2k.HTJ2KError):
        htj2k.decode(codestream, engine="openjph")
    for threads in (1, 3):
        assert np.array_equal(htj2k.decode(codestream, threads=threads), pixels)
    assert htj2k.read_info(codestream).undecodable is None


def segment_of(codestream: bytes, code: int) -> bytes:
    start = find(codestream, code)
    return codestream[start : start + 2 + struct.unpack_from(">H", codestream, start + 2)[0]]


@pytest.mark.parametrize("layers", [2, 3, 40])
def test_layers_that_add_nothing(layers):
    layered = with_body(patch(STREAM, COD, 6, layers, 2), body_of(STREAM) + bytes(NUM_PACKETS * (layers - 1)))
    check_native_only(layered, PIXELS)


def test_a_layer_before_the_first_bytes():
    """The inclusion tag trees, which still say "from layer 0 on", do not agree with an empty layer 0."""
    late = with_body(patch(STREAM, COD, 6, 2, 2), bytes(NUM_PACKETS) + body_of(STREAM))
    with pytest.raises(htj2k.CodestreamError, match="first included in layer 1, but its tag tree says layer 0"):
        htj2k.decode(late)


def test_a_layer_that_is_missing_is_not_let_pass():
    cut = with_body(patch(STREAM, COD, 6, 2, 2), body_of(STREAM) + bytes(NUM_PACKETS - 1))
    with pytest.raises(htj2k.TruncatedError):
        htj2k.decode(cut)


def change(resolutions: tuple[int, int], order: int, layers: int = 1) -> bytes:
    return struct.pack(">BBHBBB", resolutions[0], 0, layers, resolutions[1], 255, order)


def test_progression_changes():
    check_native_only(insert(STREAM, QCD, segment(POC, change((0, 2), 4) + change((0, 33), 2))), PIXELS)
    in_tile = insert_in_tile(STREAM, segment(POC, change((0, 1), 0) + change((1, 3), 1)))
    check_native_only(in_tile, PIXELS)


def test_progression_changes_that_leave_packets_out():
    with pytest.raises(htj2k.CodestreamError, match="leave out 1 packets of tile 0"):
        htj2k.decode(insert(STREAM, QCD, segment(POC, change((0, 2), 4))))


def test_packets_of_a_resolution_before_those_below_it():
    """The highest resolution's packet comes first, as POC has it."""
    body = body_of(STREAM)
    stops = [r.byte_range[1] for r in htj2k.read_info(STREAM).resolutions if r.byte_range]
    start = STREAM.index(body)
    last = body[stops[-2] - start :]
    moved = with_body(STREAM, last + body[: len(body) - len(last)])
    check_native_only(insert(moved, QCD, segment(POC, change((2, 3), 0) + change((0, 2), 0))), PIXELS)


GREY = np.full((40, 50), 128, np.uint8)  # without any coded block: each packet is one byte of header
GREY_STREAM = htj2k.encode(GREY, **ONE_PART)


def test_packed_headers():
    assert body_of(GREY_STREAM) == bytes(NUM_PACKETS)
    bare = with_body(GREY_STREAM, b"")
    headers = bytes(NUM_PACKETS)
    check_native_only(insert(bare, QCD, segment(PPM, b"\0" + struct.pack(">I", 3) + headers)), GREY)
    split = segment(PPM, b"\1" + headers[1:]) + segment(PPM, b"\0" + struct.pack(">I", 3) + headers[:1])
    check_native_only(insert(bare, QCD, split), GREY)
    check_native_only(insert_in_tile(bare, segment(PPT, b"\1" + headers[1:]) + segment(PPT, b"\0\0")), GREY)


@pytest.mark.parametrize("held", [b"\0\0", struct.pack(">I", 4) + bytes(3), struct.pack(">I", 2) + bytes(2)])
def test_packed_headers_that_end_early(held):
    with pytest.raises(htj2k.HTJ2KError):
        htj2k.decode(insert(with_body(GREY_STREAM, b""), QCD, segment(PPM, b"\0" + held)))


def test_packed_headers_that_go_on():
    held = segment(PPM, b"\0" + struct.pack(">I", 4) + bytes(4))
    with pytest.raises(htj2k.CodestreamError, match=r"1 bytes of packed headers .* after that of its last packet"):
        htj2k.decode(insert(with_body(GREY_STREAM, b""), QCD, held))


def test_bytes_of_no_packet_between_packed_headers():
    first, last = segment(PPT, b"\0\0"), segment(PPT, b"\1\0\0")
    header = GREY_STREAM[: segments(GREY_STREAM)[-1][2]]
    for surplus in (b"", b"\0"):
        sot = segment(SOT, struct.pack(">HIBB", 0, 14 + len(first + surplus), 0, 2))
        parts = sot + first + b"\xff\x93" + surplus
        parts += segment(SOT, struct.pack(">HIBB", 0, 14 + len(last), 1, 2)) + last + b"\xff\x93\xff\xd9"
        if not surplus:
            check_native_only(header + parts, GREY)
            continue
        with pytest.raises(
            htj2k.CodestreamError, match="1 bytes after its last packet whose header this tile-part"
        ):
            htj2k.decode(header + parts)


def test_a_tile_with_parameters_of_its_own():
    """Main header and tile disagree in levels, block size and exponents: the tile's own count."""
    other = htj2k.encode(PIXELS, bits_stored=12, **ONE_PART | {"num_decompositions": 4, "block_size": (16, 16)})
    own = segment_of(STREAM, COD) + segment_of(STREAM, QCD)
    main = other[: segments(other)[-1][2]]
    start = segments(STREAM)[-1][2]
    mixed = insert_in_tile(main + STREAM[start:], own)
    check_native_only(mixed, PIXELS)
    assert np.array_equal(htj2k.decode(mixed, reduce=2), htj2k.decode(STREAM, reduce=2))
    with pytest.raises(ValueError, match="has 2 decomposition levels"):
        htj2k.decode(mixed, reduce=3)


@pytest.mark.parametrize("in_tile", [False, True])
@pytest.mark.parametrize("shift", [3, 5])
def test_region_of_interest(shift, in_tile):
    """What stands above the shift comes down, what is below it stays.

    Coefficients of one level of multiples of 64 have no fraction, so those of multiples of 64 * 2^shift come down.
    """
    options = ONE_PART | {"num_decompositions": 1}
    for scale, pixels in ((1, ct_like((60, 50)) % 3 - 1), (64 << shift, noise((60, 50), "i2", bits=10 - shift))):
        codestream = lower_exponents(htj2k.encode((pixels * scale).astype(np.int16), **options), shift)
        rgn = segment(RGN, bytes([0, 0, shift]))
        marked = insert_in_tile(codestream, rgn) if in_tile else insert(codestream, QCD, rgn)
        check_native_only(marked, pixels * min(scale, 64))


def test_a_region_of_interest_that_a_tile_has_not():
    """The shift of 0 in its header wins over the main header's."""
    marked = insert(STREAM, QCD, segment(RGN, bytes([0, 0, 3])))
    check_native_only(insert_in_tile(marked, segment(RGN, bytes([0, 0, 0]))), PIXELS)
    with pytest.raises(htj2k.CodestreamError, match=r"RGN at byte .*: a second one for component 0"):
        htj2k.decode(insert(marked, QCD, segment(RGN, bytes([0, 0, 3]))))


def test_a_region_of_interest_in_64_bit_blocks():
    pixels = noise((60, 50), "i4", bits=16) * 64
    shifted = htj2k.encode((pixels * 512).astype(np.int32), **ONE_PART | {"num_decompositions": 1})
    marked = insert(lower_exponents(shifted, 9), QCD, segment(RGN, bytes([0, 0, 9])))
    check_native_only(marked, pixels)


def test_derived_steps():
    """Those that follow from the first, written out, give the same pixels."""
    levels, exponent, mantissa = 3, 9, 700
    codestream = htj2k.encode(PIXELS, bits_stored=12, qstep=1 / 512, tlm=False, num_decompositions=levels)
    exponents = [exponent, *(exponent - r for r in range(levels) for _ in range(3))]
    written = b"".join(struct.pack(">H", e << 11 | mantissa) for e in exponents)
    guard = 6 << 5
    where = find(codestream, QCD)
    bare = remove(codestream, QCD)
    expounded = bare[:where] + segment(QCD, bytes([guard | 2]) + written) + bare[where:]
    derived = bare[:where] + segment(QCD, bytes([guard | 1]) + written[:2]) + bare[where:]
    expected = htj2k.decode(expounded, engine="native")
    assert np.abs(expected.astype(int) - htj2k.decode(expounded, engine="openjph")).max() <= 1
    check_native_only(derived, expected)
    with pytest.raises(htj2k.UnsupportedError, match="exponents would be 0 or less"):
        htj2k.decode(derived.replace(written[:2], struct.pack(">H", 2 << 11)))


def test_an_image_of_the_standards_own(test_data):
    """The reference images of ITU-T T.803 | ISO/IEC 15444-4, within its tolerances."""
    root = test_data / "corpus"
    with (root / "EXPECTED.tsv").open(newline="") as table:
        rows = [r for r in csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE) if "iso_ht" in r["path"]]
    decoded = [row for row in rows if htj2k.read_info((root / row["path"]).read_bytes()).undecodable is None]
    assert len(decoded) >= 22
    for row in decoded:
        data = (root / row["path"]).read_bytes()
        components = htj2k.decode_components(data, engine="native", reduce=int(row["reduce"] or 0))
        bounds = re.findall(r"PAE<=(\d+),MSE<=([\d.]+)", row["tolerance_per_component"]) or [("0", "0")] * 4
        for c, reference in enumerate(row["references"].split(",")):
            error = np.abs(components[c].astype(int) - read_pgx(root / reference))
            assert error.max() <= int(bounds[c][0]), row["path"]
            assert (error.astype(float) ** 2).mean() <= float(bounds[c][1]), row["path"]


def read_pgx(path) -> np.ndarray:
    header, samples = path.read_bytes().split(b"\n", 1)
    order, sign, bits, width, height = re.fullmatch(
        rb"PG\s+(ML|LM)\s*([+-]?)\s*(\d+)\s+(\d+)\s+(\d+)\s*", header
    ).groups()
    size = 1 if int(bits) <= 8 else 2 if int(bits) <= 16 else 4
    dtype = ("<" if order == b"LM" else ">") + ("i" if sign == b"-" else "u") + str(size)
    return np.frombuffer(samples, dtype)[: int(width) * int(height)].reshape(int(height), int(width)).astype(int)


def lrcp(levels: int, layers: int) -> bytes:
    """As STREAM, with empty layers."""
    single = htj2k.encode(PIXELS, bits_stored=12, **ONE_PART | {"num_decompositions": levels})
    return with_body(patch(single, COD, 6, layers, 2), body_of(single) + bytes((levels + 1) * (layers - 1)))


def highest_first() -> bytes:
    """Of three packets the last comes first, as POC has it."""
    body = body_of(STREAM)
    start = htj2k.read_info(STREAM).tile_parts[0].body_start
    last = body[htj2k.read_info(STREAM).resolutions[-2].byte_range[1] - start :]
    moved = with_body(STREAM, last + body[: len(body) - len(last)])
    return insert(moved, QCD, segment(POC, change((2, 3), 0) + change((0, 2), 0)))


def poc_in_the_second_tile_part() -> bytes:
    """Its first tile-part has the base, its second says in which order the rest comes."""
    body = body_of(STREAM)
    start = htj2k.read_info(STREAM).tile_parts[0].body_start
    base = htj2k.read_info(STREAM).resolutions[0].byte_range[1] - start
    main = STREAM[: segments(STREAM)[-1][2]]
    parts = tile_part(0, 0, 2, body[:base]) + tile_part(0, 1, 2, body[base:])
    with_first = insert_in_tile(main + parts + b"\xff\xd9", segment(POC, change((0, 1), 0)))
    return insert_in_tile(with_first, segment(POC, change((1, 3), 0)), part=1)


NATIVE_ONLY = {
    "layers": lrcp(2, 3),
    "POC": insert(STREAM, QCD, segment(POC, change((0, 2), 4) + change((0, 33), 2))),
    "POC, highest first": highest_first(),
    "POC in the second tile-part": poc_in_the_second_tile_part(),
    "COD and QCD in a tile": insert_in_tile(STREAM, segment_of(STREAM, COD) + segment_of(STREAM, QCD)),
}


@pytest.mark.parametrize("codestream", NATIVE_ONLY.values(), ids=NATIVE_ONLY)
def test_extracts(codestream):
    check_native_only(codestream, PIXELS)
    for reduce in (0, 1, 2):
        extract = htj2k.extract_resolution(codestream, reduce=reduce)
        assert np.array_equal(htj2k.decode(extract, reduce=reduce), htj2k.decode(STREAM, reduce=reduce))
        assert len(extract) <= len(codestream)


def test_an_extract_is_as_short_as_its_resolution():
    """The last packet of the base is what counts, wherever it is."""
    lengths = {
        name: len(htj2k.extract_resolution(data, reduce=2)) / len(data) for name, data in NATIVE_ONLY.items()
    }
    assert {name for name, length in lengths.items() if length < 0.2} == NATIVE_ONLY.keys() - {
        "layers",
        "POC, highest first",
    }


@pytest.mark.parametrize("code", [PPM, PPT])
def test_packed_headers_are_not_cut(code):
    held = segment(PPM, b"\0" + struct.pack(">I", 3) + bytes(3)) if code == PPM else segment(PPT, bytes(4))
    bare = with_body(GREY_STREAM, b"")
    packed = insert(bare, QCD, held) if code == PPM else insert_in_tile(bare, held)
    assert htj2k.extract_resolution(packed, reduce=0) == packed
    with pytest.raises(htj2k.UnsupportedError, match=rf"{'PPM' if code == PPM else 'PPT'}\) at byte \d+"):
        htj2k.extract_resolution(packed, reduce=1)


@pytest.mark.parametrize("step", [1, 57])
@pytest.mark.parametrize("codestream", NATIVE_ONLY.values(), ids=NATIVE_ONLY)
def test_resolutions_as_they_arrive(codestream, step):
    decoder = htj2k.ProgressiveDecoder()
    images = [
        image for at in range(0, len(codestream), step) for image in decoder.feed(codestream[at : at + step])
    ]
    decoder.finish()
    assert [image.reduce for image in images] == [2, 1, 0]
    for image in images:
        assert np.array_equal(image.pixels, htj2k.decode(STREAM, reduce=image.reduce))


def test_levels_of_a_tile_as_it_arrives():
    """The tile has fewer than the main header says."""
    other = htj2k.encode(PIXELS, bits_stored=12, **ONE_PART | {"num_decompositions": 4})
    start = segments(STREAM)[-1][2]
    own = segment_of(STREAM, COD) + segment_of(STREAM, QCD)
    mixed = insert_in_tile(other[: segments(other)[-1][2]] + STREAM[start:], own)
    decoder = htj2k.ProgressiveDecoder()
    images = [image for at in range(len(mixed)) for image in decoder.feed(mixed[at : at + 1])]
    assert [(image.resolution, image.reduce) for image in images] == [(0, 2), (1, 1), (2, 0)]


def test_bytes_that_packed_headers_do_not_tell_of():
    held = insert_in_tile(with_body(GREY_STREAM, b"\1"), segment(PPT, b"\0" + bytes(NUM_PACKETS - 1)))
    with pytest.raises(htj2k.CodestreamError, match="tile 0 has 1 bytes after its last packet"):
        htj2k.decode(held)
