"""Non-linear point transforms (NLT, T.801 A.3.10 and K): type 0 and type 3, and what is refused of them."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest

import htj2k
from images import hard_edges, noise
from streams import NLT, QCD, SIZ, insert, insert_in_tile, patch, segment
from subsampled import Component, Grid, compose

ALL = 65535
OF_PART_2, OF_NLT = 0x8000, 0x0200  # Rsiz


def nlt(component: int, bits: int, kind: int = 3, *, signed: bool = True, more: bytes = b"") -> bytes:
    return segment(NLT, struct.pack(">HBB", component, bits - 1 | (0x80 if signed else 0), kind) + more)


def announced(codestream: bytes, *segments: bytes) -> bytes:
    return patch(insert(codestream, QCD, b"".join(segments)), SIZ, 4, 0x4000 | OF_PART_2 | OF_NLT, 2)


def restored(numbers: np.ndarray, bits: int) -> np.ndarray:
    """What type 3 makes of numbers: from -1 - m the pattern with sign bit 1 and magnitude m, read as a number."""
    patterns = np.where(numbers < 0, (1 << bits - 1) | ~numbers.astype(np.int64), numbers)
    return np.where(patterns >> bits - 1 == 1, patterns - (1 << bits), patterns).astype(numbers.dtype)


def test_the_definition_on_three_bits():
    """0 to 3 stay; -1, whose magnitude is 0, is the pattern 100, that is -4."""
    assert restored(np.arange(-4, 4, dtype=np.int8), 3).tolist() == [-1, -2, -3, -4, 0, 1, 2, 3]


@pytest.mark.parametrize("component", [0, ALL])
@pytest.mark.parametrize(("dtype", "bits"), [("i1", 8), ("i1", 5), ("i2", 16), ("i2", 12), ("i4", 24), ("i4", 32)])
def test_type_3_to_the_bit(dtype, bits, component):
    numbers = noise((70, 51), dtype, bits=bits)
    ends = [-(1 << bits - 1), -1, 0, 1, (1 << bits - 1) - 1]
    numbers.flat[: len(ends)] = ends
    stream = announced(htj2k.encode(numbers, bits_stored=bits), nlt(component, bits))
    for threads in (1, 3):
        assert np.array_equal(htj2k.decode(stream, threads=threads), restored(numbers, bits))
    assert np.array_equal(htj2k.decode_components(stream)[0], restored(numbers, bits))
    assert htj2k.read_info(stream).undecodable is None


def test_halves_come_back():
    """All 65536 patterns of float16, negative zero and NaNs too, coded in the order of their values."""
    halves = np.arange(65536, dtype=np.uint16).view(np.float16).reshape(256, 256)
    patterns = halves.view(np.int16)
    numbers = np.where(patterns < 0, ~(patterns & 0x7FFF), patterns).astype(np.int16)
    decoded = htj2k.decode(announced(htj2k.encode(numbers), nlt(0, 16)))
    assert decoded.tobytes() == halves.tobytes()


def test_every_16_bit_code():
    codes = np.arange(-32768, 32768, dtype=np.int16).reshape(256, 256)
    decoded = htj2k.decode(announced(htj2k.encode(codes), nlt(0, 16)))
    assert np.array_equal(decoded, restored(codes, 16))
    assert np.array_equal(np.unique(decoded), codes.ravel())


STREAMS = {
    "reversible": {},
    "tiles": {"tile_size": (32, 24)},
    "irreversible": {"qstep": 0.01},
    "coarse": {"qstep": 0.2},
}


@pytest.mark.parametrize("components", [1, 3])
@pytest.mark.parametrize("options", STREAMS.values(), ids=STREAMS)
@pytest.mark.parametrize("clamp", ["precision", "container"])
def test_numbers_out_of_range_do_not_change_their_sign(options, components, clamp):
    """At reduced sizes, and of lossy data, they are brought into the range first: only there type 3 is defined."""
    numbers = np.stack([np.roll(hard_edges((64, 60), "i2") // 16, n, 1) for n in range(components)], -1)
    plain = htj2k.encode(numbers.squeeze(), bits_stored=12, num_decompositions=3, **options)
    stream = announced(plain, nlt(ALL, 12))
    for reduce in range(4):
        expected = restored(htj2k.decode(plain, reduce=reduce, engine="native"), 12)
        assert np.array_equal(htj2k.decode(stream, reduce=reduce, clamp=clamp), expected)
        part = htj2k.decode(stream, reduce=reduce, region=(1, 7, 2, 6))
        assert np.array_equal(part, expected[1:7, 2:6])


@pytest.mark.parametrize("options", STREAMS.values(), ids=STREAMS)
def test_checksums_of_every_level(options):
    """The levels below are not low passes of such samples."""
    plain = htj2k.encode(noise((90, 70), "i2", bits=12), bits_stored=12, num_decompositions=3, **options)
    stream = announced(plain, nlt(0, 12))
    checksums = [c.checksum for c in htj2k.codestream_checksums(stream)]
    assert checksums == [zlib.crc32(htj2k.decode(stream, reduce=r).tobytes()) for r in (3, 2, 1, 0)]


@pytest.mark.parametrize("own_first", [False, True])
def test_a_components_own_segment_wins(own_first):
    numbers = noise((40, 30, 4), "i2", bits=10)
    segments = [nlt(ALL, 10), nlt(1, 10, 0), nlt(3, 10, 0)]
    plain = htj2k.encode(numbers, bits_stored=10, color_transform=True)
    stream = announced(plain, *(reversed(segments) if own_first else segments))
    decoded = htj2k.decode(stream)
    for c in range(4):
        assert np.array_equal(decoded[..., c], numbers[..., c] if c in (1, 3) else restored(numbers[..., c], 10))


def test_components_of_other_signs_and_sizes():
    size = (30, 26)
    signed, unsigned = noise(size, "i2", bits=11), noise((15, 13), "u1")
    components = [Component(signed, bits=11), Component(unsigned, 2, 2), Component(signed[:, ::2], 2, 1, 11)]
    stream = announced(compose(components, Grid((0, 0, 26, 30), (16, 8))), nlt(0, 11), nlt(1, 8, 0, signed=False))
    first, second, third = htj2k.decode_components(stream)
    assert np.array_equal(first, restored(signed, 11))
    assert np.array_equal(second, unsigned)
    assert np.array_equal(third, signed[:, ::2])


@pytest.mark.parametrize("dtype", ["u1", "i1"])
def test_type_0_changes_nothing(dtype):
    pixels = noise((33, 20), dtype)
    stream = announced(htj2k.encode(pixels), nlt(0, 8, 0, signed=dtype == "i1"))
    assert np.array_equal(htj2k.decode(stream), pixels)


SIGNED = htj2k.encode(noise((24, 20), "i2", bits=12), bits_stored=12)
UNSIGNED = htj2k.encode(noise((24, 20), "u1"))
REFUSED = {
    "type 1": (announced(SIGNED, nlt(0, 12, 1, more=bytes(10))), "of type 1 at byte"),
    "type 2": (announced(SIGNED, nlt(0, 12, 2, more=bytes(13))), "of type 2 at byte"),
    "type 4": (announced(SIGNED, nlt(0, 12, 4, more=bytes(13))), "of type 4 at byte"),
    "unsigned": (announced(UNSIGNED, nlt(0, 8, signed=False)), "type 3 over the unsigned samples of component 0"),
    "other depth": (announced(SIGNED, nlt(0, 13)), "to signed samples of 13 bits, where SIZ has signed"),
    "other sign": (announced(UNSIGNED, nlt(ALL, 8)), "to signed samples of 8 bits, where SIZ has unsigned"),
    "other depth, type 0": (announced(SIGNED, nlt(0, 10, 0)), "to signed samples of 10 bits"),
    "not announced": (insert(SIGNED, QCD, nlt(0, 12)), "that Rsiz does not announce"),
    "in a tile": (announced(insert_in_tile(SIGNED, nlt(0, 12))), "in the header of tile 0"),
}


@pytest.mark.parametrize("engine", [None, "native", "openjph"])
@pytest.mark.parametrize("name", REFUSED)
def test_refused_by_name(name, engine):
    data, text = REFUSED[name]
    with pytest.raises(htj2k.UnsupportedError, match=r"non-linear point transform \(NLT\)") as caught:
        htj2k.decode(data, engine=engine)
    assert text in str(caught.value)
    assert f"at byte {caught.value.offset}" in str(caught.value)


def test_openjph_is_not_asked():
    """Where it decodes type 3 at all, it takes numbers that are out of range for others."""
    for kind in (0, 3):
        with pytest.raises(htj2k.UnsupportedError, match="NLT"):
            htj2k.decode(announced(SIGNED, nlt(0, 12, kind)), engine="openjph")


def test_announced_and_absent():
    for engine in ("native", "openjph"):
        assert np.array_equal(htj2k.decode(announced(SIGNED), engine=engine), htj2k.decode(SIGNED))


def test_not_for_dicom():
    reasons = htj2k.read_info(announced(SIGNED, nlt(0, 12))).check_htj2k_lossless()
    assert reasons == ["Rsiz announces extensions of Part 2"]
