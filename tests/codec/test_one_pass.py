"""Calls that do several things in one pass give what the single calls give, whatever came before them."""

from __future__ import annotations

import csv
from typing import Any

import numpy as np
import pytest

import htj2k
import oracle
from htj2k import ChecksumMismatch, ResolutionChecksum, UnsupportedError
from images import ct_like, hard_edges, noise

IMAGES = {
    "i2": ct_like((93, 70)),
    "u1": noise((61, 33), "u1"),
    "i1": noise((5, 3), "i1"),
    "u4": noise((40, 31), "u4"),
    "i4": noise((31, 40), "i4"),
    "bool": noise((17, 30), "u1", bits=1).astype(bool),
    "rgb": noise((50, 41, 3), "u1"),
    "rgb i4": noise((20, 41, 3), "i4", bits=20),
    "4 components": noise((33, 20, 4), "u2"),
    "edges": hard_edges((64, 64), "u1"),
    "12 of 16 bits": noise((64, 64), "u2", bits=12),
}
OPTIONS: dict[str, dict[str, Any]] = {"12 of 16 bits": {"bits_stored": 12}, "rgb i4": {"bits_stored": 20}}


@pytest.fixture(params=IMAGES)
def image(request: pytest.FixtureRequest) -> tuple[np.ndarray, dict[str, Any]]:
    return IMAGES[request.param], OPTIONS.get(request.param, {})


def test_encode_with_checksums(image: Any) -> None:
    pixels, options = image
    encoded = htj2k.encode_with_checksums(pixels, **options)
    assert encoded.codestream == htj2k.encode(pixels, **options)
    levels = len(encoded.checksums) - 1
    expected = oracle.checksums(pixels, levels, color_transform=pixels.shape[2:] == (3,), **options)
    assert [(c.width, c.height, c.checksum) for c in encoded.checksums] == expected
    assert (encoded.min_value, encoded.max_value) == (int(pixels.min()), int(pixels.max()))
    assert htj2k.verify(encoded.codestream, encoded.checksums)


def test_encode_with_checksums_of_masked_samples() -> None:
    pixels = noise((40, 40), "u2", bits=12)
    stray = pixels | 0x5000
    encoded = htj2k.encode_with_checksums(stray, bits_stored=12, mask_unused_bits=True)
    assert list(encoded.checksums) == htj2k.pixel_checksums(pixels, bits_stored=12)
    assert (encoded.min_value, encoded.max_value) == (int(pixels.min()), int(pixels.max()))


@pytest.mark.parametrize("clamp", ["precision", "container"])
def test_encode_with_checksums_clamps(clamp: Any) -> None:
    pixels = (hard_edges((64, 64), "u1").astype("u2") * 16).clip(0, 4095)
    encoded = htj2k.encode_with_checksums(pixels, bits_stored=12, clamp=clamp)
    assert list(encoded.checksums) == htj2k.pixel_checksums(pixels, bits_stored=12, clamp=clamp)
    other = "container" if clamp == "precision" else "precision"
    assert list(encoded.checksums) != htj2k.pixel_checksums(pixels, bits_stored=12, clamp=other)


@pytest.mark.parametrize("options", [{"qstep": 0.01}, {"tile_size": (32, 32)}])
def test_encode_with_checksums_refuses_what_has_none(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="single tile"):
        htj2k.encode_with_checksums(noise((64, 64), "u1"), **options)


def test_decode_with_checksum(image: Any) -> None:
    pixels, options = image
    stream = htj2k.encode(pixels, **options)
    out = np.empty((*pixels.shape, 2), htj2k.decode(stream).dtype)[..., 0]  # with gaps between the samples
    for reduce in range(2 if pixels.dtype.itemsize < 4 or options else 1):
        single = htj2k.decode(stream, reduce=reduce)
        decoded, checksum = htj2k.decode_with_checksum(stream, reduce=reduce)
        assert np.array_equal(decoded, single)
        assert checksum.checksum == oracle.checksum(single)
        assert (checksum.width, checksum.height) == single.shape[1::-1]
        decoded, again = htj2k.decode_with_checksum(
            stream, reduce=reduce, out=out[: single.shape[0], : single.shape[1]]
        )
        assert np.array_equal(decoded, single)
        assert again == checksum


def test_all_levels_of_32_bit_samples() -> None:
    """Reduced decodes of more than 28 bits are refused, but their checksums follow from the full size."""
    pixels = noise((40, 31), "u4")
    encoded = htj2k.encode_with_checksums(pixels)
    assert htj2k.verify(encoded.codestream, encoded.checksums)
    with pytest.raises(UnsupportedError, match="28 bits"):
        htj2k.codestream_checksums(encoded.codestream, decode_each_level=True)


def conventions(data: bytes) -> tuple[Any, ...]:
    """The clamp conventions that differ for such samples."""
    fills = all(component.bit_depth in (8, 16, 32) for component in htj2k.read_info(data).components)
    return ("precision",) if fills else ("precision", "container")


def test_one_decode_is_each_decode(test_data: Any) -> None:
    """On files that others encoded: what follows from the full size is what a reduced decode gives."""
    with (test_data / "corpus/MANIFEST.tsv").open(newline="") as table:
        paths = [row["path"] for row in csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE)]
    compared = 0
    for path in paths:
        data = (test_data / "corpus" / path).read_bytes()
        if not htj2k.is_htj2k(data):
            continue
        for clamp in conventions(data):
            try:
                each = htj2k.codestream_checksums(data, clamp=clamp, decode_each_level=True)
            except htj2k.HTJ2KError:
                continue
            assert htj2k.codestream_checksums(data, clamp=clamp) == each, path
            compared += len(each) > 1
    assert compared >= 80


def test_samples_beyond_the_range_are_not_taken_for_it() -> None:
    """The levels below follow from the samples before they are clamped, also where these overshoot."""
    full = noise((64, 64), "u1")
    low = htj2k.encode(full)
    # The same coefficients, declared to be of 7 bits: many samples lie outside [0, 127] before clamping.
    siz = low.index(b"\xff\x51")
    narrow = low[: siz + 40] + b"\x06" + low[siz + 41 :]
    assert htj2k.codestream_checksums(narrow) == htj2k.codestream_checksums(narrow, decode_each_level=True)
    assert htj2k.decode(narrow).max() == 127


CODESTREAM = htj2k.encode(IMAGES["12 of 16 bits"], bits_stored=12, num_decompositions=3)
EXPECTED = htj2k.pixel_checksums(IMAGES["12 of 16 bits"], bits_stored=12, num_decompositions=3)


def wrong(record: ResolutionChecksum) -> ResolutionChecksum:
    return ResolutionChecksum(record.width, record.height, record.checksum ^ 1)


@pytest.mark.parametrize("reduce", range(4))
def test_decode_verified(reduce: int) -> None:
    pixels = htj2k.decode_verified(CODESTREAM, EXPECTED, reduce=reduce)
    assert np.array_equal(pixels, htj2k.decode(CODESTREAM, reduce=reduce))
    full_is_wrong = [*EXPECTED[:-1], wrong(EXPECTED[-1])]
    base_is_wrong = [wrong(EXPECTED[0]), *EXPECTED[1:]]
    out = np.ones_like(pixels)
    for expected in (base_is_wrong, full_is_wrong):
        if expected is full_is_wrong and reduce > 0:
            assert np.array_equal(htj2k.decode_verified(CODESTREAM, expected, reduce=reduce), pixels)
            continue
        with pytest.raises(ChecksumMismatch, match="expected"):
            htj2k.decode_verified(CODESTREAM, expected, reduce=reduce, out=out)
        assert not out.any()


def test_decode_verified_wants_a_checksum_of_what_it_decodes() -> None:
    with pytest.raises(ChecksumMismatch, match="no checksum of 32x32"):
        htj2k.decode_verified(CODESTREAM, [EXPECTED[0], EXPECTED[-1]], reduce=1)
    with pytest.raises(ChecksumMismatch, match="no checksum of 64x64"):
        htj2k.decode_verified(CODESTREAM, [])
    with pytest.raises(ChecksumMismatch, match="no checksum of 32x32"):
        htj2k.decode_verified(CODESTREAM, EXPECTED[-1].checksum, reduce=1)
    assert htj2k.decode_verified(CODESTREAM, EXPECTED[-1].checksum).shape == (64, 64)
    with pytest.raises(ValueError, match="3 decomposition levels"):
        htj2k.decode_verified(CODESTREAM, EXPECTED, reduce=4)


def test_decode_verified_compares_extremes_of_the_full_size_only() -> None:
    frame = {
        "ImageDataChecksumFromBaseToFullResolution": [record.to_dict() for record in EXPECTED],
        "MinPixelValue": int(IMAGES["12 of 16 bits"].min()),
        "MaxPixelValue": 1,
    }
    with pytest.raises(ChecksumMismatch, match="MaxPixelValue"):
        htj2k.decode_verified(CODESTREAM, frame)
    assert htj2k.decode_verified(CODESTREAM, frame, reduce=1).shape == (32, 32)


def test_decode_verified_in_the_convention_that_matches() -> None:
    pixels = (hard_edges((64, 64), "u1").astype("u2") * 16).clip(0, 4095)
    stream = htj2k.encode(pixels, bits_stored=12)
    container = htj2k.pixel_checksums(pixels, bits_stored=12, clamp="container")
    assert htj2k.decode_verified(stream, container, reduce=1).max() > 4095
    with pytest.raises(ChecksumMismatch, match="which it has when clamped to the container"):
        htj2k.decode_verified(stream, container, clamp="precision")


def test_flipped_bits_never_give_a_wrong_array() -> None:
    """CK-01: HTJ2K itself notices few of them."""
    pixels = IMAGES["12 of 16 bits"]
    start = CODESTREAM.index(b"\xff\x93") + 2
    rng = np.random.default_rng(5)
    mismatches = 0
    for _ in range(400):
        data = bytearray(CODESTREAM)
        data[rng.integers(start, len(data))] ^= 1 << rng.integers(8)
        try:
            assert np.array_equal(htj2k.decode_verified(bytes(data), EXPECTED), pixels)
        except ChecksumMismatch:
            mismatches += 1
        except htj2k.HTJ2KError:
            pass
    assert mismatches > 200


def test_nothing_of_the_former_image_is_left(image: Any) -> None:
    """WP-14: codec objects are used again, after images of every other kind and after failures."""
    pixels, options = image
    stream = htj2k.encode(pixels, **options)
    decoded = htj2k.decode(stream)
    kept = decoded.copy()
    others = [name for name in IMAGES if IMAGES[name] is not pixels]
    for name in others:
        other = htj2k.encode(IMAGES[name], **OPTIONS.get(name, {}))
        lossy = htj2k.encode(
            IMAGES[name].astype("u1"),
            qstep=0.01,
            tile_size=(16, 16),
            progression_order="LRCP",
            block_size=(16, 32),
        )
        for before in (other, lossy):
            htj2k.decode(before, reduce=1) if IMAGES[name].dtype.itemsize < 4 or before is lossy else None
            with pytest.raises(htj2k.HTJ2KError):
                htj2k.decode(before[:-40] + bytes(38) + before[-2:])
            with pytest.raises(ValueError, match="does not fit"):
                htj2k.encode(np.full((9, 9), 200, "u1"), bits_stored=7)
            assert np.array_equal(htj2k.decode(stream), kept)
            assert htj2k.encode(pixels, **options) == stream
    assert np.array_equal(decoded, kept)  # and it is no window onto the codec's memory
