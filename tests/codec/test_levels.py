"""All resolutions from one decode: each is what a decode of that resolution alone gives."""

from __future__ import annotations

import csv
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

import htj2k
from htj2k._checksum import checksum_levels
from images import ct_like, hard_edges, noise
from oracle import checksum
from streams import (
    COD,
    QCC,
    QCD,
    SIZ,
    SOT,
    body_of,
    coc,
    find,
    insert,
    insert_in_tile,
    patch,
    segment,
    segments,
    with_body,
)
from subsampled import Component, Grid, compose

SHAPES = [(1, 1), (1, 77), (91, 1), (37, 53), (130, 200), (48, 61, 3), (21, 23, 5)]
LAYOUTS: dict[str, dict[str, Any]] = {
    "default": {},
    "five levels": {"num_decompositions": 5},
    "tiles": {"tile_size": (32, 24)},
    "tiles of odd size": {"tile_size": (37, 19), "num_decompositions": 4, "progression_order": "PCRL"},
    "tiles of one row": {"tile_size": (1, 64)},
}


def check(
    codestream: bytes, *, reduce: int = 0, engine: str | None = "native", **options: Any
) -> list[np.ndarray]:
    levels = htj2k.decode_levels(codestream, reduce=reduce, engine=engine, **options)
    lowest = reduce + len(levels) - 1
    with pytest.raises(ValueError, match=f"has {lowest} decomposition levels"):
        htj2k.decode(codestream, reduce=lowest + 1)
    for k, pixels in zip(range(lowest, reduce - 1, -1), levels, strict=True):
        alone = htj2k.decode(codestream, reduce=k, engine=engine, clamp=options.get("clamp", "precision"))
        assert pixels.dtype == alone.dtype
        assert np.array_equal(pixels, alone), k
    return levels


def check_checksums(codestream: bytes, levels: list[np.ndarray], clamp: Any = "precision") -> None:
    """Also without and with pixels, and the extremes: those of the largest."""
    last = len(levels) - 1
    for wants_pixels in (False, True):
        found = checksum_levels(codestream, 0, last, clamp=clamp, wants_extremes=True, wants_pixels=wants_pixels)
        assert [level.checksum for level in found.levels.values()] == [checksum(level) for level in levels]
        assert [(level.height, level.width) for level in found.levels.values()] == [a.shape[:2] for a in levels]
        assert found.extremes == (levels[-1].min(), levels[-1].max())
        assert not wants_pixels or np.array_equal(found.pixels, levels[-1])


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2"])
@pytest.mark.parametrize("shape", SHAPES)
def test_reversible(shape, dtype, layout):
    codestream = htj2k.encode(noise(shape, dtype), **layout)
    check_checksums(codestream, check(codestream))


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("dtype", ["u1", "i2"])
@pytest.mark.parametrize("shape", SHAPES)
def test_irreversible(shape, dtype, layout):
    codestream = htj2k.encode(noise(shape, dtype), qstep=1 / 512, **layout)
    check(codestream)
    check(codestream, engine="openjph")
    check(codestream, engine=None)


@pytest.mark.parametrize("threads", [1, 2, 3, 8])
@pytest.mark.parametrize("options", [{}, {"tile_size": (64, 48)}, {"qstep": 0.01}])
def test_threads(options, threads):
    codestream = htj2k.encode(noise((200, 170, 3), "u1"), num_decompositions=4, **options)
    check(codestream, threads=threads)


def test_part_of_the_levels():
    pixels = ct_like((200, 160))
    codestream = htj2k.encode(pixels, num_decompositions=4)
    every = check(codestream)
    for reduce in range(5):
        assert [a.shape for a in check(codestream, reduce=reduce)] == [a.shape for a in every[: 5 - reduce]]
        for lower in range(5 - reduce):
            some = htj2k.decode_levels(codestream, reduce=reduce, lower=lower)
            expected = every[4 - reduce - lower : 5 - reduce]
            assert all(np.array_equal(*pair) for pair in zip(some, expected, strict=True))
    prefix = codestream[: htj2k.read_info(codestream).resolutions[2].byte_range[1]]
    assert len(htj2k.decode_levels(prefix, reduce=2)) == 3


@pytest.mark.parametrize("clamp", ["precision", "container"])
def test_clamps(clamp):
    codestream = htj2k.encode(hard_edges((64, 64), "i2") // 16, bits_stored=12, num_decompositions=3)
    check_checksums(codestream, check(codestream, clamp=clamp), clamp)


@pytest.mark.parametrize("dtype", ["u4", "i4"])
@pytest.mark.parametrize("bits", [17, 24, 27, 28])
def test_depths_of_32_and_of_64_bit_blocks(bits, dtype):
    codestream = htj2k.encode(noise((40, 50), dtype, bits=bits), bits_stored=bits, num_decompositions=3)
    check_checksums(codestream, check(codestream))


def test_depths_without_reduced_sizes():
    codestream = htj2k.encode(noise((40, 50), "u4"))
    with pytest.raises(htj2k.UnsupportedError, match="28 bits"):
        htj2k.decode_levels(codestream)
    assert np.array_equal(htj2k.decode_levels(codestream, lower=0)[0], htj2k.decode(codestream))


@pytest.mark.parametrize("bits", range(9, 17))
@pytest.mark.parametrize("options", [{}, {"tile_size": (40, 48)}])
def test_values_that_leave_16_bits_on_the_way(bits, options):
    """Then decoding starts again in 32 bits, when many rows of each resolution are written already."""
    pixels = np.zeros((160, 80), np.int16)
    for row, value in ((20, -(1 << (bits - 1))), (151, (1 << (bits - 1)) - 1)):
        pixels[row, 10::7] = value
        pixels[row + 1, 13::7] = ~value
    for image in (pixels, np.stack([pixels, pixels[::-1], pixels[:, ::-1]], -1)):
        codestream = htj2k.encode(image, bits_stored=bits, num_decompositions=3, **options)
        check_checksums(codestream, check(codestream, threads=1))
        check(codestream, threads=2)


def raise_exponents(codestream: bytes, by: list[int]) -> bytes:
    """Reversible exponents in QCD, base first: coefficients of such a subband become 2^by times what they were."""
    start = find(codestream, QCD) + 5
    exponents = codestream[start : start + len(by)]
    raised = bytes(old + (more << 3) for old, more in zip(exponents, by, strict=True))
    return codestream[:start] + raised + codestream[start + len(by) :]


@given(st.lists(st.integers(0, 18), min_size=10, max_size=10), st.sampled_from(["i1", "i2"]), st.booleans())
def test_streams_that_were_made_to_overflow(by, dtype, color):
    """In whichever type a value wraps: the levels do not depend on what is above them."""
    codestream = htj2k.encode(
        noise((24, 30, 3) if color else (24, 30), dtype, bits=6), bits_stored=6, num_decompositions=3
    )
    check(raise_exponents(codestream, by), threads=1)


def test_a_high_subband_that_takes_64_bits():
    plain = htj2k.encode(noise((64, 64), "i2", bits=12), bits_stored=12, num_decompositions=2)
    check(raise_exponents(plain, [16, 15, 15, 15, 0, 0, 18]))


@pytest.mark.parametrize("clamp", ["precision", "container"])
def test_samples_beyond_the_range(clamp):
    """The same coefficients, declared to be of 7 bits."""
    codestream = patch(htj2k.encode(noise((64, 64, 3), "i1"), num_decompositions=2), SIZ, 40, 0x86)
    for component in (1, 2):
        codestream = patch(codestream, SIZ, 40 + 3 * component, 0x86)
    levels = check(codestream, clamp=clamp)
    check_checksums(codestream, levels, clamp)
    assert levels[-1].max() == (63 if clamp == "precision" else 127)


def cut(codestream: bytes, code: int) -> bytes:
    start = find(codestream, code)
    return codestream[start : start + 2 + struct.unpack_from(">H", codestream, start + 2)[0]]


ONE_PART: dict[str, Any] = {"tile_parts": None, "progression_order": "CPRL", "tlm": False}


def test_a_tile_with_levels_of_its_own():
    pixels = noise((70, 90), "u2", bits=12)
    two = htj2k.encode(pixels, bits_stored=12, num_decompositions=2, **ONE_PART)
    four = htj2k.encode(pixels, bits_stored=12, num_decompositions=4, **ONE_PART)
    main, tile = four[: segments(four)[-1][2]], two[segments(two)[-1][2] :]
    assert len(check(insert_in_tile(main + tile, cut(two, COD) + cut(two, QCD)))) == 3


@pytest.mark.parametrize("levels", [(3, 3), (2, 6), (6, 2), (1, 7)])
@pytest.mark.parametrize("lossy", [(False, True), (True, False), (False, False), (True, True)])
def test_components_with_levels_and_wavelets_of_their_own(lossy, levels):
    """Resolutions are counted down from the full size, and 9/7 gives its rows earlier than 5/3."""
    pixels = noise((150, 90, 2), "u1")
    options = [
        {"num_decompositions": n, **ONE_PART} | ({"qstep": 0.01} if is_lossy else {})
        for n, is_lossy in zip(levels, lossy, strict=True)
    ]
    alone = [htj2k.encode(pixels[..., c], **options[c]) for c in range(2)]
    quantization = segment(QCC, b"\1" + cut(alone[1], QCD)[4:])
    both = insert(htj2k.encode(pixels, **options[0]), QCD, coc(1, levels[1], wavelet=int(not lossy[1])))
    both = insert(both, SOT, quantization)
    assert len(check(with_body(both, body_of(alone[0]) + body_of(alone[1])))) == min(levels) + 1


def test_what_only_openjph_decodes():
    luma, chroma = Component(noise((40, 50), "u1")), Component(noise((20, 25), "u1"), 2, 2)
    stream = compose([luma, chroma, chroma], Grid((0, 0, 50, 40)))
    check(stream, engine=None)
    check_checksums(stream, htj2k.decode_levels(stream))


@st.composite
def streams(draw: st.DrawFn) -> bytes:
    shape = tuple(draw(st.integers(1, 90)) for _ in range(2)) + draw(st.sampled_from([(), (2,), (3,), (4,)]))
    options: dict[str, Any] = {"num_decompositions": draw(st.integers(1, 8))}
    if draw(st.booleans()):
        options["tile_size"] = (draw(st.integers(2, 60)), draw(st.integers(2, 60)))
    if draw(st.booleans()):
        options["qstep"] = draw(st.sampled_from([0.5, 0.01, 1 / 512]))
    bits = draw(st.integers(5, 16))
    pixels = noise(shape, draw(st.sampled_from(["u2", "i2"])), draw(st.integers(0, 9)), bits)
    try:
        return htj2k.encode(pixels, bits_stored=bits, **options)
    except ValueError as error:  # tiles of one row or column
        if "not lossless for these pixels" not in str(error):
            raise
        reject()


@given(streams(), st.integers(1, 3), st.sampled_from([None, "native"]))
def test_any_stream(codestream, threads, engine):
    check(codestream, threads=threads, engine=engine)


def test_the_standards_own_images(test_data):
    """Tiles, offsets, component transforms and levels of all kinds."""
    with (test_data / "corpus/EXPECTED.tsv").open(newline="") as table:
        paths = {
            r["path"]
            for r in csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE)
            if "iso_ht" in r["path"]
        }
    compared = 0
    for path in sorted(paths):
        codestream = (test_data / "corpus" / path).read_bytes()
        try:
            for reduce in range(htj2k.read_info(codestream).num_decompositions + 1):
                htj2k.decode(codestream, engine="native", reduce=reduce)
        except (htj2k.UnsupportedError, ValueError):  # no such resolution
            continue
        compared += len(check(codestream)) > 1
    assert compared >= 10


def test_damage_is_an_error():
    codestream = htj2k.encode(ct_like((150, 140)), num_decompositions=1)
    damaged = codestream[:-4] + b"\xff\xff" + codestream[-2:]
    for call in (htj2k.decode_levels, htj2k.codestream_checksums):
        with pytest.raises(htj2k.CodestreamError, match="resolution 1, precinct 0, HH codeblock"):
            call(damaged)
    assert len(htj2k.decode_levels(damaged, reduce=1)) == 1
    with pytest.raises(htj2k.TruncatedError):
        htj2k.decode_levels(codestream[:-3])


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"reduce": 3}, ValueError, "reduce is 3; this codestream has 2"),
        ({"lower": 3}, ValueError, "lower is 3; this codestream has 2 resolutions below that of reduce=0"),
        ({"reduce": 1, "lower": 2}, ValueError, "lower is 2; this codestream has 1 resolutions below"),
        ({"lower": -1}, ValueError, "lower is -1"),
        ({"lower": True}, TypeError, "lower must be an integer"),
        ({"engine": "kakadu"}, ValueError, "engine is 'kakadu'"),
        ({"threads": 0}, ValueError, "threads is 0"),
        ({"max_pixels": 100}, htj2k.LimitError, "max_pixels"),
    ],
)
def test_refused_arguments(options, error, text):
    with pytest.raises(error, match=text):
        htj2k.decode_levels(htj2k.encode(ct_like((24, 20)), num_decompositions=2), **options)
