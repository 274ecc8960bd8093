"""decode_partial tells the truth of every pixel: what the mask calls whole is what an undamaged decode gives."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import htj2k
from damage import codeblocks, covering, expected_mask, spoil
from images import ct_like, noise

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
    assert mask.shape == partial.pixels.shape[:2]
    assert partial.complete_resolution == (mask.min() if mask.min() >= 0 else None)
    assert np.array_equal(partial.pixels[mask == levels], whole[mask == levels])
    for r in range(levels):
        lower = htj2k.decode_partial(damaged, reduce=levels - r)
        rows, columns, exists = covering(codestream, mask.shape, levels - r)
        rows, columns = (indices[(mask >= r) & exists] for indices in (rows, columns))
        undamaged = htj2k.decode(codestream, reduce=levels - r, engine="native")
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
