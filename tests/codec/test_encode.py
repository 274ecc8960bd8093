"""What `encode` writes: exact to independent decoders, refused when it would not be."""

from __future__ import annotations

import concurrent.futures

import imagecodecs
import numpy as np
import openjpeg
import pytest

import htj2k
from images import DTYPES, SHAPES, ct_like, noise
from lossless import encodes_natively


def openjpeg_decode(codestream: bytes) -> np.ndarray:
    return np.asarray(openjpeg.decode(codestream))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_openjpeg_decodes_exactly(shape, dtype):
    pixels = noise(shape, dtype)
    assert np.array_equal(openjpeg_decode(htj2k.encode(pixels)).reshape(shape), pixels)


@pytest.mark.parametrize("components", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("dtype", DTYPES)
def test_openjpeg_decodes_components_exactly(components, dtype):
    pixels = noise((20, 24, components), dtype)
    decoded = imagecodecs.jpeg2k_decode(htj2k.encode(pixels))
    assert np.array_equal(decoded.reshape(pixels.shape), pixels)


def test_color_without_transform_is_not_scrambled():
    y, x = np.mgrid[0:37, 0:53]
    pixels = np.stack([y, x, np.full_like(x, 200)], axis=-1).astype(np.uint8)
    for color_transform in (False, True):
        codestream = htj2k.encode(pixels, color_transform=color_transform)
        assert np.array_equal(imagecodecs.jpeg2k_decode(codestream), pixels)
        assert np.array_equal(htj2k.decode(codestream), pixels)


@pytest.mark.parametrize(
    "view",
    [
        lambda a: a[::-1, ::-1],
        lambda a: a[::2, ::3],
        np.asfortranarray,
        lambda a: np.moveaxis(np.ascontiguousarray(np.moveaxis(a, -1, 0)), 0, -1),
        lambda a: np.broadcast_to(a[:1], a.shape),
        lambda a: a.astype(a.dtype.newbyteorder(">")),
        lambda a: a.astype(a.dtype.newbyteorder("<")),
    ],
    ids=["reversed", "strided", "fortran", "planar", "broadcast", "big-endian", "little-endian"],
)
@pytest.mark.parametrize("components", [1, 3])
def test_any_strides_and_byte_order(view, components):
    pixels = view(noise((40, 30, components), "u2"))
    expected = pixels.astype("u2")
    expected = expected[:, :, 0] if components == 1 else expected
    assert htj2k.encode(pixels) == htj2k.encode(np.ascontiguousarray(expected))


def test_read_only_and_memory_mapped(tmp_path):
    pixels = noise((33, 21), "i2")
    np.save(tmp_path / "a.npy", pixels)
    mapped = np.load(tmp_path / "a.npy", mmap_mode="r")
    assert htj2k.encode(mapped) == htj2k.encode(pixels)


def test_unaligned_samples():
    raw = np.zeros(1 + 2 * 20 * 30, np.uint8)
    pixels = raw[1:].view("u2").reshape(20, 30)
    pixels[:] = noise((20, 30), "u2")
    assert np.array_equal(htj2k.decode(htj2k.encode(pixels)), pixels)


def test_bits_stored_is_the_declared_depth():
    pixels = noise((64, 64), "u2", bits=12)
    assert htj2k.read_info(htj2k.encode(pixels, bits_stored=12)).components[0].bit_depth == 12
    assert htj2k.read_info(htj2k.encode(pixels)).components[0].bit_depth == 16
    assert np.array_equal(openjpeg_decode(htj2k.encode(pixels, bits_stored=12)), pixels)


@pytest.mark.parametrize(
    ("dtype", "bits", "value"), [("u2", 12, 4096), ("i2", 12, 2048), ("i2", 12, -2049), ("u1", 3, 8)]
)
def test_sample_that_does_not_fit_is_named(dtype, bits, value):
    pixels = np.zeros((5, 9), dtype)
    pixels[3, 7] = value
    with pytest.raises(ValueError, match=rf"pixels\[3, 7\] is {value}, which does not fit bits_stored={bits}"):
        htj2k.encode(pixels, bits_stored=bits)


def test_mask_unused_bits_drops_an_overlay():
    pixels = noise((32, 32), "u2", bits=12)
    with_overlay = pixels | np.uint16(0x1000)
    masked = htj2k.decode(htj2k.encode(with_overlay, bits_stored=12, mask_unused_bits=True))
    assert np.array_equal(masked, pixels)
    assert np.array_equal(htj2k.decode(htj2k.encode(with_overlay)), with_overlay)


def test_mask_unused_bits_extends_the_sign():
    pixels = noise((32, 32), "i2", bits=12)
    stray = (pixels.view("u2") & 0x0FFF).view("i2")
    decoded = htj2k.decode(htj2k.encode(stray, bits_stored=12, mask_unused_bits=True))
    assert np.array_equal(decoded, pixels)


def test_bool_is_one_bit():
    pixels = noise((33, 17), "u1", bits=1).astype(bool)
    codestream = htj2k.encode(pixels, verify=True)
    assert htj2k.read_info(codestream).components[0].bit_depth == 1
    assert np.array_equal(htj2k.decode(codestream), pixels)


def test_zero_decompositions_refused_when_not_lossless():
    """OpenJPH, which encodes 32 bits, loses a sample at the range's minimum when there is no wavelet level."""
    pixels = np.full((8, 8), 7, np.int32)
    assert np.array_equal(htj2k.decode(htj2k.encode(pixels, num_decompositions=0)), pixels)
    pixels[2, 5] = -(2**31)
    with pytest.raises(ValueError, match="num_decompositions=0 is not lossless"):
        htj2k.encode(pixels, num_decompositions=0)


@pytest.mark.parametrize("shape", [(1, 1), (512, 512), (4096, 3328), (40, 4000), (64, 64), (65, 65), (20000, 64)])
def test_defaults_conform_to_htj2k_lossless_rpcl(shape):
    info = htj2k.read_info(htj2k.encode(np.zeros(shape, np.uint8)))
    assert info.check_htj2k_lossless_rpcl() == []
    assert min(info.resolutions[0].width, info.resolutions[0].height) <= 64


@pytest.mark.parametrize("shape", [(1144, 31), (4096, 1), (1, 4096), (1, 1), (2, 1), (1, 3)])
@pytest.mark.parametrize("levels", [1, 5, 10, 32])
def test_tall_and_narrow_with_many_levels(shape, levels):
    pixels = noise(shape, "u2")
    assert np.array_equal(htj2k.decode(htj2k.encode(pixels, num_decompositions=levels)), pixels)


def test_equal_bytes_from_many_threads():
    frames = [noise((146, 200), "u2", seed) for seed in range(4)] + [np.ones((146, 2960), np.uint16)]
    expected = [htj2k.encode(frame) for frame in frames]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        results = list(pool.map(htj2k.encode, frames * 20))
    assert results == expected * 20


def test_incompressible_noise_may_grow():
    for dtype in DTYPES:
        pixels = noise((256, 256), dtype)
        codestream = htj2k.encode(pixels, block_size=(4, 4), tile_size=(16, 16))
        assert len(codestream) > pixels.nbytes
        assert np.array_equal(htj2k.decode(codestream), pixels)


def test_full_ramps():
    for dtype in ("i2", "u2"):
        pixels = np.arange(65536, dtype=np.uint16).view(dtype).reshape(256, 256)
        decoded = htj2k.decode(htj2k.encode(pixels))
        assert decoded.dtype == pixels.dtype
        assert np.array_equal(decoded, pixels)


@pytest.mark.parametrize(
    ("pixels", "error", "text"),
    [
        (np.zeros((0, 4), "u1"), ValueError, "no axis may be empty"),
        (np.zeros(4, "u1"), ValueError, "expected \\(rows, columns\\)"),
        (np.zeros((2, 4, 4, 3), "u1"), ValueError, "expected \\(rows, columns\\)"),
        (np.zeros((4, 4), "f4"), TypeError, "float32"),
        (np.zeros((4, 4), "f2"), TypeError, "float16"),
        (np.zeros((4, 4), "u8"), TypeError, "uint64"),
        (np.zeros((4, 4), "c8"), TypeError, "complex64"),
        (np.array([["a", "b"]]), TypeError, "dtype"),
        (np.zeros((1, 1, 16385), "u1"), ValueError, "16385 components"),
    ],
)
def test_refused_arrays(pixels, error, text):
    with pytest.raises(error, match=text):
        htj2k.encode(pixels)


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"bits_stored": 0}, ValueError, "bits_stored is 0"),
        ({"bits_stored": 17}, ValueError, "bits_stored is 17"),
        ({"bits_stored": 12.0}, TypeError, "bits_stored must be an integer"),
        ({"num_decompositions": -1}, ValueError, "num_decompositions is -1"),
        ({"num_decompositions": 33}, ValueError, "num_decompositions is 33"),
        ({"num_decompositions": True}, TypeError, "num_decompositions"),
        ({"qstep": 0}, ValueError, "qstep is 0"),
        ({"qstep": float("nan")}, ValueError, "qstep is nan"),
        ({"qstep": 1e-6}, ValueError, "qstep"),
        ({"qstep": 0.1, "reversible": True}, ValueError, "reversible=True"),
        ({"qstep": 0.1, "qfactor": 50}, ValueError, "not both"),
        ({"qfactor": 101}, ValueError, "qfactor is 101"),
        ({"color_transform": True}, ValueError, "at least 3 components"),
        ({"progression_order": "XYZW"}, ValueError, "progression_order is 'XYZW'"),
        ({"block_size": (3, 64)}, ValueError, "block_size"),
        ({"block_size": (128, 64)}, ValueError, "at most 4096"),
        ({"block_size": (48, 64)}, ValueError, "powers of two"),
        ({"block_size": 64}, TypeError, "block_size must be a pair"),
        ({"precinct_sizes": []}, ValueError, "precinct_sizes has 0"),
        ({"precinct_sizes": [(100, 128)]}, ValueError, "powers of two"),
        ({"tile_size": (0, 5)}, ValueError, "tile_size"),
        ({"tile_parts": "X"}, ValueError, "tile_parts"),
        ({"comment": "\u4e2d"}, ValueError, "ISO 8859-15"),
        ({"comment": b"x" * 65532}, ValueError, "65532 bytes"),
        ({"comment": 5}, TypeError, "int"),
        ({"container": "png"}, ValueError, "container is 'png'"),
        ({"verify": True, "qstep": 0.1}, ValueError, "verify=True"),
    ],
)
def test_refused_arguments(options, error, text):
    with pytest.raises(error, match=text):
        htj2k.encode(np.zeros((16, 16), np.uint16), **options)


def test_nothing_is_printed(capfd):
    htj2k.encode(ct_like((64, 64)), progression_order="CPRL", tile_parts="RC")
    with pytest.raises(htj2k.HTJ2KError):
        htj2k.decode(htj2k.encode(ct_like((64, 64)))[:-40])
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("tile_parts", ["R", ""])
def test_more_tile_parts_than_one_tlm_segment_holds(tile_parts: str) -> None:
    pixels = noise((110, 120), "u1").clip(1)
    stream = htj2k.encode(pixels, tile_size=(1, 1), num_decompositions=1, tile_parts=tile_parts)
    info = htj2k.read_info(stream)
    assert info.num_tiles == 13200
    assert info.has_tlm
    assert np.array_equal(htj2k.decode(stream), pixels)
    without = htj2k.encode(pixels, tile_size=(1, 1), num_decompositions=1, tile_parts=tile_parts, tlm=False)
    parts = 13200 * (2 if tile_parts == "R" else 1)
    assert len(stream) - len(without) == 6 * parts + 6 * -(-parts // 10921)


TILES = ((1, 1), (1, 3), (2, 3), (3, 3), (5, 1), (2, 2))


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", "u4", "i4"])
@pytest.mark.parametrize("tile_size", TILES)
@pytest.mark.parametrize("color_transform", [True, False])
def test_tiles_at_the_minimum_of_the_range(dtype: str, tile_size: tuple[int, int], color_transform: bool) -> None:
    """A tile of one sample at odd coordinates has a coefficient of four times the sample: lossless or, where
    OpenJPH encodes, refused."""
    refused = 0
    for rows, columns in np.ndindex(6, 6):
        pixels = np.full((rows + 1, columns + 1, 3), np.iinfo(dtype).min, dtype)
        try:
            stream = htj2k.encode(
                pixels, tile_size=tile_size, num_decompositions=2, color_transform=color_transform
            )
        except ValueError as e:
            refused += "tile_size makes tiles of a single sample" in str(e)
            continue
        assert np.array_equal(htj2k.decode(stream), pixels)
    # The component transform's extra bit is the one that is missing without it.
    single = {(1, 1): 25, (1, 3): 5, (3, 3): 1, (5, 1): 5}
    has_enough = color_transform or encodes_natively(pixels, color_transform=color_transform)
    assert refused == (0 if has_enough else single.get(tile_size, 0))
