"""Components of different size, depth and sign: one by one, and repeated over one interleaved array."""

from __future__ import annotations

import re
import time
import zlib

import imagecodecs
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import conformance
import htj2k
from images import noise
from streams import (
    CAP,
    COD,
    QCC,
    QCD,
    SIZ,
    SOT,
    body_of,
    find,
    insert,
    main_header,
    patch,
    remove,
    segment,
    tile_part,
    with_body,
)
from subsampled import (
    ORDERS,
    Component,
    Grid,
    ceil_div,
    compose,
    encode_alone,
    expected_components,
    interleaved,
    packet_order,
    payload_of,
    split_packets,
)


def component(width: int, height: int, dx: int = 1, dy: int = 1, dtype: str = "u1", bits: int | None = None):
    return Component(noise((ceil_div(height, dy), ceil_div(width, dx)), dtype, dx + 7 * dy, bits), dx, dy, bits)


def mixture(width: int, height: int) -> list[Component]:
    """Factors in both directions, with 8 and 12 bits."""
    return [
        component(width, height),
        component(width, height, 2, 2),
        component(width, height, 3, 1, "u2", 12),
        component(width, height, 1, 4),
    ]


# The sample of AWS HealthImaging's guide that makes one bitmap of components, with the component's own width
# instead of the image's divided by dx, which is wrong for odd widths.
def as_the_guide_does(planes: list[np.ndarray], components: list[Component], width: int, height: int) -> list[int]:
    flat = [0] * (width * height * len(planes))
    for channel, (plane, c) in enumerate(zip(planes, components, strict=True)):
        data = plane.ravel()
        for row in range(height):
            for column in range(width):
                source = row // c.dy * plane.shape[1] + column // c.dx
                flat[(row * width + column) * len(planes) + channel] = int(data[source])
    return flat


WAYS = ({"engine": "openjph"}, {"engine": "native", "threads": 1}, {"engine": "native", "threads": 3})


def check_regions(stream: bytes, reduce: int, image: np.ndarray) -> None:
    """Exactly the crop, wherever samples and tiles are cut."""
    rng = np.random.default_rng(reduce)
    for threads in (1, 2):
        rows, columns = (np.sort(rng.choice(n + 1, 2, replace=False)) for n in image.shape[:2])
        found = htj2k.decode(stream, reduce=reduce, region=(*map(int, rows), *map(int, columns)), threads=threads)
        assert np.array_equal(found, image[slice(*rows), slice(*columns)])


def check(components: list[Component], grid: Grid) -> bytes:
    """Exact at every resolution: each component, the image, and its checksum."""
    stream = compose(components, grid)
    info = htj2k.read_info(stream)
    x0, y0, x1, y1 = grid.area
    for reduce in range(grid.levels + 1):
        planes = expected_components(components, grid, reduce)
        for how in WAYS:
            decoded = htj2k.decode_components(stream, reduce=reduce, **how)
            for found, expected in zip(decoded, planes, strict=True):
                assert found.dtype == expected.dtype
                assert np.array_equal(found, expected)
        size = tuple(ceil_div(b, 1 << reduce) - ceil_div(a, 1 << reduce) for a, b in ((y0, y1), (x0, x1)))
        for how in WAYS:
            image = htj2k.decode(stream, reduce=reduce, **how)
            assert image.shape == (*size, len(components))
            assert np.array_equal(image, interleaved(planes, components, size))
        check_regions(stream, reduce, image)
        resolution = info.resolutions[grid.levels - reduce]
        assert (resolution.height, resolution.width) == size
        checksum = htj2k.ResolutionChecksum(*size[::-1], zlib.crc32(image.tobytes()))
        assert htj2k.codestream_checksums(stream, reduce=reduce) == [checksum]
        assert htj2k.codestream_checksums(stream)[grid.levels - reduce] == checksum
    assert (info.height, info.width) == (y1 - y0, x1 - x0)
    return stream


@pytest.mark.parametrize("tile_size", [None, (16, 24), (7, 9)], ids=str)
@pytest.mark.parametrize("order", ORDERS)
def test_every_progression_order(order, tile_size):
    check(mixture(45, 39), Grid((0, 0, 45, 39), tile_size, order=order, precincts=((2, 2), (3, 4))))


@pytest.mark.parametrize("factors", [(1, 2), (2, 1), (2, 2), (4, 1), (3, 5), (255, 255)], ids=str)
@pytest.mark.parametrize("size", [(1, 1), (2, 3), (31, 17), (64, 48)], ids=str)
def test_factors_and_odd_sizes(factors, size):
    check([component(*size), component(*size, *factors)], Grid((0, 0, *size), levels=3))


def test_first_component_may_be_a_small_one():
    check(mixture(29, 22)[::-1], Grid((0, 0, 29, 22), (16, 24)))


def test_image_that_does_not_start_at_the_origin():
    for area in ((12, 24, 23, 40), (24, 12, 48, 24)):
        grid = Grid(area, levels=1, order="PCRL", precincts=((2, 1), (2, 3)))
        check([component(*area[2:]), component(*area[2:], 2, 3), component(*area[2:], 6, 2)], grid)


@st.composite
def anything(draw) -> tuple[list[Component], Grid]:
    """Any factors, depths, signs, precincts and tiles; the image may start inside the first tile."""

    def sizes(low: int, high: int):
        return st.tuples(st.integers(low, high), st.integers(low, high))

    tile = draw(st.none() | sizes(3, 30))
    x0, y0 = draw(sizes(0, 20))
    if tile is None:  # a tile ends at most at twice the coordinate where it starts, unless it starts at 0
        x1, y1 = (draw(st.integers(n + 1, 2 * n or 40)) for n in (x0, y0))
    else:
        x0, y0 = (n if size / 2 + 1 <= n < size else 0 for n, size in ((x0, tile[1]), (y0, tile[0])))
        x1, y1 = (start + draw(st.integers(1, 50)) for start in (x0, y0))
    components = []
    for _ in range(draw(st.integers(1, 4))):
        dx, dy = draw(sizes(1, 5))
        dtype = draw(st.sampled_from(["u1", "i1", "u2", "i2"]))
        bits = draw(st.none() | st.integers(5, 8 * np.dtype(dtype).itemsize))
        components.append(component(x1, y1, dx, dy, dtype, bits))
    levels = draw(st.integers(1, 3))
    return components, Grid(
        (x0, y0, x1, y1),
        tile,
        levels,
        draw(st.sampled_from(ORDERS)),
        tuple(draw(st.lists(sizes(1, 5), min_size=1, max_size=levels + 1))),
        draw(st.sampled_from([(4, 4), (8, 4), (16, 16)])),
    )


@settings(max_examples=settings.default.max_examples // 4)
@given(case=anything())
def test_components_of_any_kind_decode_as_they_do_alone(case):
    components, grid = case
    for c in components:  # SIZ may not declare components without samples
        x0, y0, x1, y1 = c.rect(grid.area)
        assume(x0 < x1 and y0 < y1)
    try:
        stream = compose(components, grid)
    except ValueError:  # what our encoder refuses
        assume(False)
    for reduce in range(grid.levels + 1):
        planes = expected_components(components, grid, reduce)
        if any(p.size == 0 for p in planes):
            with pytest.raises(htj2k.UnsupportedError, match=f"empty at reduce={reduce}"):
                htj2k.decode_components(stream, reduce=reduce)
            continue
        for how in WAYS:
            decoded = htj2k.decode_components(stream, reduce=reduce, **how)
            for found, expected in zip(decoded, planes, strict=True):
                assert found.dtype == expected.dtype
                assert np.array_equal(found, expected)


def sycc_to_rgb(y: np.ndarray, cb: np.ndarray, cr: np.ndarray) -> np.ndarray:
    """What OpenJPEG's tools make of 8-bit luma and repeated chroma, to the bit."""
    y, cb, cr = y.astype(int), cb - 128.0, cr - 128.0
    r = y + (1.402 * cr).astype(int)
    g = y - (0.344 * cb + 0.714 * cr).astype(int)
    b = y + (1.772 * cb).astype(int)
    return np.clip(np.stack([r, g, b], axis=-1), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("factors", [(2, 2), (2, 1)], ids=["4:2:0", "4:2:2"])
@pytest.mark.parametrize("order", ORDERS)
def test_openjpeg_sees_the_same(order, factors):
    """It gives video's components as RGB, of repeated chroma."""
    size = (41, 27)
    components = [component(*size), component(*size, *factors), component(*size, *factors)]
    stream = compose(components, Grid((0, 0, *size), (20, 22), order=order, precincts=((3, 3),)))
    assert np.array_equal(
        imagecodecs.jpeg2k_decode(stream), sycc_to_rgb(*np.moveaxis(htj2k.decode(stream), -1, 0))
    )


def without_packet_markers(stream: bytes) -> bytes:
    """SOP and EPH are dropped; no other bytes of a packet look like them (T.800 B.10.1, T.814)."""
    info = htj2k.read_info(stream)
    result = patch(stream, COD, 4, stream[find(stream, COD) + 4] & 1)[: info.main_header[1]]
    for part in info.tile_parts:
        body = re.sub(rb"\xff\x91\0\x04..|\xff\x92", b"", stream[part.body_start : part.byte_range[1]], flags=re.S)
        result += tile_part(part.tile, part.index, part.num_parts, body)
    return result + b"\xff\xd9"


def test_the_subsampled_stream_of_iso(test_data):
    """Its image starts at (4, 0). OpenJPH does not find SOP and EPH together with its COC: they are taken out."""
    corpus = test_data / "corpus"
    stream = (corpus / "iso_htj2k_conformance/ds1_ht_07_b11.j2k").read_bytes()
    for decoded in (
        htj2k.decode_components(stream, engine="native"),
        htj2k.decode_components(without_packet_markers(stream), engine="openjph"),
    ):
        for c, component in enumerate(decoded):
            (reference,) = conformance.read_pgx((corpus / f"iso_references/c1p1_07-{c}.pgx").read_bytes())
            assert np.array_equal(component, reference)
        assert [c.shape for c in decoded] == [(12, 2), (12, 8)]


def test_the_guides_own_loop():
    for size in ((8, 6), (9, 7)):
        components = mixture(*size)
        stream = compose(components, Grid((0, 0, *size), levels=1))
        flat = as_the_guide_does(htj2k.decode_components(stream), components, *size)
        assert htj2k.decode(stream).ravel().tolist() == flat
        assert htj2k.verify(stream, zlib.crc32(np.array(flat, "<u2").tobytes())).ok


AREA = (0, 0, 45, 39)
COMPONENTS = mixture(*AREA[2:])
STREAM = compose(COMPONENTS, Grid(AREA, (16, 24), precincts=((2, 2), (3, 4)), part_per_resolution=True))
IMAGE = interleaved([c.samples for c in COMPONENTS], COMPONENTS, (39, 45))


def test_every_way_to_decode():
    out = np.zeros((4, 39, 45), np.uint16)
    assert htj2k.decode(STREAM, out=np.moveaxis(out, 0, -1)) is not None
    assert np.array_equal(np.moveaxis(out, 0, -1), IMAGE)
    assert np.array_equal(htj2k.decode(STREAM, dtype="int32"), IMAGE)
    assert np.array_equal(htj2k.decode_batch([STREAM, STREAM])[1], IMAGE)
    assert np.array_equal(htj2k.decode_with_checksum(STREAM)[0], IMAGE)
    partial = htj2k.decode_partial(STREAM)
    assert partial.complete
    assert np.array_equal(partial.pixels, IMAGE)


def test_verification():
    checksums = htj2k.codestream_checksums(STREAM)
    frame = {
        "PixelDataChecksumFromBaseToFullResolution": [c.to_dict() for c in checksums],
        "MinPixelValue": int(IMAGE.min()),
        "MaxPixelValue": int(IMAGE.max()),
    }
    assert checksums[-1].checksum == zlib.crc32(IMAGE.astype("<u2").tobytes())
    assert htj2k.verify(STREAM, frame).ok
    assert htj2k.verify_batch([STREAM], [frame])[0].ok
    assert np.array_equal(htj2k.decode_verified(STREAM, frame), IMAGE)
    assert not htj2k.verify(STREAM, frame | {"MaxPixelValue": int(IMAGE.max()) - 1}).ok
    frame["PixelDataChecksumFromBaseToFullResolution"][0]["Checksum"] ^= 1
    assert not htj2k.verify(STREAM, frame).ok


def test_resolutions_arrive_one_after_the_other():
    decoder = htj2k.ProgressiveDecoder(expected=htj2k.codestream_checksums(STREAM))
    images = [image for n in range(len(STREAM)) for image in decoder.feed(STREAM[n : n + 1])]
    decoder.finish()
    assert [image.verification.ok for image in images] == [True, True, True]
    assert np.array_equal(images[-1].pixels, IMAGE)


def test_quality_layers():
    """The second one is empty; of OpenJPH's engine that is the end."""
    grid = Grid(AREA, order="LRCP", precincts=((2, 2), (3, 4)))
    stream = compose(COMPONENTS, grid)
    num_packets = len(list(packet_order(COMPONENTS, AREA, grid)))
    layered = with_body(patch(stream, COD, 6, 2, 2), body_of(stream) + bytes(num_packets))
    with pytest.raises(htj2k.UnsupportedError, match="2 quality layers"):
        htj2k.decode_components(layered, engine="openjph")
    for reduce in range(3):
        assert np.array_equal(htj2k.decode(layered, reduce=reduce), htj2k.decode(stream, reduce=reduce))
    for found, expected in zip(htj2k.decode_components(layered, threads=2), COMPONENTS, strict=True):
        assert np.array_equal(found, expected.samples)


def test_a_component_transform_beside_a_smaller_component():
    """What OpenJPH's order of lines does not allow: red, green and blue, and an alpha of a quarter."""
    rgb, alpha = noise((20, 24, 3), "u1"), component(24, 20, 2, 2)
    grid = Grid((0, 0, 24, 20), order="LRCP")
    of_one_tile = {"progression_order": "LRCP", "tile_parts": None, "tlm": False} | grid.encode_options()
    three = htj2k.encode(rgb, color_transform=True, **of_one_tile)
    alone = encode_alone(alpha, grid.area, grid, progression_order="LRCP")
    bodies = zip(*(iter(split_packets(three)),) * 3, split_packets(alone), strict=True)
    siz = payload_of(three, SIZ)
    four = insert(remove(three, SIZ), CAP, segment(SIZ, siz[:34] + b"\0\4" + siz[36:] + b"\7\2\2"))
    four = insert(four, SOT, segment(QCC, b"\3" + payload_of(alone, QCD)))
    four = with_body(four, b"".join(b"".join(resolution) for resolution in bodies))
    with pytest.raises(htj2k.UnsupportedError, match="component transform beside components of other sizes"):
        htj2k.decode(four, engine="openjph")
    for threads in (1, 2):
        image = htj2k.decode(four, threads=threads)
        assert np.array_equal(image[..., :3], rgb)
        assert np.array_equal(image[..., 3:], interleaved([alpha.samples], [alpha], (20, 24)))
    small = htj2k.decode(four, reduce=1)
    assert np.array_equal(small[..., :3], htj2k.decode(three, reduce=1))
    assert np.array_equal(htj2k.decode(four, region=(3, 18, 5, 24)), image[3:18, 5:24])


def test_signed_and_unsigned_components_come_one_by_one():
    """With the component transform as well; the fourth component has no share in it."""
    pixels = noise((13, 11, 4), "u1")
    stream = patch(htj2k.encode(pixels, color_transform=True), SIZ, 49, 0x87)
    with pytest.raises(htj2k.UnsupportedError, match=r"signed and unsigned components.*decode_components"):
        htj2k.decode(stream)
    *rgb, signed = htj2k.decode_components(stream)
    assert np.array_equal(np.stack(rgb, -1), pixels[:, :, :3])
    assert signed.dtype == np.int8
    assert np.array_equal(signed.astype(int) + 128, pixels[:, :, 3])


def test_components_of_one_size_are_not_repeated():
    pixels = noise((10, 12, 3), "u1")
    stream = htj2k.encode(pixels, tlm=False)
    for field, value in ((6, 36), (10, 20), (22, 36), (26, 20)):  # extent and tile, on a grid 3 x 2 as fine
        stream = patch(stream, SIZ, field, value, 4)
    for c in range(3):
        stream = patch(stream, SIZ, 41 + 3 * c, 0x0302, 2)
    assert np.array_equal(htj2k.decode(stream), pixels)
    assert np.array_equal(np.stack(htj2k.decode_components(stream), -1), pixels)


def test_where_the_first_samples_do_not_coincide_no_image_is_guessed():
    area = (5, 6, 10, 12)
    components = [component(*area[2:]), component(*area[2:], 2, 2)]
    grid = Grid(area, levels=1)
    stream = compose(components, grid)
    for found, expected in zip(
        htj2k.decode_components(stream), expected_components(components, grid), strict=True
    ):
        assert np.array_equal(found, expected)
    message = r"reduce=0 component 1 \(subsampled 2 x 2\) does not begin at the first pixel .*\(5, 6\)"
    for call in (htj2k.decode, htj2k.codestream_checksums, htj2k.decode_partial):
        with pytest.raises(htj2k.UnsupportedError, match=message):
            call(stream)
    assert not htj2k.verify(stream, 0).ok


def test_resolution_without_samples_is_refused():
    """OpenJPH would look for a row of it without end."""
    area = (3, 3, 4, 4)
    stream = compose([component(4, 4), component(4, 4, 3, 3)], Grid(area, levels=1))
    assert [c.shape for c in htj2k.decode_components(stream)] == [(1, 1), (1, 1)]
    for call in (htj2k.decode, htj2k.decode_components, htj2k.decode_partial):
        with pytest.raises(htj2k.UnsupportedError, match="empty at reduce=1"):
            call(stream, reduce=1)


@pytest.mark.parametrize(("factor", "reduce"), [(2, 31), (3, 30), (255, 24), (255, 32)])
def test_sizes_beyond_32_bits(factor, reduce):
    """2**reduce * XRsiz does not fit OpenJPH's integers; what is left is one sample."""
    plain = htj2k.encode(noise((8, 8), "u1"), num_decompositions=32)
    stream = patch(plain, SIZ, 41, factor * 257, 2)
    for field in (6, 10, 22, 26):
        stream = patch(stream, SIZ, field, 8 * factor, 4)
    assert np.array_equal(htj2k.decode(stream, reduce=reduce), htj2k.decode(plain, reduce=reduce))
    assert len(htj2k.codestream_checksums(stream)) == 33


def test_repeating_samples_is_limited_like_any_image():
    """A few bytes a component of 65 samples, but 2**28 pixels for each."""
    header = main_header(size=(16384, 16384), components=300)
    for c in range(1, 300):
        header = patch(header, SIZ, 41 + 3 * c, 0xFFFF, 2)
    start = time.perf_counter()
    with pytest.raises(htj2k.LimitError, match="300 components"):
        htj2k.decode(header + tile_part() + b"\xff\xd9")
    assert time.perf_counter() - start < 0.1
