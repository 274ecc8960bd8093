"""One to 16384 components, with and without the component transform on the first three."""

from __future__ import annotations

import struct
import time

import imagecodecs
import numpy as np
import openjpeg
import pytest

import htj2k
from images import noise
from oracle import pyramid
from streams import QCD, SIZ, coc, find, insert

COUNTS = [1, 2, 3, 4, 5, 7, 255, 256, 257]


def check(pixels: np.ndarray, codestream: bytes, color_transform: bool) -> None:
    """Exact at every resolution by the numpy oracle, and exact to OpenJPEG."""
    levels = htj2k.read_info(codestream).num_decompositions
    expected = pyramid(pixels, levels, color_transform=color_transform)
    for reduce in range(levels + 1):
        decoded = htj2k.decode(codestream, reduce=reduce)
        assert np.array_equal(decoded.reshape(expected[levels - reduce].shape), expected[levels - reduce])
    assert np.array_equal(imagecodecs.jpeg2k_decode(codestream).reshape(pixels.shape), pixels)


@pytest.mark.parametrize("dtype", ["u1", "i2"])
@pytest.mark.parametrize("components", COUNTS)
def test_component_counts(components, dtype):
    pixels = noise((12, 10, components), dtype)
    codestream = htj2k.encode(pixels, color_transform=False, num_decompositions=2)
    siz = find(codestream, SIZ)
    assert struct.unpack_from(">HHH", codestream, siz)[1] == 38 + 3 * components  # Lsiz
    assert struct.unpack_from(">H", codestream, siz + 38)[0] == components  # Csiz
    check(pixels, codestream, False)


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2"])
@pytest.mark.parametrize("components", [3, 4, 5, 7, 257])
def test_transform_of_the_first_three(components, dtype):
    pixels = noise((13, 11, components), dtype)
    codestream = htj2k.encode(pixels, color_transform=True, num_decompositions=2)
    assert htj2k.read_info(codestream).color_transform
    check(pixels, codestream, True)
    plain = htj2k.encode(pixels, color_transform=False, num_decompositions=2)
    assert not htj2k.read_info(plain).color_transform
    check(pixels, plain, False)


@pytest.mark.parametrize("components", [4, 5])
def test_components_after_the_third_are_not_transformed(components):
    """They decode alike, bit for bit, whatever the first three hold."""
    pixels = noise((20, 16, components), "u2")
    other = pixels.copy()
    other[:, :, :3] = 65535 - other[:, :, :3]
    for lossy in ({}, {"qstep": 0.01}):
        first, second = (htj2k.decode(htj2k.encode(p, color_transform=True, **lossy)) for p in (pixels, other))
        assert np.array_equal(first[:, :, 3:], second[:, :, 3:])
        assert not np.array_equal(first[:, :, :3], second[:, :, :3])


@pytest.mark.parametrize("components", [4, 7])
def test_lossy_transform_of_the_first_three_of_many(components):
    pixels = noise((32, 32, components), "u1")
    codestream = htj2k.encode(pixels, color_transform=True, qstep=1 / 512)
    assert htj2k.read_info(codestream).color_label == "YBR_ICT"
    for decoded in (htj2k.decode(codestream), np.asarray(openjpeg.decode(codestream))):
        assert np.abs(decoded.astype(int) - pixels).max() <= 4


def test_transform_is_the_default_for_three_only():
    for components, expected in ((1, False), (2, False), (3, True), (4, False)):
        info = htj2k.read_info(htj2k.encode(noise((4, 4, components), "u1")))
        assert info.color_transform is expected
    for components in (1, 2):
        with pytest.raises(ValueError, match=f"color_transform=True .* pixels have {components}"):
            htj2k.encode(noise((4, 4, components), "u1"), color_transform=True)


@pytest.mark.parametrize("components", [5, 256, 257, 300])
def test_component_index_takes_two_bytes_from_257_on(components):
    """A COC that repeats COD for the last component, with a one- or two-byte Ccoc (T.800 A.6.2)."""
    pixels = noise((9, 8, components), "u1")
    codestream = htj2k.encode(pixels, num_decompositions=2, tlm=False)
    with_coc = insert(codestream, QCD, coc(components - 1, 2, components=components))
    assert find(with_coc, QCD) - find(codestream, QCD) == (11 if components < 257 else 12)
    assert np.array_equal(htj2k.decode(with_coc), pixels)


@pytest.mark.parametrize("order", ["LRCP", "RLCP", "CPRL"])
def test_the_most_components(order):
    pixels = noise((3, 2, 16384), "u2")
    start = time.process_time()
    codestream = htj2k.encode(pixels, progression_order=order, container="jph")
    assert np.array_equal(htj2k.decode(codestream), pixels)
    assert time.process_time() - start < 10  # 1 s; what is quadratic in the components would take much longer
    assert len(htj2k.read_info(codestream).components) == 16384


def test_too_many_components():
    with pytest.raises(ValueError, match="16385 components, at most 16384 are allowed"):
        htj2k.encode(np.zeros((1, 1, 16385), np.uint8))


def test_tile_parts_by_component_are_limited():
    pixels = noise((4, 4, 256), "u1")
    with pytest.raises(ValueError, match=r"tile_parts='C' makes 256 tile-parts .* at most 255"):
        htj2k.encode(pixels, progression_order="CPRL", tile_parts="C")
    codestream = htj2k.encode(pixels[:, :, :255], progression_order="CPRL", tile_parts="C")
    assert len(htj2k.read_info(codestream).tile_parts) == 255
    assert np.array_equal(htj2k.decode(codestream), pixels[:, :, :255])
