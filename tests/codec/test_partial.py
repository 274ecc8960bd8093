"""decode_partial tells the truth of every pixel: what the mask calls whole is what an undamaged decode gives."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import htj2k
from damage import codeblocks, covering, expected_mask, spoil
from images import ct_like, noise
from streams import (
    COD,
    COM,
    PPM,
    QCC,
    QCD,
    body_of,
    coc,
    find,
    insert,
    insert_in_tile,
    patch,
    segment,
    tile_part,
    with_body,
    wrap_in_boxes,
)
from subsampled import Component, Grid, compose

pytestmark = pytest.mark.skipif(
    os.environ.get("HTJ2K_ENGINE") == "openjph", reason="masks are the native engine's"
)


def check_truth(codestream: bytes, damaged: bytes, **options: Any) -> htj2k.PartialImage:
    """Where the mask says r, resolution r is that of the undamaged codestream."""
    levels = htj2k.read_info(codestream).num_decompositions
    partial = htj2k.decode_partial(damaged, **options)
    mask = partial.whole_up_to
    whole = htj2k.decode(codestream, engine="native")
    assert mask.dtype == np.int8
    assert partial.resolution == levels
    assert mask.shape == partial.pixels.shape[:2]
    assert partial.complete_resolution == (mask.min() if mask.min() >= 0 else None)
    assert np.array_equal(partial.pixels[mask == levels], whole[mask == levels])
    for r in range(levels):
        lower = htj2k.decode_partial(damaged, reduce=levels - r)
        rows, columns, exists = covering(codestream, mask.shape, levels - r)
        rows, columns = (indices[(mask >= r) & exists] for indices in (rows, columns))
        undamaged = htj2k.decode(codestream, reduce=levels - r, engine=None if lower.complete else "native")
        assert np.array_equal(lower.pixels[rows, columns], undamaged[rows, columns])
        assert (lower.whole_up_to[rows, columns] == r).all()
    return partial


@st.composite
def codestreams(draw: st.DrawFn) -> bytes:
    """Noise, so that every codeblock has bytes: many small ones, tiles, precincts, colour, 5/3 and 9/7."""
    shape = (draw(st.integers(1, 90)), draw(st.integers(1, 90)))
    components = draw(st.sampled_from([1, 1, 3]))
    pixels = noise((*shape, components)[: 2 if components == 1 else 3], "u1", seed=draw(st.integers(0, 99)))
    tile = draw(st.sampled_from([None, None, (32, 48), (33, 29)]))
    return htj2k.encode(
        pixels,
        num_decompositions=draw(st.integers(1, 4)),
        block_size=draw(st.sampled_from([(4, 4), (8, 16), (32, 32)])),
        precinct_sizes=draw(st.sampled_from([None, [(16, 16)], [(64, 32), (32, 32)]])),
        tile_size=tile,
        progression_order=draw(st.sampled_from(["LRCP", "RLCP", "RPCL", "PCRL", "CPRL"])),
        tile_parts=draw(st.sampled_from([None, "R"])),
        qstep=draw(st.sampled_from([None, 0.01])),
    )


@given(codestreams(), st.data())
def test_codeblocks_that_do_not_decode(codestream: bytes, data: st.DataObject) -> None:
    blocks = [block for block in codeblocks(codestream) if block.pieces]
    assume(blocks)
    lost = data.draw(st.lists(st.sampled_from(blocks), min_size=1, max_size=4, unique=True))
    damaged = spoil(codestream, lost)
    partial = check_truth(codestream, damaged)
    assert np.array_equal(partial.whole_up_to, expected_mask(codestream, lost))
    assert not partial.complete
    assert any(f"resolution {b.resolution}" in partial.reason and b.name in partial.reason for b in lost)
    several = htj2k.decode_partial(damaged, threads=3)
    assert np.array_equal(several.pixels, partial.pixels)
    assert np.array_equal(several.whole_up_to, partial.whole_up_to)
    assert several.reason == partial.reason


@given(codestreams(), st.data())
def test_any_cut(codestream: bytes, data: st.DataObject) -> None:
    blocks = codeblocks(codestream)
    assume(all(block.pieces for block in blocks))
    cut = data.draw(st.integers(htj2k.read_info(codestream).tile_parts[0].body_start, len(codestream) - 1))
    partial = check_truth(codestream, codestream[:cut])
    lost = [block for block in blocks if block.stop > cut]
    assert np.array_equal(partial.whole_up_to, expected_mask(codestream, lost))
    assert not partial.complete


def test_a_cut_inside_of_a_box() -> None:
    """What follows the box is no part of the codestream."""
    codestream = htj2k.encode(noise((40, 50), "u1"), num_decompositions=2, block_size=(8, 8))
    for block in codeblocks(codestream)[5::9]:
        for cut in (block.stop - 1, block.stop):
            boxed = wrap_in_boxes(codestream[:cut])
            lost = [b for b in codeblocks(codestream) if b.stop > cut]
            partial = htj2k.decode_partial(boxed)
            assert np.array_equal(partial.whole_up_to, expected_mask(codestream, lost))


TILED = htj2k.encode(noise((64, 96), "u1"), tile_size=(32, 32), num_decompositions=2)
SINGLE = htj2k.encode(noise((64, 96), "u1"), tile_size=(32, 32), num_decompositions=2, tile_parts=None, tlm=False)
FLAT = htj2k.encode(np.full((64, 96), 128, np.uint8), tile_size=(32, 32), num_decompositions=2)
TOP = 2


def in_tile(mask: np.ndarray[Any, Any], tile: int) -> np.ndarray[Any, Any]:
    return mask[32 * (tile // 3) :, 32 * (tile % 3) :][:32, :32]


def check_only_tile_suffers(damaged: bytes, tile: int, level: int, codestream: bytes = TILED) -> None:
    mask = check_truth(codestream, damaged).whole_up_to
    expected = np.full((64, 96), TOP)
    in_tile(expected, tile)[:] = level
    assert np.array_equal(mask, expected)


@pytest.mark.parametrize("lost", range(18))
@pytest.mark.parametrize("codestream", [TILED, FLAT], ids=["noise", "flat"])
def test_a_tile_part_that_is_not_there(codestream: bytes, lost: int) -> None:
    """Resolutions of its tile from there on are lost: nobody knows what later tile-parts begin with."""
    start, stop = htj2k.read_info(codestream).tile_parts[lost].byte_range
    check_only_tile_suffers(codestream[:start] + codestream[stop:], lost // 3, lost % 3 - 1, codestream)


SOT_DAMAGE: dict[str, tuple[int, bytes]] = {
    "marker": (0, b"\0\0"),
    "Lsot": (2, b"\0\x0b"),
    "tile that is not there": (4, b"\0\x63"),
    "Psot of a header": (6, struct.pack(">I", 13)),
    "TPsot": (10, b"\5"),
    "TNsot": (11, b"\1"),
    "SOD": (12, b"\0\0"),
    "a segment of the main header": (12, b"\xff\x51"),
}


@pytest.mark.parametrize("part", [4, 7, 17])
@pytest.mark.parametrize("codestream", [TILED, FLAT], ids=["noise", "flat"])
@pytest.mark.parametrize(("at", "found"), SOT_DAMAGE.values(), ids=SOT_DAMAGE)
def test_the_header_of_a_tile_part_is_damaged(at: int, found: bytes, codestream: bytes, part: int) -> None:
    """Of the flat image all packets look alike: nothing but their place tells whose they are."""
    start = htj2k.read_info(codestream).tile_parts[part].byte_range[0]
    damaged = codestream[: start + at] + found + codestream[start + at + len(found) :]
    with pytest.raises(htj2k.HTJ2KError):
        htj2k.decode(damaged)
    check_only_tile_suffers(damaged, part // 3, part % 3 - 1, codestream)


@pytest.mark.parametrize(
    ("coding_style", "reduce"),
    [(coc(0, levels=1), 2), (coc(0, levels=2, style=0xC1), 0)],
    ids=["levels", "style"],
)
def test_a_tile_behind_the_damage_that_is_not_decodable(coding_style: bytes, reduce: int) -> None:
    """At this size, or at all: what lies behind the damage is then given up."""
    damaged = bytearray(insert_in_tile(SINGLE, coding_style, part=3))
    damaged[htj2k.read_info(SINGLE).tile_parts[1].byte_range[0] + 10] = 5  # TPsot
    partial = htj2k.decode_partial(damaged, reduce=reduce)
    assert "TPsot" in str(partial.reason)
    expected = np.full(partial.pixels.shape, -1)
    expected[: 32 >> reduce, : 32 >> reduce] = TOP - reduce
    assert np.array_equal(partial.whole_up_to, expected)
    right = htj2k.decode(SINGLE, reduce=reduce)
    assert np.array_equal(partial.pixels[expected >= 0], right[expected >= 0])


@pytest.mark.parametrize("part", [4, 7, 17])
@pytest.mark.parametrize("more", [1, 300, 1 << 30])
def test_psot_too_large_costs_nothing(more: int, part: int) -> None:
    """No packet holds a marker: the next one tells where the tile-part ends."""
    start, stop = htj2k.read_info(TILED).tile_parts[part].byte_range
    damaged = TILED[: start + 6] + struct.pack(">I", stop - start + more) + TILED[start + 10 :]
    with pytest.raises(htj2k.HTJ2KError):
        htj2k.decode(damaged)
    check_only_tile_suffers(damaged, 0, TOP)


def flat_with_packed_headers(without: int | None = None) -> bytes:
    """Tiles of one empty packet, whose headers are in PPM; one tile may be missing."""
    bare = htj2k.encode(
        np.full((64, 96), 128, np.uint8), tile_size=(32, 32), num_decompositions=1, tile_parts=None, tlm=False
    )
    main = bare[: htj2k.read_info(bare).tile_parts[0].byte_range[0]]
    parts = [tile_part(tile, 0, 1, b"") for tile in range(6) if tile != without]
    ppm = segment(PPM, b"\0" + 6 * (struct.pack(">I", 2) + bytes(2)))
    return main + ppm + b"".join(parts) + b"\xff\xd9"


def test_packed_headers_of_the_main_header_count_tile_parts() -> None:
    """With one missing, nobody knows whose the headers are; up to a cut it is known."""
    whole = flat_with_packed_headers()
    assert (htj2k.decode(whole) == 128).all()
    assert (htj2k.decode_partial(flat_with_packed_headers(without=2)).whole_up_to == -1).all()
    mask = htj2k.decode_partial(whole[:-30]).whole_up_to
    assert [in_tile(mask, tile)[0, 0] for tile in range(6)] == [1, 1, 1, 1, -1, -1]


def test_psot_too_small_ends_the_tile_part() -> None:
    start, stop = htj2k.read_info(SINGLE).tile_parts[3].byte_range
    for length in (14, 100, stop - start - 1):
        damaged = SINGLE[: start + 6] + struct.pack(">I", length) + SINGLE[start + 10 :]
        partial = check_truth(SINGLE, damaged)
        assert (in_tile(partial.whole_up_to, 3) < TOP).any()
        for tile in (0, 1, 2, 4, 5):
            assert (in_tile(partial.whole_up_to, tile) == TOP).all()


def test_two_tile_parts_that_claim_one_place() -> None:
    """Which of them is right cannot be told: neither is."""
    start = htj2k.read_info(SINGLE).tile_parts[3].byte_range[0]
    damaged = SINGLE[: start + 4] + struct.pack(">H", 4) + SINGLE[start + 6 :]
    mask = check_truth(SINGLE, damaged).whole_up_to
    for tile in range(6):
        assert (in_tile(mask, tile) == (-1 if tile in (3, 4) else TOP)).all()


def test_a_packet_header_that_is_damaged() -> None:
    """Of a tile, what comes before it stays."""
    part = htj2k.read_info(TILED).tile_parts[7]
    damaged = TILED[: part.body_start] + b"\xff\x7f\xff\x7f" + TILED[part.body_start + 4 :]
    with pytest.raises(htj2k.CodestreamError, match="packet of tile 2, component 0, resolution 1"):
        htj2k.decode(damaged)
    check_only_tile_suffers(damaged, 2, 0)


def test_without_its_end_a_codestream_is_whole_and_not_complete() -> None:
    partial = check_truth(TILED, TILED[:-2])
    assert (partial.whole_up_to == TOP).all()
    assert partial.complete_resolution == TOP
    assert not partial.complete


def test_reduced_decodes_have_their_own_mask() -> None:
    lost = [block for block in codeblocks(TILED) if (block.tile, block.resolution) in {(1, 2), (4, 1)}]
    for reduce in range(3):
        partial = htj2k.decode_partial(spoil(TILED, lost), reduce=reduce)
        assert np.array_equal(partial.whole_up_to, expected_mask(TILED, lost, reduce))
        assert partial.complete == (reduce == 2)
        assert partial.resolution == TOP - reduce


def test_of_a_codeblock_with_a_missing_layer_nothing_is_called_whole() -> None:
    """A second layer that adds nothing follows the first: cuts leave codeblocks without it."""
    options: dict[str, Any] = {"progression_order": "LRCP", "tile_parts": None, "tlm": False}
    single = htj2k.encode(noise((40, 50), "u1"), num_decompositions=1, **options)
    layered = with_body(patch(single, COD, 6, 2, 2), body_of(single) + bytes(2))
    assert np.array_equal(htj2k.decode(layered), htj2k.decode(single))
    whole = htj2k.decode(layered)
    for lost, level in ((1, 1), (2, 1), (3, 0), (4, -1), (5, -1)):
        partial = htj2k.decode_partial(layered[:-lost])
        assert partial.complete_resolution == (None if level < 0 else level)
        assert np.array_equal(partial.pixels, whole) == (lost < 5)


def test_components_with_more_levels_than_others() -> None:
    """The base of the image is that of the component with the fewest levels."""
    planes = noise((40, 50), "u1")
    options: dict[str, Any] = {"tile_parts": None, "tlm": False, "progression_order": "CPRL"}
    shallow, deep = (htj2k.encode(planes, num_decompositions=n, **options) for n in (1, 3))
    both = htj2k.encode(np.stack([planes, planes], -1), num_decompositions=1, **options)
    with_coc = insert(insert(both, QCD, coc(1, 3, components=2)), COM, qcc_of(deep, 1))
    codestream = with_body(with_coc, body_of(shallow) + body_of(deep))
    assert np.array_equal(htj2k.decode(codestream), np.stack([planes, planes], -1))
    for block in codeblocks(codestream):
        mask = htj2k.decode_partial(spoil(codestream, [block])).whole_up_to
        assert mask.max() <= 1
        assert mask.min() == max(block.resolution - 1 - 2 * block.component, -1), block


def qcc_of(codestream: bytes, component: int) -> bytes:
    """QCD as the QCC of a component."""
    start = find(codestream, QCD)
    length = int.from_bytes(codestream[start + 2 : start + 4], "big")
    return segment(QCC, bytes([component]) + codestream[start + 4 : start + 2 + length])


@given(codestreams(), st.data())
def test_complete_means_decodes_strictly(codestream: bytes, data: st.DataObject) -> None:
    damaged = bytearray(codestream)
    for _ in range(data.draw(st.integers(0, 2))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(damaged[: data.draw(st.sampled_from([None, None, -1, -2, -40]))])
    for reduce in (0, 1):
        strict, partial = attempt(htj2k.decode, cut, reduce), attempt(htj2k.decode_partial, cut, reduce)
        assert partial is not None or strict is None
        if partial is not None:
            assert partial.complete == (strict is not None)
            assert partial.complete == (partial.reason is None)
        if strict is not None:
            assert np.array_equal(partial.pixels, strict)
            assert (partial.whole_up_to == partial.whole_up_to[0, 0]).all()


def attempt(call: Callable[..., Any], data: bytes, reduce: int) -> Any:
    try:
        return call(data, reduce=reduce, max_pixels=1 << 16)
    except (htj2k.HTJ2KError, ValueError):
        return None


OPENJPH = """
import sys, numpy as np, htj2k
data = sys.stdin.buffer.read()
partial = htj2k.decode_partial(data)
print(np.unique(partial.whole_up_to), partial.complete_resolution, partial.complete)
"""


def test_openjph_says_the_same_of_all_pixels() -> None:
    codestream = htj2k.encode(ct_like((60, 50)), num_decompositions=2)
    lost = [block for block in codeblocks(codestream) if block.resolution == 1][:1]
    for damaged, printed in (
        (codestream, "[2] 2 True"),
        (codestream[:-5], "[1] 1 False"),
        (spoil(codestream, lost), "[0] 0 False"),
    ):
        environment = os.environ | {"HTJ2K_ENGINE": "openjph"}
        run = subprocess.run([sys.executable, "-c", OPENJPH], input=damaged, env=environment, capture_output=True)
        assert run.stdout.decode().strip() == printed, run.stderr


def test_real_files(test_data: Any) -> None:
    """Layers, POC, packed headers, precincts, image offsets, ...: cut, and with codeblocks that do not decode."""
    checked = 0
    for path in sorted((test_data / "corpus/iso_htj2k_conformance").rglob("*.j*")):
        data = path.read_bytes()
        try:
            whole = htj2k.decode(data, engine="native")
        except htj2k.HTJ2KError:
            continue
        top = htj2k.read_info(data).num_decompositions
        blocks = [block for block in codeblocks(data) if block.pieces]
        lost = np.random.default_rng(1).choice(len(blocks), min(3, len(blocks)), replace=False)
        spoilt = spoil(data, [blocks[i] for i in lost])
        for damaged in (spoilt, data[: len(data) // 2], data[: -len(data) // 10], spoilt[:-50]):
            partial = htj2k.decode_partial(damaged)
            right = partial.whole_up_to == top
            assert not partial.complete
            assert right.all() <= (damaged is not spoilt)
            assert np.array_equal(partial.pixels[right], whole[right]), path
        checked += 1
    assert checked > 5


def test_components_of_different_sizes() -> None:
    """A sample of a subsampled component stands for several pixels."""
    chroma = noise((24, 32), "u1")
    components = [Component(noise((47, 63), "u1")), Component(chroma, 2, 2), Component(chroma, 2, 2)]
    codestream = compose(components, Grid((0, 0, 63, 47), (40, 26)))
    whole = htj2k.decode(codestream)
    top = htj2k.read_info(codestream).num_decompositions
    for block in [block for block in codeblocks(codestream) if block.pieces][::5]:
        partial = htj2k.decode_partial(spoil(codestream, [block]))
        right = partial.whole_up_to == top
        assert np.array_equal(partial.pixels[right], whole[right])
        assert 0 < right.mean() < 1
        tile = np.argwhere(~right)
        assert len(np.unique(tile // (40, 26), axis=0)) == 1, block
