"""A cut anywhere is found; a prefix decodes exactly where a resolution's bytes are whole."""

from __future__ import annotations

import imagecodecs
import numpy as np
import pytest

import htj2k
from images import ct_like, noise
from streams import wrap_in_boxes
from subsampled import Component, Grid, compose


def _rgb() -> np.ndarray:
    return noise((23, 31, 3), "u1")


STREAMS = {
    "raw": lambda: htj2k.encode(ct_like((48, 40)), num_decompositions=3),
    "boxed": lambda: wrap_in_boxes(htj2k.encode(ct_like((48, 40)), num_decompositions=2)),
    "boxed to the end": lambda: wrap_in_boxes(htj2k.encode(ct_like((30, 40)), num_decompositions=2), length=0),
    "tiled": lambda: htj2k.encode(ct_like((48, 40)), tile_size=(20, 24), num_decompositions=2),
    "three components": lambda: htj2k.encode(_rgb(), num_decompositions=2),
    "planar components": lambda: htj2k.encode(_rgb(), num_decompositions=2, color_transform=False),
    "lossy": lambda: htj2k.encode(ct_like((48, 40)), qstep=0.01, num_decompositions=3),
    "component by component": lambda: htj2k.encode(_rgb(), progression_order="CPRL", tile_parts="C"),
    "one tile-part, no TLM": lambda: htj2k.encode(
        ct_like((48, 40)), tile_parts=None, tlm=False, num_decompositions=3, precinct_sizes=[(16, 16), (32, 32)]
    ),
    "position first": lambda: htj2k.encode(
        ct_like((48, 40)), progression_order="PCRL", precinct_sizes=[(16, 16)], block_size=(8, 8)
    ),
    "subsampled": lambda: compose(
        [Component(noise((17, 15), "u1")), Component(noise((9, 8), "u1"), 2, 2)],
        Grid((0, 0, 15, 17), precincts=((2, 2),), part_per_resolution=True),
    ),
    "subsampled, position first": lambda: compose(
        [Component(noise((17, 15), "u1")), Component(noise((9, 8), "u1"), 2, 2)],
        Grid((0, 0, 15, 17), (8, 10), order="PCRL", precincts=((2, 2),)),
    ),
    "another encoder": lambda: imagecodecs.htj2k_encode(noise((20, 24), "u2")),
}


@pytest.fixture(params=STREAMS, scope="module")
def stream(request):
    return STREAMS[request.param]()


def end_of_codestream(stream: bytes) -> int:
    """Bytes up to and with EOC; boxes may follow."""
    return stream.rindex(b"\xff\xd9") + 2


def test_strict_decode_refuses_every_cut(stream):
    for n in range(end_of_codestream(stream)):
        with pytest.raises((htj2k.TruncatedError, htj2k.NotHTJ2KError)) as caught:
            htj2k.decode(stream[:n])
        if isinstance(caught.value, htj2k.TruncatedError):
            assert caught.value.bytes_present == n
            assert caught.value.bytes_needed is None or n < caught.value.bytes_needed <= len(stream)


def test_bytes_needed_leads_to_the_end(stream):
    """Fetching what the error asks for, again and again, ends in a decode."""
    have = 0
    for _ in range(200):
        try:
            htj2k.decode(stream[:have])
        except htj2k.TruncatedError as e:
            have = e.bytes_needed or have + 1
        except htj2k.NotHTJ2KError:
            have += 1
        else:
            break
    assert have >= end_of_codestream(stream)


def test_partial_decode_never_calls_a_cut_complete(stream):
    full = htj2k.decode(stream)
    complete = []
    for n in range(len(stream) + 1):
        try:
            partial = htj2k.decode_partial(stream[:n])
        except htj2k.HTJ2KError:
            continue
        assert partial.complete == (n >= end_of_codestream(stream)), n
        assert partial.complete == (partial.reason is None)
        assert partial.pixels.shape == full.shape
        assert partial.bytes_used <= n
        complete.append(-1 if partial.complete_resolution is None else partial.complete_resolution)
    assert complete == sorted(complete)
    assert np.array_equal(partial.pixels, full)


def whole_packets_stop(stream: bytes, reduce: int) -> int:
    """The least prefix from which `reduce` decodes, found by bisection over cuts: cuts must be monotonic."""
    low, high = 0, len(stream)
    while low < high:
        middle = (low + high) // 2
        try:
            htj2k.decode(stream[:middle], reduce=reduce)
            high = middle
        except htj2k.HTJ2KError:
            low = middle + 1
    return low


def test_reduced_decode_needs_exactly_its_prefix(stream):
    levels = htj2k.read_info(stream).num_decompositions
    for reduce in range(1, levels + 1):
        expected = htj2k.decode(stream, reduce=reduce)
        stop = whole_packets_stop(stream, reduce)
        for n in range(len(stream)):
            if n < stop:
                with pytest.raises(htj2k.HTJ2KError):
                    htj2k.decode(stream[:n], reduce=reduce)
            else:
                assert np.array_equal(htj2k.decode(stream[:n], reduce=reduce), expected)


def test_prefix_ends_with_its_tile_part():
    """With a tile-part a resolution the least prefix is known from the SOT markers alone."""
    stream = htj2k.encode(ct_like((100, 90)), num_decompositions=4)
    info = htj2k.read_info(stream)
    assert [part.byte_range[1] for part in info.tile_parts[:-1]] == [
        whole_packets_stop(stream, r.reduce) for r in info.resolutions[:-1]
    ]
    assert [r.byte_range[1] for r in info.resolutions[:-1]] == [
        part.byte_range[1] for part in info.tile_parts[:-1]
    ]


def test_resolutions_complete_counts_from_the_base():
    stream = htj2k.encode(ct_like((100, 90)), num_decompositions=4)
    stops = [r.byte_range[1] for r in htj2k.read_info(stream).resolutions]
    for count, stop in enumerate(stops[:-1], start=1):
        with pytest.raises(htj2k.TruncatedError) as caught:
            htj2k.decode(stream[:stop])
        assert caught.value.resolutions_complete == count
        assert caught.value.bytes_needed == len(stream)


def test_psot_that_hides_a_cut_is_found():
    """A tile-part whose length was 'repaired' after a cut has packets that do not fit."""
    stream = bytearray(htj2k.encode(ct_like((64, 64)), tile_parts=None, tlm=False))
    sot = stream.index(b"\xff\x90\x00\x0a")
    for lost in (1, 2, 7, 100, 600):
        cut = stream[:-2][:-lost] + b"\xff\xd9"
        cut[sot + 6 : sot + 10] = (len(cut) - 2 - sot).to_bytes(4, "big")
        with pytest.raises(htj2k.CodestreamError):
            htj2k.decode(cut)
        assert not htj2k.decode_partial(cut).complete


def test_bytes_after_the_last_packet_are_damage():
    stream = bytearray(htj2k.encode(ct_like((64, 64)), tile_parts=None, tlm=False))
    sot = stream.index(b"\xff\x90\x00\x0a")
    longer = stream[:-2] + b"\0\0\0" + b"\xff\xd9"
    longer[sot + 6 : sot + 10] = (len(longer) - 2 - sot).to_bytes(4, "big")
    with pytest.raises(htj2k.CodestreamError, match="3 bytes after its last packet"):
        htj2k.decode(longer)


def test_missing_tile_part_is_found():
    stream = htj2k.encode(ct_like((64, 64)), tile_size=(32, 32), tile_parts=None, tlm=False)
    parts = htj2k.read_info(stream).tile_parts
    for part in parts:
        start, stop = part.byte_range
        without = stream[:start] + stream[stop:]
        with pytest.raises(htj2k.CodestreamError):
            htj2k.decode(without)
        partial = htj2k.decode_partial(without)
        assert not partial.complete
        assert partial.complete_resolution is None


def test_partial_shows_the_whole_tiles():
    pixels = ct_like((64, 64))
    stream = htj2k.encode(pixels, tile_size=(32, 32), tile_parts=None)
    cut = htj2k.read_info(stream).tile_parts[2].byte_range[0] + 20
    partial = htj2k.decode_partial(stream[:cut])
    assert np.array_equal(partial.pixels[:32], pixels[:32])
    assert not partial.complete
