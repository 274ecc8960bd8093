"""Resolutions come out as their bytes come in: each once, exactly, verified."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

import htj2k
from htj2k import _core
from images import ct_like, noise
from streams import QCD, main_header, patch, tile_part, wrap_in_boxes

PIXELS = ct_like((200, 160))
STREAM = htj2k.encode(PIXELS, num_decompositions=4)
EXPECTED = htj2k.pixel_checksums(PIXELS, num_decompositions=4)


def feed_all(decoder: htj2k.ProgressiveDecoder, stream: bytes, size: int) -> list[htj2k.ProgressiveImage]:
    images = []
    for start in range(0, len(stream), size):
        images += decoder.feed(stream[start : start + size])
    return images


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 1000, 65536, 10**7])
def test_every_resolution_once_and_exact(size):
    decoder = htj2k.ProgressiveDecoder(expected=EXPECTED)
    images = feed_all(decoder, STREAM, size)
    decoder.finish()
    assert [image.resolution for image in images] == [0, 1, 2, 3, 4]
    assert [image.reduce for image in images] == [4, 3, 2, 1, 0]
    for image in images:
        assert np.array_equal(image.pixels, htj2k.decode(STREAM, reduce=image.reduce))
        assert image.verification is not None
        assert image.verification.ok
    assert decoder.complete
    assert decoder.bytes_kept == 0


def test_as_soon_as_the_last_byte_is_there():
    decoder = htj2k.ProgressiveDecoder()
    stops = [r.byte_range[1] for r in htj2k.read_info(STREAM).resolutions]
    arrived = {}
    for n in range(len(STREAM)):
        for image in decoder.feed(STREAM[n : n + 1]):
            arrived[image.resolution] = n + 1
    assert [arrived[r] for r in range(5)] == stops


@pytest.mark.parametrize("chunk", [1, 1000])
def test_an_end_before_the_last_packet_is_not_complete(chunk):
    stream = main_header(levels=1) + tile_part(body=b"\x00") + b"\xff\xd9"  # a packet for each resolution
    decoder = htj2k.ProgressiveDecoder()
    with pytest.raises(htj2k.CodestreamError, match="EOC is there, but not every packet"):
        feed_all(decoder, stream, chunk)
    assert not decoder.complete


@pytest.mark.parametrize("tlm", [False, True])
def test_tiles_are_looked_at_when_all_have_begun(monkeypatch, tlm):
    """Until then one look a tile is enough, however small the chunks are; and nothing comes late."""
    stream = htj2k.encode(PIXELS, num_decompositions=3, tile_size=(32, 32), tlm=tlm)
    looks = []
    look_at = _core.look_at
    monkeypatch.setattr(_core, "look_at", lambda data, *rest: looks.append(len(data)) or look_at(data, *rest))
    decoder = htj2k.ProgressiveDecoder()
    arrived = {}
    for n in range(len(stream)):
        for image in decoder.feed(stream[n : n + 1]):
            arrived[image.reduce] = n + 1
    info = htj2k.read_info(stream)
    last_tile = [part.byte_range[0] for part in info.tile_parts if part.index == 0][-1]
    num_tiles = info.num_tiles
    assert num_tiles > 20
    assert len([n for n in looks if info.main_header[1] <= n < last_tile]) <= 4 * num_tiles
    for reduce, n in arrived.items():
        assert np.array_equal(htj2k.decode(stream[:n], reduce=reduce), htj2k.decode(stream, reduce=reduce))
        with pytest.raises(htj2k.TruncatedError):
            htj2k.decode(stream[: n - 1], reduce=reduce)
    assert sorted(arrived) == [0, 1, 2, 3]


def test_nothing_is_looked_at_when_the_box_has_ended(monkeypatch):
    """No byte behind it can bring what is missing."""
    decoder = htj2k.ProgressiveDecoder()
    assert len(decoder.feed(wrap_in_boxes(STREAM[:-2]))) == 4
    monkeypatch.setattr(_core, "look_at", None)
    assert decoder.feed(bytes(1000)) == []
    assert not decoder.complete
    with pytest.raises(htj2k.TruncatedError, match="4 resolutions whole"):
        decoder.finish()


def test_each_resolution_is_decoded_once_on_top_of_the_last(monkeypatch):
    """What is kept for the next are 16-bit coefficients, until the codestream is whole."""
    calls = []

    class Decoder:
        def __init__(self):
            self._real = resolution_decoder()

        def decode(self, data, reduce, *options):
            result = self._real.decode(data, reduce, *options)
            calls.append((reduce, self._real.bytes_kept))
            return result

    resolution_decoder = _core.ResolutionDecoder
    monkeypatch.setattr(_core, "ResolutionDecoder", Decoder)
    feed_all(htj2k.ProgressiveDecoder(), STREAM, 100)
    sizes = [2 * r.width * r.height for r in htj2k.read_info(STREAM).resolutions]
    assert calls == list(zip([4, 3, 2, 1, 0], [*sizes[:-1], 0], strict=True))


def test_values_that_leave_16_bits_on_the_way():
    """At one resolution or another, when those below it have been kept in 16 bits."""
    pixels = np.zeros((160, 80), np.int16)
    pixels[31::40, 10::7] = 2**14 - 1
    pixels[32::40, 13::7] = -(2**14)
    stream = htj2k.encode(pixels, bits_stored=15, num_decompositions=4)
    images = feed_all(htj2k.ProgressiveDecoder(expected=htj2k.codestream_checksums(stream)), stream, 50)
    assert len(images) == 5
    for image in images:
        assert image.verification.ok
        assert np.array_equal(image.pixels, htj2k.decode(stream, reduce=image.reduce, engine="openjph"))


@pytest.mark.parametrize("first", range(0, 400, 50))
def test_rows_that_needed_32_bits_are_not_taken_for_16(first):
    """A resolution may leave 16 bits where the next one's samples do not, so that nothing shows it in those."""
    for seed in range(first, first + 50):  # 28, 64, 88, 165 and 228 are such images
        pixels = hard_edges(seed)
        codestream = htj2k.encode(pixels, num_decompositions=4)
        images = feed_all(htj2k.ProgressiveDecoder(), codestream, 8)
        assert images[-1].reduce == 0
        for image in images:
            right = htj2k.decode(codestream, reduce=image.reduce, engine="openjph")
            np.testing.assert_array_equal(image.pixels, right, f"seed {seed}, reduce {image.reduce}")


def hard_edges(seed: int) -> NDArray[np.int16]:
    """Squares of the least and the greatest number."""
    rng = np.random.default_rng(seed)
    size = int(rng.integers(2, 8))
    squares = rng.choice([-32768, 32767], (24 // size + 1,) * 2).astype(np.int16)
    rows, columns = rng.integers(8, 25, 2)
    return np.kron(squares, np.ones((size, size), np.int16))[:rows, :columns]


def test_latest_only_skips_what_one_chunk_overtakes():
    decoder = htj2k.ProgressiveDecoder(latest_only=True)
    assert [image.resolution for image in decoder.feed(STREAM)] == [4]
    stop = htj2k.read_info(STREAM).resolutions[1].byte_range[1]
    decoder = htj2k.ProgressiveDecoder(latest_only=True, expected=EXPECTED)
    images = decoder.feed(STREAM[:stop]) + decoder.feed(STREAM[stop:])
    assert [(image.resolution, image.verification.ok) for image in images] == [(1, True), (4, True)]


@pytest.mark.parametrize(
    "options",
    [
        {"tile_parts": None, "tlm": False},
        {"tile_parts": None, "precinct_sizes": [(32, 32)]},
        {"tile_size": (64, 64)},
        {"progression_order": "LRCP"},
        {"progression_order": "PCRL", "precinct_sizes": [(32, 32)]},
        {"qstep": 0.01},
    ],
)
def test_other_layouts(options):
    stream = htj2k.encode(PIXELS, num_decompositions=3, **options)
    images = feed_all(htj2k.ProgressiveDecoder(), stream, 11)
    assert [image.resolution for image in images] == [0, 1, 2, 3]
    for image in images:
        assert np.array_equal(image.pixels, htj2k.decode(stream, reduce=image.reduce))


def test_wrong_checksum_is_told_at_its_level():
    expected = [r.to_dict() for r in EXPECTED]
    expected[2]["Checksum"] ^= 1
    images = feed_all(htj2k.ProgressiveDecoder(expected=expected), STREAM, 500)
    assert [image.verification.ok for image in images] == [True, True, False, True, True]


def test_full_checksum_alone():
    images = feed_all(htj2k.ProgressiveDecoder(expected=EXPECTED[-1].checksum), STREAM, 500)
    assert [image.verification for image in images[:-1]] == [None] * 4
    assert images[-1].verification.ok


def test_cut_download_is_not_finished():
    decoder = htj2k.ProgressiveDecoder()
    decoder.feed(STREAM[:-1])
    assert decoder.resolutions_complete == 4
    assert not decoder.complete
    with pytest.raises(htj2k.TruncatedError, match="4 resolutions whole"):
        decoder.finish()


def test_damage_is_an_error_and_stays_one():
    stream = bytearray(STREAM)
    second = htj2k.read_info(STREAM).tile_parts[1].byte_range[0]
    stream[second + 10] = 9  # TPsot
    decoder = htj2k.ProgressiveDecoder()
    with pytest.raises(htj2k.CodestreamError):
        feed_all(decoder, bytes(stream), 100)
    with pytest.raises(htj2k.CodestreamError):
        decoder.feed(b"")
    with pytest.raises(htj2k.CodestreamError):
        decoder.finish()


def test_something_else_is_refused_at_once():
    decoder = htj2k.ProgressiveDecoder()
    with pytest.raises(htj2k.NotHTJ2KError, match="PNG"):
        decoder.feed(b"\x89PNG\r\n\x1a\n" + bytes(100))


def test_limits():
    with pytest.raises(htj2k.LimitError, match="max_bytes"):
        feed_all(htj2k.ProgressiveDecoder(max_bytes=1000), STREAM, 100)
    with pytest.raises(htj2k.LimitError, match="max_pixels"):
        feed_all(htj2k.ProgressiveDecoder(max_pixels=100), STREAM, 100)


def test_bytes_after_the_end_are_not_kept():
    decoder = htj2k.ProgressiveDecoder()
    decoder.feed(STREAM)
    assert decoder.feed(bytes(10**6)) == []
    assert decoder.bytes_kept == 0


def test_info_comes_with_the_main_header():
    decoder = htj2k.ProgressiveDecoder()
    header = htj2k.read_info(STREAM).main_header[1]
    decoder.feed(STREAM[: header - 1])
    assert decoder.info is None
    decoder.feed(STREAM[header - 1 : header + 2])
    assert decoder.info is not None
    assert (decoder.info.width, decoder.info.height) == (160, 200)


def test_color():
    pixels = noise((60, 70, 3), "u1")
    expected = htj2k.pixel_checksums(pixels, num_decompositions=2)
    stream = htj2k.encode(pixels, num_decompositions=2)
    images = feed_all(htj2k.ProgressiveDecoder(expected=expected), stream, 33)
    assert all(image.verification.ok for image in images)


def test_no_bytes_are_no_fault():
    decoder = htj2k.ProgressiveDecoder()
    assert decoder.feed(b"") == []
    assert decoder.feed(np.zeros(0, np.uint8)) == []
    assert not decoder.complete
    with pytest.raises(htj2k.TruncatedError):
        decoder.finish()
    assert [image.resolution for image in decoder.feed(STREAM)] == [0, 1, 2, 3, 4]
    assert decoder.feed(b"") == []
    decoder.finish()


@pytest.mark.parametrize("whole", [bytearray, memoryview, lambda s: np.frombuffer(s, ">u2").reshape(2, -1)])
def test_any_contiguous_buffer(whole):
    stream = STREAM + bytes(-len(STREAM) % 4)
    assert len(htj2k.ProgressiveDecoder().feed(whole(stream))) == 5


@pytest.mark.parametrize(
    "chunk", [5, "text", None, [255, 79], memoryview(STREAM)[::2], np.zeros((4, 4), "u1").T[1:]]
)
def test_what_is_no_chunk_is_not_taken(chunk):
    decoder = htj2k.ProgressiveDecoder()
    decoder.feed(STREAM[:100])
    is_buffer = isinstance(chunk, (memoryview, np.ndarray))
    with pytest.raises(
        ValueError if is_buffer else TypeError, match="not C-contiguous" if is_buffer else "bytes-like"
    ):
        decoder.feed(chunk)
    assert decoder.bytes_kept == 100
    assert len(decoder.feed(STREAM[100:])) == 5


class Failing:
    """Raises `error` at the calls of which `fails` has the numbers, before or after the work."""

    def __init__(self, call, fails, error=MemoryError, late=False):
        self._call, self._fails, self._error, self._late = call, fails, error, late
        self._calls = 0

    def __call__(self, *args):
        self._calls += 1
        if self._calls in self._fails and not self._late:
            raise self._error
        result = self._call(*args)
        if self._calls in self._fails:
            raise self._error
        return result


def failing_decoder(monkeypatch, fails, error=MemoryError, late=False):
    class Decoder:
        def __init__(self):
            self.decode = Failing(resolution_decoder().decode, fails, error, late)

    resolution_decoder = _core.ResolutionDecoder
    monkeypatch.setattr(_core, "ResolutionDecoder", Decoder)
    return htj2k.ProgressiveDecoder(expected=EXPECTED)


@pytest.mark.parametrize("error", [MemoryError, KeyboardInterrupt])
@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("fails", [{1}, {3}, {5}, {1, 2, 4, 9}])
@pytest.mark.parametrize(
    "stop", [len(STREAM), len(STREAM) - 1, htj2k.read_info(STREAM).resolutions[0].byte_range[1]]
)
def test_what_a_failed_feed_owes_comes_with_the_next(monkeypatch, fails, late, error, stop):
    decoder = failing_decoder(monkeypatch, fails, error, late)
    images = []
    for chunk in (STREAM[:stop], b"", STREAM[stop:], b"", b"", b"", b""):
        try:
            images += decoder.feed(chunk)
        except error:
            assert not decoder.complete
            with pytest.raises(htj2k.HTJ2KError):
                decoder.finish()
        assert decoder.resolutions_complete == len(images)
    assert [image.resolution for image in images] == [0, 1, 2, 3, 4]
    assert all(image.verification.ok for image in images)
    assert decoder.complete
    assert decoder.bytes_kept == 0
    decoder.finish()


def test_bytes_behind_the_end_are_ignored_while_something_is_owed(monkeypatch):
    decoder = failing_decoder(monkeypatch, {5})
    with pytest.raises(MemoryError):
        decoder.feed(STREAM)
    with pytest.raises(htj2k.HTJ2KError, match="of 5 resolutions 0 were delivered"):
        decoder.finish()
    assert len(decoder.feed(bytes(1000))) == 5


def test_headers_that_could_not_be_read_are_read_again(monkeypatch):
    for name, holder in (("look_at", _core), ("read_info", htj2k._progressive)):
        with monkeypatch.context() as patch:
            patch.setattr(holder, name, Failing(getattr(holder, name), {1}))
            decoder = htj2k.ProgressiveDecoder()
            with pytest.raises(MemoryError):
                decoder.feed(STREAM)
            assert (decoder.complete, decoder.resolutions_complete) == (False, 0)
            assert len(decoder.feed(b"")) == 5


@pytest.mark.parametrize("error", [MemoryError, BufferError])
def test_bytes_that_could_not_be_kept_are_no_gap(error):
    class Full(bytearray):
        def __iadd__(self, other):
            raise error

    decoder = htj2k.ProgressiveDecoder()
    decoder.feed(STREAM[:100])
    decoder._data = Full(decoder._data)
    for chunk in (STREAM[100:200], STREAM[200:], b""):
        with pytest.raises(error):
            decoder.feed(chunk)
    with pytest.raises(error):
        decoder.finish()


@pytest.mark.parametrize("latest_only", [False, True])
@pytest.mark.parametrize("size", [1, 1000, 10**7])
@pytest.mark.parametrize("bits", [28, 29, 32])
def test_deep_samples_come_at_full_size(bits, size, latest_only, caplog):
    caplog.set_level("INFO", "htj2k")
    pixels = noise((40, 50), "i4") >> (32 - bits)
    stream = htj2k.encode(pixels, bits_stored=bits, num_decompositions=2)
    decoder = htj2k.ProgressiveDecoder(expected=htj2k.crc32(pixels), latest_only=latest_only)
    images = feed_all(decoder, stream, size)
    decoder.finish()
    assert decoder.resolutions_complete == 3
    lower = [0, 1] if bits == 28 and not (latest_only and size > len(stream)) else []
    assert [image.resolution for image in images] == [*lower, 2]
    assert images[-1].verification.ok
    assert np.array_equal(images[-1].pixels, pixels)
    assert ("resolution 0 is left out" in caplog.text) == (bits > 28 and not (latest_only and size > len(stream)))


def test_what_decodes_at_no_size_is_refused(monkeypatch):
    decoder = failing_decoder(monkeypatch, {1, 2, 3, 4, 5}, htj2k.UnsupportedError("a feature"))
    decoder.feed(STREAM[:-1])
    for _ in range(2):
        with pytest.raises(htj2k.UnsupportedError, match="a feature"):
            decoder.feed(STREAM[-1:])
    assert not decoder.complete
    with pytest.raises(htj2k.UnsupportedError):
        decoder.finish()


def test_what_decodes_at_no_size_is_refused_at_the_base():
    """Not after a download of all the rest."""
    stream = patch(htj2k.encode(ct_like((200, 150)), num_decompositions=2), QCD, 5, 0)
    start, stop = htj2k.read_info(stream).resolutions[0].byte_range or (0, 0)
    assert 0 == start < stop < len(stream) // 2
    with pytest.raises(htj2k.UnsupportedError, match="an exponent of 0"):
        htj2k.ProgressiveDecoder().feed(stream[:stop])
