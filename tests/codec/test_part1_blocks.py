"""Part 1 codeblocks, alone in a component or mixed with HT ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import block_seeds
import conformance
import htj2k
import part1_streams
from images import ct_like, noise
from mixed_blocks import MIXED, Sources, encode_ht, encode_part1
from packets import Part, announce, bit_planes, write_packet
from streams import COD, QCD, body_of, coc, find, insert, patch, with_body

DECLARED = 0x800F  # Ccap15: whole components are HT or Part 1


def check(codestream: bytes, pixels: np.ndarray) -> None:
    for threads in (1, 3):
        assert np.array_equal(htj2k.decode(codestream, threads=threads).squeeze(), pixels.squeeze())
    assert htj2k.read_info(codestream).undecodable is None


@pytest.mark.parametrize("style", part1_streams.STREAMS)
def test_every_style(style):
    check(announce(part1_streams.STREAMS[style], DECLARED), part1_streams.pixels())


def test_part_1_conformance_streams(test_data):
    """ISO/IEC 15444-4's for Part 1 and another encoder's, announced as components without HT codeblocks."""
    corpus, verdicts = test_data / "corpus", {}
    for row in conformance.rows_of(corpus, "j2k"):
        path = row["path"]
        if path.startswith(("iso_j2k_conformance/", "oxideav_j2k/")) and path.endswith((".j2k", ".j2c")):
            stream = announce((corpus / path).read_bytes(), DECLARED)
            verdicts[path] = conformance.compare(row, stream, corpus)[0]
    assert len(verdicts) == 27
    assert set(verdicts.values()) == {"exact", "within tolerance", "as OpenJPEG"}, verdicts


SHAPES = ((1, 1), (1, 77), (91, 1), (3, 5), (37, 53), (200, 131), (20, 30, 3))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", ["u1", "u2", "i2"])
def test_what_openjpeg_encodes(shape, dtype):
    pixels = noise(shape, dtype)
    check(announce(encode_part1(pixels, 3), DECLARED), pixels)


def test_each_resolution_and_region():
    """Both kinds of block hold the same coefficients."""
    pixels = ct_like((150, 170))
    stream, ht = announce(encode_part1(pixels, 4), DECLARED), encode_ht(pixels, 4)
    for reduce in range(5):
        assert np.array_equal(htj2k.decode(stream, reduce=reduce), htj2k.decode(ht, reduce=reduce))
    assert np.array_equal(htj2k.decode(stream, region=(31, 90, 66, 140)), pixels[31:90, 66:140])


def test_components_of_either_kind():
    pixels = noise((50, 60, 3), "u1")
    sources = Sources(pixels, 2)
    stream = sources.stream(0x40, lambda packet, band: packet % 3 != 1)
    check(announce(insert(stream, QCD, coc(1, 2, style=0)), DECLARED), pixels)


@pytest.mark.parametrize("pixels", [ct_like((120, 100)), noise((90, 128), "u1"), noise((40, 60, 3), "i2")])
@pytest.mark.parametrize("seed", range(4))
def test_blocks_of_either_kind(pixels, seed):
    sources = Sources(pixels, 2)
    random = np.random.default_rng(seed)
    check(sources.stream(0xC0, lambda packet, band: bool(random.integers(2))), pixels)


@pytest.mark.parametrize("is_ht", [False, True])
def test_a_mixture_of_one_kind_only(is_ht):
    pixels = noise((100, 120), "u2", bits=12)
    check(Sources(pixels, 3).stream(0xC0, lambda packet, band: is_ht), pixels)


def one_block() -> tuple[Sources, Part, Part, np.ndarray]:
    """An image of one block, as HT and as Part 1."""
    pixels = noise((30, 40), "u2", bits=9)
    sources = Sources(pixels, 0)
    ht, part1 = sources.part(0, 0, True), sources.part(0, 0, False)
    assert ht
    assert part1
    return sources, ht, part1, pixels


def layered(sources: Sources, *packets: bytes, style: int = 0xC0) -> bytes:
    return with_body(patch(patch(sources.header, COD, 12, style), COD, 6, len(packets), 2), b"".join(packets))


@pytest.mark.parametrize("style", [0, 0xC0])
@pytest.mark.parametrize(("passes", "size"), [(1, 9), (4, 100), (7, 0), (8, 0), (9, 0), (9, 1), (20, 1000)])
def test_layers_may_hold_any_part_of_a_part_1_block(style, passes, size):
    sources, _, whole, pixels = one_block()
    first = Part(passes, ((size, passes.bit_length() - 1),), whole.data[:size], whole.zero_planes)
    rest = whole.passes - passes
    second = replace(
        Part(rest, ((len(whole.data) - size, rest.bit_length() - 1),), whole.data[size:]),
        length_bits=first.length_bits_after,
    )
    check(layered(sources, write_packet([first]), write_packet([second]), style=style), pixels)


@pytest.mark.parametrize("passes", [1, 2, 3])
def test_placeholders_before_an_ht_block_of_a_mixture(passes):
    """Three placeholder passes stand for one of its empty bit-planes."""
    sources, whole, _, pixels = one_block()
    assert whole.zero_planes
    first = Part(passes, ((0, passes.bit_length() - 1),), b"", whole.zero_planes - 1)
    later = 4 - passes
    second = replace(whole, passes=later, zero_planes=None, lengths=((len(whole.data), later.bit_length() - 1),))
    check(layered(sources, write_packet([first]), write_packet([second])), pixels)
    in_one = replace(whole, passes=4, zero_planes=whole.zero_planes - 1, lengths=((len(whole.data), 2),))
    check(layered(sources, write_packet([in_one])), pixels)


@pytest.mark.parametrize("planes", [1, 14, 15])
def test_blocks_of_many_bit_planes(planes):
    """From 31 on, samples are computed in 64 bits."""
    sources, _, whole, pixels = one_block()
    deep = write_packet([replace(whole, zero_planes=whole.zero_planes + planes)])
    exponent = sources.header[find(sources.header, QCD) + 5]
    stream = patch(layered(sources, deep, style=0), QCD, 5, exponent + 8 * planes)
    assert (bit_planes(stream)[0] > 30) == (planes > 1)
    check(stream, pixels)


def test_what_cap_does_not_announce_is_refused():
    sources, _, _, _ = one_block()
    mixture = sources.stream(0xC0, lambda *_: True)
    for ccap15 in (DECLARED, 0x400F, 0x000F):
        with pytest.raises(htj2k.UnsupportedError, match="mixture of HT and Part 1 code-blocks"):
            htj2k.decode(announce(mixture, ccap15))
    rgb = htj2k.encode(noise((9, 9, 3), "u1"))
    for ccap15 in (0x400F, 0x000F):
        with pytest.raises(htj2k.UnsupportedError, match="component with Part 1 code-blocks"):
            htj2k.decode(announce(insert(rgb, QCD, coc(1, 1, style=0)), ccap15))
    for bit in (1, 2, 4, 16, 32):
        with pytest.raises(htj2k.UnsupportedError, match=f"code-block style 0x{0xC0 | bit:X}"):
            htj2k.decode(announce(patch(mixture, COD, 12, 0xC0 | bit), MIXED))


def test_the_other_engine_refuses_them():
    with pytest.raises(htj2k.UnsupportedError, match="Part 1 code-blocks"):
        htj2k.decode(announce(part1_streams.STREAMS[0], DECLARED), engine="openjph")
    with pytest.raises(htj2k.NotHTJ2KError):
        htj2k.decode(part1_streams.STREAMS[0])


@pytest.mark.parametrize("at", [3, 150])
def test_bytes_like_a_marker_are_refused(at):
    stream = announce(part1_streams.STREAMS[0], DECLARED)
    body = bytearray(body_of(stream))
    body[at + 20 : at + 22] = b"\xff\x90"
    name = r"tile 0, component 0, resolution \d, precinct 0, .. codeblock \(0, 0\) is damaged"
    with pytest.raises(htj2k.CodestreamError, match=name):
        htj2k.decode(with_body(stream, bytes(body)))


def test_a_wrong_segmentation_symbol_is_refused():
    body = bytearray(body_of(announce(part1_streams.STREAMS[32], DECLARED)))
    body[40] ^= 0x10
    with pytest.raises(htj2k.CodestreamError, match=r"resolution 0, precinct 0, LL codeblock \(0, 0\) is damaged"):
        htj2k.decode(with_body(announce(part1_streams.STREAMS[32], DECLARED), bytes(body)))


def test_missing_bytes_are_not_let_pass():
    stream = announce(part1_streams.STREAMS[5], DECLARED)
    body = body_of(stream)
    for cut in (1, 60, 200):
        with pytest.raises(htj2k.TruncatedError):
            htj2k.decode(stream[: -2 - cut])
        with pytest.raises(htj2k.HTJ2KError):
            htj2k.decode(with_body(stream, body[:-cut]))


def test_more_passes_than_planes_are_refused():
    sources, _, whole, _ = one_block()
    many = replace(whole, passes=whole.passes + 1)
    with pytest.raises(htj2k.CodestreamError, match="coding passes, which do not fit the"):
        htj2k.decode(layered(sources, write_packet([many])))


@pytest.mark.parametrize("name", block_seeds.seeds())
def test_damage_is_an_error_or_some_image(name):
    """Nothing but our own errors comes of it, whatever the number of threads."""
    stream = block_seeds.seeds()[name]
    assert htj2k.decode(stream).size
    random = np.random.default_rng(1)
    for _ in range(60):
        damaged = bytearray(stream)
        for _ in range(random.integers(1, 4)):
            damaged[random.integers(100, len(stream))] = random.integers(256)
        outcomes = set()
        for threads in (1, 2):
            try:
                outcomes.add(htj2k.decode(bytes(damaged), threads=threads, max_pixels=1 << 16).tobytes())
            except htj2k.HTJ2KError as error:
                outcomes.add(str(error).encode())
        assert len(outcomes) == 1
