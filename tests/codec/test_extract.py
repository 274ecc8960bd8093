"""A lower resolution as a codestream of its own: short, true to its markers, exact to decode."""

from __future__ import annotations

import struct

import numpy as np
import pytest

import htj2k
import streams
from images import ct_like, noise

CT = ct_like((203, 150))
STREAMS = {
    "tile-part a resolution, TLM": htj2k.encode(CT, num_decompositions=3),
    "no TLM": htj2k.encode(CT, num_decompositions=3, tlm=False),
    "one tile-part": htj2k.encode(CT, num_decompositions=3, tile_parts=None),
    "RLCP": htj2k.encode(CT, num_decompositions=3, progression_order="RLCP"),
    "PCRL": htj2k.encode(CT, num_decompositions=3, progression_order="PCRL", precinct_sizes=[(32, 32)]),
    "tiles": htj2k.encode(CT, num_decompositions=3, tile_size=(64, 100)),
    "RGB": htj2k.encode(noise((61, 47, 3), "u1"), num_decompositions=3),
    "9/7": htj2k.encode(CT, num_decompositions=3, reversible=False),
    "boxed": streams.wrap_in_boxes(htj2k.encode(CT, num_decompositions=3)),
    "boxed, open": streams.wrap_in_boxes(htj2k.encode(CT, num_decompositions=3), length=0),
    "padded": htj2k.encode(CT, num_decompositions=3) + b"\0",
}


def markers_are_true(codestream: bytes) -> None:
    """Psot, TPsot and TNsot lead from SOT to SOT up to EOC, and TLM lists the same."""
    lengths, counts = [], {}
    at = streams.segments(codestream)[-1][2]
    while codestream[at : at + 2] != b"\xff\xd9":
        tile, psot, index, parts = struct.unpack_from(">HIBB", codestream, at + 4)
        assert codestream[at : at + 2] == b"\xff\x90"
        lengths.append((tile, psot))
        counts.setdefault(tile, []).append((index, parts))
        at += psot
    assert at + 2 == len(codestream)
    for seen in counts.values():
        assert seen == [(i, len(seen)) for i in range(len(seen))]
    tlm = [codestream[a:b] for code, a, b in streams.segments(codestream) if code == streams.TLM]
    if tlm:
        assert [struct.unpack_from(">HI", tlm[0], at) for at in range(6, len(tlm[0]), 6)] == lengths


@pytest.mark.parametrize("data", STREAMS.values(), ids=STREAMS)
@pytest.mark.parametrize("reduce", [1, 2, 3])
def test_extracts_decode_exactly(data, reduce):
    extract = htj2k.extract_resolution(data, reduce=reduce)
    markers_are_true(extract)
    for k in range(reduce, 4):
        assert np.array_equal(htj2k.decode(extract, reduce=k), htj2k.decode(data, reduce=k))
    for k in range(reduce):
        with pytest.raises(htj2k.TruncatedError):
            htj2k.decode(extract, reduce=k)
    info, whole = htj2k.read_info(extract), htj2k.read_info(data)
    assert info.components == whole.components
    assert info.has_tlm == whole.has_tlm
    assert [r.byte_range is None for r in info.resolutions] == [r.reduce < reduce for r in info.resolutions]
    assert info.incomplete
    assert info.undecodable is None


@pytest.mark.parametrize("data", STREAMS.values(), ids=STREAMS)
def test_extract_of_everything_is_the_bare_codestream(data):
    extract = htj2k.extract_resolution(data, reduce=0)
    assert extract in data
    assert extract.endswith(b"\xff\xd9")
    assert htj2k.read_info(extract).incomplete is None
    assert np.array_equal(htj2k.decode(extract), htj2k.decode(data))


def test_extract_is_as_short_as_its_resolution():
    data = STREAMS["one tile-part"]
    for resolution in htj2k.read_info(data).resolutions[:-1]:
        assert len(htj2k.extract_resolution(data, reduce=resolution.reduce)) == resolution.byte_range[1] + 2


@pytest.mark.parametrize("data", STREAMS.values(), ids=STREAMS)
def test_a_prefix_is_enough_and_one_byte_less_is_not(data):
    for resolution in htj2k.read_info(data).resolutions[:-1]:
        stop = resolution.byte_range[1]
        extract = htj2k.extract_resolution(data[:stop], reduce=resolution.reduce)
        assert htj2k.decode(extract, reduce=resolution.reduce).shape[:2] == (resolution.height, resolution.width)
        with pytest.raises(htj2k.TruncatedError):
            htj2k.extract_resolution(data[: stop - 1], reduce=resolution.reduce)


def test_packet_lengths_of_a_cut_tile_part_are_dropped():
    plt = streams.segment(streams.PLT, b"\0\x81\x01")
    data = streams.insert_in_tile(STREAMS["one tile-part"], plt)
    assert plt in htj2k.extract_resolution(data, reduce=0)
    assert plt not in htj2k.extract_resolution(data, reduce=1)
    plm = streams.segment(0xFF57, b"\0\1\2\3")
    data = streams.insert(STREAMS["RLCP"], streams.TLM, plm)
    assert plm not in htj2k.extract_resolution(data, reduce=1)


def test_more_levels_than_there_are():
    with pytest.raises(ValueError, match="3 decomposition levels"):
        htj2k.extract_resolution(STREAMS["RLCP"], reduce=4)


@pytest.mark.parametrize("present", range(14))
def test_a_tile_without_packets_still_needs_its_header(present):
    """Of the second tile, a single column, nothing is left at reduce=4. Bytes behind the data were copied once."""
    data = htj2k.encode(noise((8, 9), "u1"), tile_size=(8, 8), num_decompositions=4, tile_parts=None)
    start = htj2k.read_info(data).tile_parts[1].byte_range[0]
    whole = htj2k.extract_resolution(data[: start + 14], reduce=4)
    assert np.array_equal(htj2k.decode(whole, reduce=4), htj2k.decode(data, reduce=4))
    for call in (htj2k.extract_resolution, htj2k.decode):
        with pytest.raises(htj2k.TruncatedError):
            call(data[: start + present], reduce=4)
