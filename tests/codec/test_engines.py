"""The two decode engines: the same pixels from both, with any number of threads, and the choice between them."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

import htj2k
from images import ct_like, hard_edges, noise
from streams import COD, QCD, SIZ, TLM, coc, find, insert, lower_exponents, patch, segment

SHAPES = [(1, 1), (1, 77), (91, 1), (2, 2), (37, 53), (130, 200), (48, 61, 3), (33, 35, 2), (21, 23, 5)]
LAYOUTS = {
    "default": {},
    "five levels": {"num_decompositions": 5},
    "tiles": {"tile_size": (32, 24)},
    "tiles of odd size, precincts": {
        "tile_size": (37, 19),
        "precinct_sizes": [(16, 32)],
        "progression_order": "PCRL",
    },
    "wide blocks": {"block_size": (1024, 4), "progression_order": "LRCP"},
    "high blocks": {"block_size": (4, 1024), "progression_order": "RLCP"},
    "small blocks": {"block_size": (4, 8), "progression_order": "CPRL", "tile_parts": "C"},
}


def engine_pixels(codestream: bytes, reduce: int = 0, **options: object) -> list[np.ndarray]:
    other = htj2k.decode(codestream, engine="openjph", reduce=reduce)
    return [other, htj2k.decode(codestream, engine="native", reduce=reduce, **options)]


def check_equal(codestream: bytes, reduce: int = 0, *, within: int = 0, **options: object) -> None:
    other, native = engine_pixels(codestream, reduce, **options)
    assert native.dtype == other.dtype
    assert native.shape == other.shape
    assert np.abs(native.astype(np.int64) - other.astype(np.int64)).max() <= within


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2"])
@pytest.mark.parametrize("shape", SHAPES)
def test_reversible_pixels_are_equal(shape, dtype, layout):
    pixels = noise(shape, dtype)
    codestream = htj2k.encode(pixels, **layout)
    assert np.array_equal(htj2k.decode(codestream, engine="native"), pixels)
    for reduce in range(htj2k.read_info(codestream).num_decompositions + 1):
        check_equal(codestream, reduce)


@pytest.mark.parametrize("dtype", ["u4", "i4"])
@pytest.mark.parametrize("bits", [17, 24, 27, 28, 29, 30, 31, 32])
def test_depths_of_32_and_of_64_bit_blocks(bits, dtype):
    pixels = noise((40, 50), dtype, bits=bits)
    codestream = htj2k.encode(pixels, bits_stored=bits)
    assert np.array_equal(htj2k.decode(codestream, engine="native"), pixels)
    if bits <= 28:
        check_equal(codestream, 1)


@pytest.mark.parametrize("guard_bits", range(1, 8))
@pytest.mark.parametrize("by", [15, 20])
def test_more_bit_planes_than_samples_need(by, guard_bits):
    """QCD may give samples of 8 bits more planes than 32-bit blocks have."""
    pixels = 128 + noise((60, 50), "u1") // 64  # beyond 32 bits OpenJPH's lines wrap
    codestream = lower_exponents(htj2k.encode(pixels), -by)
    assert codestream[find(codestream, QCD) + 4] == 0x20
    for reduce in (0, 1):
        check_equal(patch(codestream, QCD, 4, guard_bits << 5), reduce)


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("dtype", ["u1", "i2"])
@pytest.mark.parametrize("shape", SHAPES)
def test_irreversible_pixels_differ_by_rounding_alone(shape, dtype, layout):
    codestream = htj2k.encode(noise(shape, dtype), qstep=1 / 512, **layout)
    for reduce in range(htj2k.read_info(codestream).num_decompositions + 1):
        check_equal(codestream, reduce, within=1)


@pytest.mark.parametrize("clamp", ["precision", "container"])
def test_both_clamp_alike(clamp):
    for pixels, bits in ((hard_edges((64, 64), "i2") // 16, 12), (hard_edges((64, 64), "u1"), 8)):
        codestream = htj2k.encode(pixels, bits_stored=bits)
        decoded = [htj2k.decode(codestream, reduce=1, clamp=clamp, engine=e) for e in ("openjph", "native")]
        assert np.array_equal(*decoded)


@pytest.mark.parametrize("bits", range(9, 17))
@pytest.mark.parametrize("dtype", ["u2", "i2"])
def test_values_that_leave_16_bits_on_the_way(bits, dtype):
    """Single samples at the ends of the range, in a quiet image: their high passes are the largest there are."""
    pixels = np.zeros((96, 80), dtype)
    low = -(1 << (bits - 1)) if dtype == "i2" else 0
    for row, value in ((20, low), (91, low + (1 << bits) - 1)):  # the second overflow comes after many good rows
        pixels[row, 10::7] = value
        pixels[row + 1, 13::7] = value ^ -1 if dtype == "i2" else (1 << bits) - 1 - value
    codestream = htj2k.encode(pixels, bits_stored=bits)
    assert np.array_equal(htj2k.decode(codestream, engine="native"), pixels)
    color = htj2k.encode(np.stack([pixels, pixels[::-1], pixels[:, ::-1]], -1), bits_stored=bits)
    for reduce in range(htj2k.read_info(color).num_decompositions + 1):
        check_equal(color, reduce)


@pytest.mark.parametrize("threads", [1, 2, 3, 8])
@pytest.mark.parametrize("options", [{}, {"tile_size": (64, 48)}, {"block_size": (8, 8)}, {"qstep": 0.01}])
def test_the_number_of_threads_does_not_show(options, threads):
    codestream = htj2k.encode(noise((200, 170, 3), "u1"), **options)
    expected = htj2k.decode(codestream, engine="native", threads=1)
    for _ in range(5):
        assert np.array_equal(htj2k.decode(codestream, engine="native", threads=threads), expected)


def damaged_block(pixels: np.ndarray) -> bytes:
    """The last two bytes of the last codeblock are its MEL and VLC length, which now is too large."""
    codestream = htj2k.encode(pixels, num_decompositions=1)
    return codestream[:-4] + b"\xff\xff" + codestream[-2:]


@pytest.mark.parametrize("threads", [1, 2])
def test_damage_is_named(threads):
    with pytest.raises(htj2k.CodestreamError) as caught:
        htj2k.decode(damaged_block(ct_like((150, 140))), engine="native", threads=threads)
    where = "tile 0, component 0, resolution 1, precinct 0, HH codeblock (1, 1) is damaged"
    assert where in str(caught.value)
    assert caught.value.offset > 0


def test_strides_and_dtype_of_out():
    pixels = noise((40, 50), "u2", bits=9)
    codestream = htj2k.encode(pixels, bits_stored=9)
    out = np.zeros((50, 80), np.uint16).T[::2]
    assert np.array_equal(htj2k.decode(codestream, engine="native", out=out), pixels)
    wide = htj2k.decode(codestream, engine="native", dtype=np.int32)
    assert wide.dtype == np.int32
    assert np.array_equal(wide, pixels)


RGB = htj2k.encode(noise((24, 20, 3), "u1"))
ONLY_NATIVE = {
    "SOP with COC": insert(RGB, QCD, coc(2, 1)),
    "bytes like a marker": insert(RGB, TLM, segment(0xFF6F, b"a\xff\x52b")),
}
ONLY_NATIVE["SOP with COC"] = patch(ONLY_NATIVE["SOP with COC"], COD, 4, 2)


@pytest.mark.parametrize("codestream", ONLY_NATIVE.values(), ids=ONLY_NATIVE)
def test_the_automatic_choice_takes_the_one_that_can(codestream):
    with pytest.raises(htj2k.UnsupportedError):
        htj2k.decode(codestream, engine="openjph")
    assert np.array_equal(htj2k.decode(codestream), htj2k.decode(RGB))
    assert htj2k.read_info(codestream).undecodable is None


def test_what_neither_decodes_is_refused_by_name():
    with pytest.raises(htj2k.UnsupportedError, match="bit depth of 33"):
        htj2k.decode(patch(htj2k.encode(ct_like((24, 20))), SIZ, 40, 32))


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"engine": "kakadu"}, ValueError, "engine is 'kakadu'; expected one of 'openjph', 'native'"),
        ({"threads": 0}, ValueError, "threads is 0"),
        ({"threads": 1.5}, TypeError, "threads must be an integer"),
    ],
)
def test_refused_arguments(options, error, text):
    with pytest.raises(error, match=text):
        htj2k.decode(RGB, **options)


@pytest.mark.parametrize(
    ("name", "outcome"), [("native", "CodestreamError"), ("mine", "ValueError"), ("", "decoded")]
)
def test_the_environment_variable(name, outcome):
    """Refused by the native engine with the codeblock's name, by OpenJPH's without it."""
    code = (
        "import sys, htj2k\n"
        "try:\n    htj2k.decode(sys.stdin.buffer.read()); print('decoded')\n"
        "except Exception as e: print(type(e).__name__, e)"
    )
    data = RGB if outcome == "decoded" else damaged_block(ct_like((150, 140)))
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"HTJ2K_ENGINE": name},
        input=data,
        capture_output=True,
        check=True,
    )
    printed = done.stdout.decode()
    assert printed.startswith(outcome)
    assert ("HH codeblock" in printed) == (name == "native")
    assert ("HTJ2K_ENGINE: no engine 'mine'; there are: openjph, native" in printed) == (name == "mine")


REGIONS = [
    (0, 1, 0, 1),
    (0, 130, 0, 101),
    (129, 130, 100, 101),
    (17, 18, 3, 90),
    (63, 66, 31, 33),
    (5, 120, 64, 65),
]


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("quality", [{}, {"qstep": 0.01}])
def test_a_region_is_the_crop_of_the_whole(quality, layout, region):
    codestream = htj2k.encode(noise((130, 101), "u2", bits=12), bits_stored=12, **quality, **layout)
    for reduce in range(htj2k.read_info(codestream).num_decompositions + 1):
        whole = htj2k.decode(codestream, engine="native", reduce=reduce)
        edges = [min(edge >> reduce, size - 1) for edge, size in zip(region[::2], whole.shape, strict=True)]
        row, column = edges
        stop = [
            min(row + (region[1] - region[0]), whole.shape[0]),
            min(column + region[3] - region[2], whole.shape[1]),
        ]
        part = htj2k.decode(
            codestream, reduce=reduce, region=(row, stop[0], column, stop[1]), threads=1 + reduce % 3
        )
        assert np.array_equal(part, whole[row : stop[0], column : stop[1]])


def test_a_region_of_a_color_image():
    codestream = htj2k.encode(noise((90, 120, 3), "u1"), tile_size=(32, 48))
    whole = htj2k.decode(codestream)
    out = np.empty((33, 50, 3), np.uint8)
    assert htj2k.decode(codestream, region=(20, 53, 41, 91), out=out) is out
    assert np.array_equal(out, whole[20:53, 41:91])


def test_codeblocks_outside_of_a_region_are_not_decoded():
    codestream = damaged_block(ct_like((150, 140)))
    assert htj2k.decode(codestream, region=(0, 100, 0, 100)).shape == (100, 100)
    with pytest.raises(htj2k.CodestreamError, match="HH codeblock"):
        htj2k.decode(codestream, region=(0, 150, 0, 140))


@pytest.mark.parametrize(
    ("region", "options", "error", "text"),
    [
        ((0, 25, 0, 1), {}, ValueError, "rows 0 to 25 and columns 0 to 1; the image has 24 rows and 20 columns"),
        ((5, 5, 0, 1), {}, ValueError, "rows 5 to 5"),
        ((0, 1, 0, 11), {"reduce": 1}, ValueError, "12 rows and 10 columns at this size"),
        ((0, 1, 0), {}, ValueError, "region has 3 numbers"),
        ((0, 1, 0, -1), {}, ValueError, "region is -1"),
        ("0101", {}, TypeError, "region must be a sequence"),
        ((0, 1, 0, 1), {"engine": "openjph"}, ValueError, "region needs engine='native'"),
    ],
)
def test_refused_regions(region, options, error, text):
    with pytest.raises(error, match=text):
        htj2k.decode(RGB, region=region, **options)
