"""Codeblocks, precincts, tiles and tile-parts: every legal kind, exact to us and to OpenJPEG."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import imagecodecs
import numpy as np
import pytest

import htj2k
import streams
from images import noise
from lossless import encodes_natively
from streams import SOT, TLM

ORDERS = ("LRCP", "RLCP", "RPCL", "PCRL", "CPRL")
BLOCKS = [(2**r, 2**c) for r in range(2, 11) for c in range(2, 11) if r + c <= 12]


def check(pixels: np.ndarray, **options: object) -> bytes:
    codestream = htj2k.encode(pixels, **options)
    assert np.array_equal(htj2k.decode(codestream), pixels)
    assert np.array_equal(imagecodecs.jpeg2k_decode(codestream), pixels)
    return codestream


@pytest.mark.parametrize("block_size", BLOCKS, ids=lambda b: f"{b[0]}x{b[1]}")
def test_every_block_size(block_size):
    for shape in ((70, 90), (1, 1100), (1100, 1)):
        codestream = check(noise(shape, "u2"), block_size=block_size, num_decompositions=2)
        info = htj2k.read_info(codestream)
        assert info.block_size == info.components[0].block_size == block_size
        style = streams.find(codestream, streams.COD) + 10
        assert codestream[style : style + 2] == bytes(n.bit_length() - 3 for n in block_size[::-1])  # xcb', ycb'


@pytest.mark.parametrize("block_size", [(2, 64), (64, 2), (2048, 2), (4, 2048), (128, 64), (1024, 8), (12, 8)])
def test_illegal_block_sizes(block_size):
    with pytest.raises(ValueError, match="block_size"):
        htj2k.encode(np.zeros((8, 8), np.uint8), block_size=block_size)


# Codeblocks of more than 1020 columns: OpenJPH writes behind its memory. Samples of 32 bits are its.
@pytest.mark.parametrize(
    ("columns", "num_decompositions", "options", "is_encoded"),
    [
        (2040, 1, {}, True),
        (2041, 1, {}, False),
        (2041, 5, {}, False),
        (5000, 1, {"tile_size": (8, 2040)}, True),
        (5000, 1, {"tile_size": (8, 2041)}, False),
        (5000, 3, {"precinct_sizes": [(64, 1024)]}, True),
        (5000, 1, {"precinct_sizes": [(64, 1024)]}, False),
        (5000, 1, {"precinct_sizes": [(64, 512), (64, 2048)]}, False),
    ],
)
def test_no_codeblock_has_more_than_1020_columns(columns, num_decompositions, options, is_encoded):
    pixels = noise((8, columns), "u2")
    wide = noise((8, columns), "i4")
    if is_encoded or encodes_natively(pixels):
        check(pixels, block_size=(4, 1024), num_decompositions=num_decompositions, **options)
    if is_encoded:
        htj2k.encode(wide, block_size=(4, 1024), num_decompositions=num_decompositions, **options)
    else:
        with pytest.raises(ValueError, match="1020 columns"):
            htj2k.encode(wide, block_size=(4, 1024), num_decompositions=num_decompositions, **options)
    check(pixels, block_size=(8, 512), num_decompositions=num_decompositions, **options)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(
    "sizes",
    [
        [(128, 128)],
        [(2, 2)],
        [(1, 1), (2, 2)],
        [(32, 16), (16, 64), (64, 8), (128, 32)],
        [(4, 1), (2, 32768), (32768, 2)],
        [(32768, 32768)],
        [(128, 128), (256, 256)],
    ],
    ids=str,
)
def test_precincts(sizes, order):
    pixels = noise((37, 45, 3), "u1")
    codestream = check(pixels, precinct_sizes=sizes, progression_order=order, num_decompositions=3)
    expected = tuple(sizes[min(r, len(sizes) - 1)] for r in range(4))
    assert htj2k.read_info(codestream).precinct_sizes == expected
    for reduce in (1, 3):
        assert htj2k.decode(codestream, reduce=reduce).tobytes() == (
            htj2k.decode(htj2k.encode(pixels, num_decompositions=3), reduce=reduce).tobytes()
        )


@pytest.mark.parametrize(
    ("sizes", "text"),
    [
        ([(0, 2)], r"precinct_sizes\[0\]\[0\] is 0; expected 2 to 32768"),
        ([(1, 2)], r"precinct_sizes\[0\]\[0\] is 1"),  # it repeats above the base
        ([(2, 2), (2, 1)], r"precinct_sizes\[1\]\[1\] is 1"),
        ([(2, 2), (4, 65536)], r"precinct_sizes\[1\]\[1\] is 65536"),
        ([(2, 2)] * 5, "precinct_sizes has 5 entries; expected 1 to 4"),
        ([(2, 3)], "powers of two"),
    ],
)
def test_illegal_precincts(sizes, text):
    with pytest.raises(ValueError, match=text):
        htj2k.encode(np.zeros((8, 8), np.uint8), precinct_sizes=sizes, num_decompositions=3)


@pytest.mark.parametrize("order", ["RPCL", "LRCP", "CPRL"])
@pytest.mark.parametrize("components", [1, 3])
@pytest.mark.parametrize(
    "tile_size", [(16, 16), (17, 13), (41, 53), (40, 52), (1, 53), (41, 1), (100, 7), (39, 100)], ids=str
)
def test_tiles(tile_size, components, order):
    """Odd sizes, remainders of one row or column, larger than the image."""
    pixels = noise((41, 53, components) if components > 1 else (41, 53), "u2")
    codestream = check(pixels, tile_size=tile_size, progression_order=order, num_decompositions=2)
    info = htj2k.read_info(codestream)
    across, down = -(-53 // tile_size[1]), -(-41 // tile_size[0])
    assert info.tile_size == (min(tile_size[0], 41), min(tile_size[1], 53))
    assert info.num_tiles == across * down
    assert {part.tile for part in info.tile_parts} == set(range(across * down))


def test_tiles_of_one_sample():
    check(noise((7, 9), "i2"), tile_size=(1, 1), num_decompositions=1)


@pytest.mark.parametrize(
    ("tile_size", "text"),
    [
        ((0, 8), r"tile_size\[0\] is 0"),
        ((8, -1), r"tile_size\[1\] is -1"),
        ((1, 1), "tile_size is .* 90000 tiles, at most 65535"),
    ],
)
def test_illegal_tiles(tile_size, text):
    with pytest.raises(ValueError, match=text):
        htj2k.encode(np.zeros((300, 300), np.uint8), tile_size=tile_size)


def expected_parts(order: str, tile_parts: str, resolutions: int, components: int) -> int:
    """Tile-parts of a tile: OpenJPH divides only where the packets of a part are neighbours."""
    by_resolution = "R" in tile_parts and order in ("LRCP", "RLCP", "RPCL")
    by_component = "C" in tile_parts and order in ("LRCP", "RLCP", "CPRL")
    if by_component and order != "CPRL":
        return resolutions * components
    return components if by_component else resolutions if by_resolution else 1


def tlm_entries(codestream: bytes) -> Iterator[tuple[int, int]]:
    """(tile, length) of all TLM segments (T.800 A.7.1)."""
    for code, start, stop in streams.segments(codestream):
        if code != TLM:
            continue
        stlm = codestream[start + 5]
        fields = ">" + ["", "B", "H"][stlm >> 4 & 3] + ("I" if stlm & 0x40 else "H")
        for entry in struct.iter_unpack(fields, codestream[start + 6 : stop]):
            yield (entry[0], entry[1]) if len(entry) == 2 else (-1, entry[0])


def tile_parts_of(codestream: bytes) -> Iterator[tuple[int, int, int, int]]:
    """(Isot, Psot, TPsot, TNsot), each starting where the one before it ends, up to EOC."""
    at = streams.segments(codestream)[-1][2]
    while codestream[at : at + 2] != b"\xff\xd9":
        code, length, tile, psot, index, parts = struct.unpack_from(">HHHIBB", codestream, at)
        assert (code, length) == (SOT, 10)
        yield tile, psot, index, parts
        at += psot
    assert at + 2 == len(codestream)


@pytest.mark.parametrize("tlm", [False, True])
@pytest.mark.parametrize("tile_parts", ["R", "C", "RC", "", None])
@pytest.mark.parametrize("order", ORDERS)
def test_tile_parts(order, tile_parts, tlm):
    pixels = noise((40, 33, 3), "u1")
    for tile_size, tiles in ((None, 1), ((21, 33), 2)):
        codestream = check(
            pixels,
            progression_order=order,
            tile_parts=tile_parts,
            tlm=tlm,
            tile_size=tile_size,
            num_decompositions=2,
        )
        count = expected_parts(order, tile_parts or "", 3, 3)
        found = list(tile_parts_of(codestream))
        assert [(tile, index) for tile, _, index, _ in found] == [
            (t, i) for t in range(tiles) for i in range(count)
        ]
        assert {parts for _, _, _, parts in found} == {count}
        listed = list(tlm_entries(codestream))
        assert listed == ([(tile, psot) for tile, psot, _, _ in found] if tlm else [])
        info = htj2k.read_info(codestream)
        assert (info.progression_order, info.has_tlm) == (order, tlm)


def test_too_many_tile_parts():
    with pytest.raises(ValueError, match=r"tile_parts='RC' makes 264 tile-parts a tile"):
        htj2k.encode(noise((4, 4, 8), "u1"), progression_order="LRCP", tile_parts="RC", num_decompositions=32)


@pytest.mark.parametrize(
    ("shape", "options"),
    [
        ((1, 4_000_000), {}),
        ((4_000_000, 1), {}),
        ((20, 2697), {"num_decompositions": 5, "block_size": (1024, 4), "tile_size": (1, 2502)}),
        ((300, 1332), {"num_decompositions": 9, "tile_size": (1, 333)}),
        ((2048, 2048), {"num_decompositions": 5, "tile_size": (16, 16)}),
    ],
    ids=str,
)
def test_what_is_encoded_decodes_under_the_default_limits(shape, options):
    """Subbands that are much lower or narrower than codeblocks take memory for what they are."""
    pixels = np.zeros(shape, np.uint8)
    assert np.array_equal(htj2k.decode(htj2k.encode(pixels, **options), engine="native"), pixels)


@pytest.mark.parametrize("tile_size", [(2**31 - 1, 10), (10, 2**31 - 1), (2**31 - 1, 2**31 - 1)])
def test_tiles_far_beyond_the_image(tile_size):
    codestream = check(noise((30, 40), "u1"), tile_size=tile_size)
    assert htj2k.read_info(codestream).tile_size == (min(tile_size[0], 30), min(tile_size[1], 40))
