"""Strict decoding at every resolution: exact, owned, refused when anything is missing."""

from __future__ import annotations

import concurrent.futures
import mmap

import imagecodecs
import numpy as np
import pytest

import htj2k
from images import DTYPES, SHAPES, ct_like, hard_edges, noise
from oracle import pyramid


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [*SHAPES, (20, 24, 2), (20, 24, 3), (21, 23, 4), (7, 9, 5)])
def test_round_trip(shape, dtype):
    pixels = noise(shape, dtype)
    decoded = htj2k.decode(htj2k.encode(pixels))
    assert decoded.dtype == pixels.dtype
    assert np.array_equal(decoded, pixels)
    assert decoded.flags.owndata
    assert decoded.flags.writeable


@pytest.mark.parametrize("depth", range(1, 17))
@pytest.mark.parametrize("sign", ["u", "i"])
def test_every_depth_and_sign(depth, sign):
    dtype = f"{sign}{1 if depth <= 8 else 2}"
    pixels = noise((40, 50), dtype, bits=depth)
    codestream = htj2k.encode(pixels, bits_stored=depth)
    component = htj2k.read_info(codestream).components[0]
    assert (component.bit_depth, component.is_signed) == (depth, sign == "i")
    assert np.array_equal(htj2k.decode(codestream), pixels)


@pytest.mark.parametrize(
    ("shape", "decoded_shape"),
    [
        ((20, 24, 1), (20, 24)),
        ((1, 20, 24), (1, 20, 24)),
        ((20, 24, 2), (20, 24, 2)),
        ((3, 20, 24), (3, 20, 24)),
    ],
)
def test_layout_is_never_guessed(shape, decoded_shape):
    pixels = noise(shape, "u1")
    decoded = htj2k.decode(htj2k.encode(pixels))
    assert decoded.shape == decoded_shape
    assert np.array_equal(decoded, pixels.reshape(decoded_shape))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(37, 53), (1, 77), (91, 1), (130, 200), (48, 61, 3), (33, 35, 2)])
def test_reduced_sizes_equal_the_oracle(shape, dtype):
    pixels = noise(shape, dtype)
    levels = 3
    codestream = htj2k.encode(pixels, num_decompositions=levels)
    expected = pyramid(pixels, levels, color_transform=len(shape) == 3 and shape[2] == 3)
    for reduce in range(levels + 1):
        assert np.array_equal(htj2k.decode(codestream, reduce=reduce), expected[levels - reduce])


@pytest.mark.parametrize("dtype", DTYPES)
def test_reduced_overshoot_is_clamped_not_wrapped(dtype):
    info = np.iinfo(dtype)
    row = np.array([info.max, info.max, info.min, info.max] * 16, dtype)
    decoded = htj2k.decode(htj2k.encode(np.tile(row, (64, 1))), reduce=1)
    assert (decoded[:, 0::2] == info.max).all()
    assert (decoded[:, 1:-1:2] == info.min + (int(info.max) - info.min + 1) // 4).all()
    row = np.array([info.min, info.min, info.max, info.min] * 16, dtype)
    decoded = htj2k.decode(htj2k.encode(np.tile(row, (64, 1))), reduce=1)
    assert (decoded[:, 0::2] == info.min).all()


def test_clamp_conventions_differ_where_precision_is_below_the_container():
    pixels = hard_edges((64, 64), "i2") // 16
    codestream = htj2k.encode(pixels, bits_stored=12)
    precise = htj2k.decode(codestream, reduce=1)
    container = htj2k.decode(codestream, reduce=1, clamp="container")
    assert precise.max() == 2047
    assert container.max() > 2047
    assert np.array_equal(np.clip(container, -2048, 2047), precise)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("step", [0.005, 0.02, 0.05])
def test_lossy_is_clamped_at_both_ends(step, seed):
    rng = np.random.default_rng(seed)
    for dtype, bits in (("u1", 8), ("u2", 12), ("i2", 16)):
        high = 2 ** (bits - (dtype == "i2")) - 1
        low = -(2**15) if dtype == "i2" else 0
        width = (high - low) // 16
        for centre in (high - width, low + width):
            pixels = np.clip(centre + rng.integers(-width, width, (128, 128)), low, high).astype(dtype)
            decoded = htj2k.decode(htj2k.encode(pixels, qstep=step, bits_stored=bits))
            assert decoded.min() >= low
            assert decoded.max() <= high
            assert np.abs(decoded.astype(int) - pixels).max() < 6 * step * (high - low)


@pytest.mark.parametrize("height", [1, 2, 3, 4, 5, 8, 9, 16, 17, 25, 33])
@pytest.mark.parametrize("width", [1, 2, 3, 115])
def test_lossy_error_is_bounded_for_small_images(height, width):
    y, x = np.mgrid[0:height, 0:width]
    ripple = np.random.default_rng(1).integers(-3, 4, (height, width))
    pixels = (60 + x // 2 + 2 * y + ripple).astype(np.uint8)
    decoded = htj2k.decode(htj2k.encode(pixels, qstep=1 / 256, num_decompositions=5))
    assert np.abs(decoded.astype(int) - pixels).max() <= 4


def test_out_receives_the_pixels():
    pixels = ct_like((100, 120))
    codestream = htj2k.encode(pixels)
    for out in (
        np.empty((100, 120), np.int16),
        np.empty((120, 100), np.int16).T,
        np.empty((200, 240), np.int16)[::2, ::-2],
    ):
        assert htj2k.decode(codestream, out=out) is out
        assert np.array_equal(out, pixels)
    color = noise((30, 40, 3), "u1")
    planar = np.moveaxis(np.empty((3, 30, 40), np.uint8), 0, -1)
    assert np.array_equal(htj2k.decode(htj2k.encode(color), out=planar), color)


@pytest.mark.parametrize(
    ("out", "error", "text"),
    [
        (np.empty((10, 12), np.int16), ValueError, r"decodes to \(10, 11\)"),
        (np.empty((10, 11), np.uint16), ValueError, "uint16"),
        (np.empty((10, 11), ">i2"), ValueError, "dtype"),
        (np.empty((10, 11, 1), np.int16), ValueError, "shape"),
        (np.broadcast_to(np.int16(0), (10, 11)), ValueError, "read-only"),
        ([[0]], TypeError, "ndarray"),
    ],
)
def test_out_that_does_not_fit(out, error, text):
    with pytest.raises(error, match=text):
        htj2k.decode(htj2k.encode(np.zeros((10, 11), np.int16)), out=out)


def test_any_buffer(tmp_path):
    pixels = ct_like((64, 80))
    codestream = htj2k.encode(pixels)
    path = tmp_path / "frame.j2c"
    path.write_bytes(codestream)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        decoded = htj2k.decode(mapped)
    for data in (bytearray(codestream), memoryview(codestream), np.frombuffer(codestream, np.uint8)):
        assert np.array_equal(htj2k.decode(data), pixels)
    assert np.array_equal(decoded, pixels)


@pytest.mark.parametrize("data", ["text", 5, None, [1, 2]])
def test_not_a_buffer(data):
    with pytest.raises(TypeError):
        htj2k.decode(data)


def test_strided_buffer_is_refused():
    with pytest.raises((ValueError, BufferError), match="contiguous"):
        htj2k.decode(memoryview(htj2k.encode(np.zeros((8, 8), np.uint8)))[::2])


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"reduce": -1}, ValueError, "reduce is -1"),
        ({"reduce": 2}, ValueError, "has 1 decomposition levels"),
        ({"reduce": 33}, ValueError, "reduce is 33"),
        ({"reduce": 0.5}, TypeError, "reduce must be an integer"),
        ({"clamp": "wrap"}, ValueError, "clamp is 'wrap'"),
        ({"max_pixels": 63}, htj2k.LimitError, "max_pixels"),
        ({"expected_shape": (8, 9)}, htj2k.CodestreamError, r"\(8, 8\), expected_shape is \(8, 9\)"),
        ({"expected_shape": (8,)}, ValueError, "expected_shape"),
    ],
)
def test_refused_arguments(options, error, text):
    with pytest.raises(error, match=text):
        htj2k.decode(htj2k.encode(np.zeros((8, 8), np.uint8), num_decompositions=1), **options)


@pytest.mark.parametrize("padding", [b"\0", b"\xff", 64 * b"\0", b"\xff\x90\x00\x0a"])
def test_bytes_after_eoc_are_ignored(padding):
    pixels = noise((33, 44), "u2")
    assert np.array_equal(htj2k.decode(htj2k.encode(pixels) + padding), pixels)


def test_expected_shape_with_one_component():
    codestream = htj2k.encode(np.zeros((8, 9), np.uint8))
    assert htj2k.decode(codestream, expected_shape=(8, 9, 1)).shape == (8, 9)


def test_results_stay_when_others_are_decoded():
    """Frames of very different kinds in turn: nothing of one may show in another."""
    images = [noise((512, 512), "u2"), noise((3, 5), "i1"), noise((64, 64, 3), "u1"), noise((1, 1), "u2")]
    streams = [htj2k.encode(image) for image in images]
    lossy = htj2k.encode(images[2], qstep=0.01)
    kept = []
    for _ in range(3):
        for image, stream in zip(images, streams, strict=True):
            kept.append((htj2k.decode(stream), image))
            htj2k.decode(lossy)
    kept[0][0][:] = 0
    for decoded, image in kept[1:]:
        assert np.array_equal(decoded, image)


def test_many_threads():
    images = [noise((64 + seed, 80), "u2", seed) for seed in range(16)]
    streams = [htj2k.encode(image) for image in images]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for decoded, image in zip(pool.map(htj2k.decode, streams * 10), images * 10, strict=True):
            assert np.array_equal(decoded, image)


@pytest.mark.parametrize("dtype", ["u1", "u2"])
@pytest.mark.parametrize("components", [1, 3])
def test_streams_of_another_openjph(dtype, components):
    if not hasattr(imagecodecs, "htj2k_encode"):
        pytest.skip("this imagecodecs has no HTJ2K: there is none for Python 3.10")
    pixels = noise((65, 47, components) if components > 1 else (65, 47), dtype)
    stream = imagecodecs.htj2k_encode(pixels)
    assert np.array_equal(htj2k.decode(stream), pixels)
