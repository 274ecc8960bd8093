"""Quality layers, progression changes, packed headers, SOP and EPH around codeblocks whose pixels are known."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import htj2k
from images import noise
from repacked import Change, Packing, repack
from subsampled import ORDERS, Component, Grid, compose

fewer = settings(max_examples=max(20, settings().max_examples // 5))  # each takes some 0.1 s
PRECINCTS = [((15, 15),), ((3, 3), (4, 4)), ((2, 3), (5, 4))]


@st.composite
def grids(draw: st.DrawFn) -> Grid:
    """`encode_alone` wants tiles that are no larger than what is before them, if anything is."""
    rows, columns = draw(st.integers(1, 60)), draw(st.integers(1, 60))
    tile = draw(st.none() | st.tuples(st.integers(20, 70), st.integers(20, 70)))
    high, wide = tile or (2 * rows, 2 * columns)
    moved = draw(st.booleans())
    y0, x0 = (draw(st.integers((n + 1) // 2, n - 1)) if moved and n > 1 else 0 for n in (high, wide))
    return Grid(
        (x0, y0, x0 + columns, y0 + rows),
        tile_size=tile,
        levels=draw(st.integers(1, 3)),
        order=draw(st.sampled_from(ORDERS)),
        precincts=draw(st.sampled_from(PRECINCTS)),
    )


@st.composite
def progressions(draw: st.DrawFn, layers: int) -> list[Change]:
    """Any that overlap, repeat and give nothing, and at last all that is left."""
    order = st.sampled_from(ORDERS)
    changes: list[Change] = []
    for _ in range(draw(st.integers(0, 4))):
        r0, c0 = draw(st.integers(0, 3)), draw(st.integers(0, 2))
        r1, c1 = draw(st.integers(r0 + 1, 5)), draw(st.integers(c0 + 1, 4))
        changes.append((r0, r1, c0, c1, draw(st.integers(1, layers)), draw(order)))
    return [*changes, (0, 33, 0, 256, layers, draw(order))]


@st.composite
def packings(draw: st.DrawFn, **given: Any) -> Packing:
    layers = draw(st.sampled_from([1, 2, 3, 7]))
    return Packing(
        random.Random(draw(st.integers(0, 2**32))),
        layers=layers,
        placeholders=draw(st.booleans()),
        changes=draw(st.just([]) | progressions(layers)),
        changes_in_tiles=draw(st.booleans()),
        sop=draw(st.booleans()),
        eph=draw(st.booleans()),
        packed=draw(st.sampled_from(["", "PPM", "PPT"])),
        most_parts=draw(st.sampled_from([1, 4])),
        **given,
    )


def noise_on(grid: Grid, count: int, dtype: str, bits: int | None = None) -> list[Component]:
    size = grid.area[3], grid.area[2]
    return [Component(noise(size, dtype, seed=c, bits=bits), bits=bits) for c in range(count)]


@fewer
@given(grids(), packings(), st.integers(1, 3), st.sampled_from(["u1", "i2"]), st.integers(1, 3))
def test_the_same_pixels_in_any_package(grid, packing, count, dtype, threads):
    components = noise_on(grid, count, dtype)
    plain, packed = compose(components, grid), repack(components, grid, packing)
    x0, y0, x1, y1 = grid.area
    pixels = htj2k.decode(packed, threads=threads)
    assert np.array_equal(np.atleast_3d(pixels), np.stack([c.samples[y0:y1, x0:x1] for c in components], -1))
    for reduce in range(1, grid.levels + 1):
        try:
            expected = htj2k.decode(plain, reduce=reduce)
        except htj2k.UnsupportedError:  # it is empty there
            continue
        assert np.array_equal(htj2k.decode(packed, reduce=reduce), expected)
    for component, samples in zip(htj2k.decode_components(packed), components, strict=True):
        assert np.array_equal(component, samples.samples[y0:y1, x0:x1])


@fewer
@given(grids(), packings(), st.integers(0, 3))
def test_components_of_any_sign_and_depth_in_any_package(grid, packing, reduce):
    reduce = min(reduce, grid.levels)
    components = noise_on(grid, 1, "u1") + noise_on(grid, 1, "i2", bits=12) + noise_on(grid, 1, "u4", bits=20)
    try:
        expected = htj2k.decode_components(compose(components, grid), reduce=reduce)
    except htj2k.UnsupportedError:  # it is empty there
        return
    packed = repack(components, grid, packing)
    for found, samples in zip(htj2k.decode_components(packed, reduce=reduce), expected, strict=True):
        assert found.dtype == samples.dtype
        assert np.array_equal(found, samples)


def spots_on(grid: Grid, count: int, bits: int) -> list[Component]:
    """Coefficients are zero, but for some: a significance propagation pass has what to do.

    Far from the ends of the range, as what refinement passes get below them doubles all.
    """
    return [
        Component(c.samples * (noise(c.samples.shape, "u1", seed=9) % 6 == 0), bits=bits)
        for c in noise_on(grid, count, "i2", bits=4)
    ]


@fewer
@given(grids(), packings(refine=(0, 1)), st.sampled_from([None, 24, 30]), st.integers(0, 2**32), st.integers(1, 3))
def test_refinement_passes_in_any_package(grid, packing, depth_beside, content, threads):
    """Of random bytes, as OpenJPH decodes them from one layer; also beside a component decoded in 64 bits."""
    components = spots_on(grid, 2, bits=12)
    if depth_beside is not None:
        components += noise_on(grid, 1, "i4", bits=depth_beside)
    packing.refinement = random.Random(content)
    packed = repack(components, grid, packing)
    one_layer = Packing(random.Random(0), refine=packing.refine, refinement=random.Random(content))
    expected = htj2k.decode(repack(components, grid, one_layer), engine="openjph")
    assert np.array_equal(htj2k.decode(packed, engine="native", threads=threads), expected)


LAYERED_GRID = Grid((0, 0, 40, 30), levels=2, precincts=((3, 3), (4, 4)))


@fewer
@given(packings(), st.data())
def test_what_is_missing_is_missed(packing, data):
    """Cut anywhere before the last packet's end, it does not decode."""
    packed = repack(noise_on(LAYERED_GRID, 2, "u1"), LAYERED_GRID, packing)
    at = data.draw(st.integers(0, len(packed) - 1))
    with pytest.raises(htj2k.HTJ2KError):
        htj2k.decode(packed[:at])


@pytest.mark.parametrize("last", [(0, 2, 0, 256, 3), (0, 33, 0, 1, 3), (0, 33, 0, 256, 2)])
def test_progressions_that_leave_packets_out(last):
    packing = Packing(random.Random(1), layers=3, changes=[(*last, "RPCL")])
    with pytest.raises(AssertionError):  # the packer sees it, too
        repack(noise_on(LAYERED_GRID, 2, "u1"), LAYERED_GRID, packing)
    packing = Packing(random.Random(1), layers=3, changes=[(*last, "RPCL"), (0, 33, 0, 256, 3, "LRCP")])
    whole = repack(noise_on(LAYERED_GRID, 2, "u1"), LAYERED_GRID, packing)
    only_first = whole.replace(b"\xff\x5f\x00\x10", b"\xff\x5f\x00\x09", 1)
    start = only_first.index(b"\xff\x5f\x00\x09") + 11
    with pytest.raises(htj2k.CodestreamError, match=r"POC leave out \d+ packets"):
        htj2k.decode(only_first[:start] + only_first[start + 7 :])
