"""Properties over everything that `encode` takes.

HYPOTHESIS_PROFILE=long makes it a long run; see conftest.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

import htj2k
from lossless import check_lossless
from oracle import decoded_dtype

DTYPES = ["?", "u1", "i1", "u2", "i2", "u4", "i4"]
ORDERS = ["LRCP", "RLCP", "RPCL", "PCRL", "CPRL"]
POWERS = [1 << n for n in range(2, 11)]
LENGTHS = st.one_of(st.integers(1, 9), st.integers(1, 140))


@st.composite
def depths(draw: st.DrawFn) -> tuple[np.dtype[Any], int]:
    dtype = np.dtype(draw(st.sampled_from(DTYPES)))
    width = 1 if dtype.kind == "b" else 8 * dtype.itemsize
    return dtype, draw(st.one_of(st.just(width), st.integers(1, width)))


@st.composite
def images(draw: st.DrawFn, dtype: np.dtype[Any], bits: int) -> np.ndarray[Any, Any]:
    """Noise, few values, smooth, or only the ends of the range; up to seven components."""
    shape = (draw(LENGTHS), draw(LENGTHS))
    components = draw(st.sampled_from([0, 0, 1, 2, 3, 3, 4, 7]))
    shape = (*shape, components) if components else shape
    low = -(1 << bits - 1) if dtype.kind == "i" else 0
    high = low + (1 << bits) - 1
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    kind = draw(st.sampled_from(["noise", "ends", "few", "smooth", "constant"]))
    if kind == "noise":
        samples = rng.integers(low, high + 1, shape)
    elif kind == "smooth":
        steps = np.indices(shape).sum(0) * max(1, (high - low) // 300) + rng.integers(0, 2, shape)
        samples = low + steps % (high - low + 1)
    else:
        values = {
            "ends": [low, high],
            "few": rng.integers(low, high + 1, 3),
            "constant": [rng.choice([low, high])],
        }
        samples = rng.choice(np.array(values[kind]), shape)
    return samples.astype(dtype)


@st.composite
def options(draw: st.DrawFn, shape: tuple[int, ...]) -> dict[str, Any]:
    """Legal parameters; tiles only sometimes, as nothing is promised of the levels of tiled images."""
    levels = draw(st.one_of(st.integers(1, 6), st.integers(1, 32)))
    rows = draw(st.sampled_from(POWERS))
    chosen: dict[str, Any] = {
        "num_decompositions": levels,
        "progression_order": draw(st.sampled_from(ORDERS)),
        "block_size": (rows, draw(st.sampled_from([n for n in POWERS if n * rows <= 4096]))),
        "tlm": draw(st.booleans()),
        "tile_parts": draw(st.sampled_from(["R", "", "C", "RC"])),
    }
    if draw(st.booleans()):
        count = draw(st.integers(1, min(3, levels + 1)))
        size = st.integers(1, 15).map(lambda n: 1 << n)
        chosen["precinct_sizes"] = draw(st.lists(st.tuples(size, size), min_size=count, max_size=count))
    if draw(st.integers(0, 3)) == 0:
        chosen["tile_size"] = (
            draw(st.integers(-(-shape[0] // 5), 200)),
            draw(st.integers(-(-shape[1] // 5), 200)),
        )
    if len(shape) == 3 and shape[2] >= 3:
        chosen["color_transform"] = draw(st.sampled_from([None, True, False]))
    return chosen


@st.composite
def encodings(draw: st.DrawFn) -> tuple[np.ndarray[Any, Any], dict[str, Any]]:
    dtype, bits = draw(depths())
    pixels = draw(images(dtype, bits))
    chosen = draw(options(pixels.shape))
    return pixels, {"bits_stored": bits, **chosen}


@given(encodings())
@example((np.zeros((2, 2), "u1"), {"tile_size": (1, 1)}))
def test_lossless_and_every_level_as_the_oracle_has_it(
    encoding: tuple[np.ndarray[Any, Any], dict[str, Any]],
) -> None:
    """Decode equals input, every level's checksum equals the oracle's, OpenJPEG agrees, verify says ok."""
    pixels, chosen = encoding
    try:
        check_lossless(pixels, **chosen)
    except ValueError as e:
        single = "single sample at odd coordinates" in str(e) and "tile_size" in chosen
        few = "are not lossless for these pixels: use fewer" in str(e) and chosen["bits_stored"] == 1
        if not single and not few:
            raise


@given(encodings(), st.data())
def test_lossless_without_levels(
    encoding: tuple[np.ndarray[Any, Any], dict[str, Any]], data: st.DataObject
) -> None:
    """With num_decompositions=0 an encoding is exact or refused."""
    pixels, chosen = encoding
    chosen |= {"num_decompositions": 0}
    chosen.pop("precinct_sizes", None)
    try:
        stream = htj2k.encode(pixels, **chosen)
    except ValueError as e:
        assert "num_decompositions=0" in str(e)  # noqa: PT017
        return
    expected = pixels[..., 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels
    assert np.array_equal(htj2k.decode(stream), expected)


@st.composite
def views(draw: st.DrawFn, array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The array through slices, transpositions, reversals, broadcasting, gaps and a foreign byte order."""
    for _ in range(draw(st.integers(0, 4))):
        what = draw(st.sampled_from(["slice", "swap", "broadcast", "order", "gaps", "offset", "fortran"]))
        if what == "slice":
            step = st.sampled_from([1, 2, 3, -1, -2])
            array = array[tuple(slice(None, None, draw(step)) for _ in range(2))]
        elif what == "swap":
            array = array.swapaxes(*draw(st.permutations(range(array.ndim)))[:2])
        elif what == "broadcast":
            axis = draw(st.integers(0, array.ndim - 1))
            array = np.broadcast_to(array.take([0], axis), array.shape)
        elif what == "order":
            array = array.astype(array.dtype.newbyteorder())
        elif what == "gaps":
            array = np.stack([array, array[::-1]], -1)[..., 0]
        elif what == "fortran":
            array = np.asfortranarray(array)
        else:  # not aligned to its samples
            raw = np.zeros(array.nbytes + 1, np.uint8)
            shifted = raw[1:].view(array.dtype).reshape(array.shape)
            shifted[...] = array
            array = shifted
    return array


@given(st.data())
def test_strides_and_byte_order_change_nothing(data: st.DataObject) -> None:
    dtype, bits = data.draw(depths())
    view = data.draw(views(data.draw(images(dtype, bits))))
    plain = np.ascontiguousarray(view, view.dtype.newbyteorder("="))
    assert np.array_equal(plain, view)
    levels = {"bits_stored": bits, "num_decompositions": 2}
    stream = htj2k.encode(view, **levels)
    assert stream == htj2k.encode(plain, **levels)
    assert htj2k.pixel_checksums(view, **levels) == htj2k.pixel_checksums(plain, **levels)
    encoded = htj2k.encode_with_checksums(view, **levels)
    assert encoded.codestream == stream
    assert (encoded.min_value, encoded.max_value) == (int(plain.min()), int(plain.max()))


@given(st.data())
def test_out_may_have_any_strides(data: st.DataObject) -> None:
    dtype, bits = data.draw(depths())
    pixels = data.draw(images(dtype, bits))
    pixels = pixels[..., 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels
    stream = htj2k.encode(pixels, bits_stored=bits, num_decompositions=2)
    large = np.zeros([2 * n + 1 for n in pixels.shape], decoded_dtype(bits, dtype.kind == "i"))
    order = data.draw(st.permutations(range(pixels.ndim)))
    canvas = np.ascontiguousarray(large.transpose(order)).transpose(np.argsort(order))
    step = st.sampled_from([1, 2, -1, -2])
    parts = []
    for n in pixels.shape:
        k = data.draw(step)
        start = data.draw(st.integers(0, 2 * n + 1 - (abs(k) * (n - 1) + 1)))
        positions = range(start, start + abs(k) * (n - 1) + 1, abs(k))
        first, stop = (positions[0], positions[-1] + 1) if k > 0 else (positions[-1], positions[0] - 1)
        parts.append(slice(first, None if stop < 0 else stop, k))
    out = canvas[tuple(parts)]
    assert out.shape == pixels.shape
    assert htj2k.decode(stream, out=out) is out
    assert np.array_equal(out, pixels)
    untouched = np.ones(canvas.shape, bool)
    untouched[tuple(parts)] = False
    assert not canvas[untouched].any()  # nothing is written beside it
