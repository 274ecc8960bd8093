"""pixel_checksums against tests/oracle.py: own numpy transform, zlib's CRC-32."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import oracle
from htj2k import _core
from htj2k._checksum import (
    ResolutionChecksum,
    checksum_of_array,
    pixel_checksums,
    pixel_checksums_and_range,
)
from htj2k._levels import default_num_decompositions, level_size
from htj2k.simd import available

DTYPES = ["?", "u1", "i1", "u2", "i2", "u4", "i4"]
SIZES = [(1, 1), (1, 2), (2, 1), (2, 2), (1, 3), (3, 1), (1, 70), (70, 1), (3, 3), (4, 5), (37, 53), (64, 64)]
every_dtype = pytest.mark.parametrize("dtype", DTYPES)
every_implementation = pytest.mark.parametrize("name", available())


def limits(dtype: Any) -> tuple[int, int]:
    dtype = np.dtype(dtype)
    return (0, 1) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)


def noise(dtype: Any, shape: tuple[int, ...], seed: int = 0, extremes: bool = False) -> np.ndarray:
    low, high = limits(dtype)
    rng = np.random.default_rng(seed)
    values = rng.choice([low, high], shape) if extremes else rng.integers(low, high, shape, endpoint=True)
    return values.astype(dtype)


def with_implementation(name: str, pixels: np.ndarray, levels: int, transform: bool, clamp: str) -> Any:
    bits = oracle.default_bits(pixels.dtype)
    return _core.pixel_checksums(pixels, bits, levels, transform, clamp == "container", name)


def plain(records: list[ResolutionChecksum]) -> list[tuple[int, int, int]]:
    return [(r.width, r.height, r.checksum) for r in records]


@every_implementation
@every_dtype
@pytest.mark.parametrize("components", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("clamp", ["precision", "container"])
def test_shapes_components_and_levels(name: str, dtype: str, components: int, clamp: str) -> None:
    for size in SIZES:
        for extremes in (False, True):
            pixels = noise(dtype, (*size, components) if components > 1 else size, extremes=extremes)
            for transform in (False, True) if components >= 3 else (False,):
                for levels in (0, 1, 2, 6):
                    found = with_implementation(name, pixels, levels, transform, clamp)
                    expected = oracle.checksums(pixels, levels, color_transform=transform, clamp=clamp)
                    assert found == (expected, int(pixels.min()), int(pixels.max())), (
                        size,
                        transform,
                        levels,
                    )


@every_implementation
@every_dtype
@pytest.mark.parametrize("width", range(1, 71))
def test_every_width(name: str, dtype: str, width: int) -> None:
    pixels = noise(dtype, (5, width))
    assert with_implementation(name, pixels, 2, False, "precision")[0] == oracle.checksums(pixels, 2)


@pytest.mark.parametrize("shape", [(1, 4096), (4096, 1), (1144, 31), (300, 513, 3)])
@pytest.mark.parametrize("levels", [1, 5, 32])
def test_long_and_narrow(shape: tuple[int, ...], levels: int) -> None:
    pixels = noise("i2", shape)
    found = pixel_checksums(pixels, num_decompositions=levels)
    assert plain(found) == oracle.checksums(pixels, levels, color_transform=len(shape) == 3)


@every_dtype
@pytest.mark.parametrize("components", [1, 3])
def test_any_strides(dtype: str, components: int) -> None:
    base = noise(dtype, (components, 40, 60))
    planar = np.moveaxis(base, 0, -1)
    expected_of = lambda a: oracle.checksums(a, 2, color_transform=components == 3)  # noqa: E731
    read_only = planar.copy()
    read_only.flags.writeable = False
    views = {
        "planar": planar,
        "negative": planar[::-1, ::-1],
        "steps": planar[::3, 1::2],
        "fortran": np.asfortranarray(planar),
        "transposed": planar.transpose(1, 0, 2),
        "read-only": read_only,
        "broadcast": np.broadcast_to(planar[:1], planar.shape),
        "unaligned": np.frombuffer(b"x" + planar.tobytes(), dtype, offset=1).reshape(planar.shape),
    }
    for what, view in views.items():
        pixels = view[..., 0] if components == 1 else view
        assert plain(pixel_checksums(pixels, num_decompositions=2)) == expected_of(pixels), what


@pytest.mark.parametrize("dtype", ["u2", "i2", "u4", "i4"])
@pytest.mark.parametrize("step", [1, 2])
def test_byte_order_is_no_part_of_the_value(dtype: str, step: int) -> None:
    pixels = noise(dtype, (21, 34))
    for order in "<>":
        foreign = pixels.astype(np.dtype(dtype).newbyteorder(order))[:, ::step]
        expected = oracle.checksums(pixels[:, ::step], 3)
        assert plain(pixel_checksums(foreign, num_decompositions=3)) == expected
        assert checksum_of_array(foreign) == expected[-1][2]


def test_signed_and_unsigned_views_agree_at_full_resolution_only() -> None:
    pixels = noise("u2", (16, 16))
    unsigned, signed = (pixel_checksums(a, num_decompositions=1) for a in (pixels, pixels.view("i2")))
    assert unsigned[-1] == signed[-1]
    assert unsigned[0] != signed[0]


@pytest.mark.parametrize("dtype", DTYPES[1:])
def test_hard_edges_saturate_and_never_wrap(dtype: str) -> None:
    """The low pass of [hi, hi, lo, hi] repeated is hi + range / 4 at the even samples: beyond every dtype."""
    low, high = limits(dtype)
    row = np.array([high, high, low, high] * 16, dtype)
    quarter = low + (high - low + 1) // 4
    expected = np.tile(np.array([high, quarter] * 16, dtype), (32, 1))
    expected[:, -1] = low + 3 * ((high - low + 1) // 8)  # the mirrored right edge
    assert np.array_equal(oracle.pyramid(np.tile(row, (64, 1)), 1)[0], expected)
    for clamp in ("precision", "container"):
        found = pixel_checksums(np.tile(row, (64, 1)), num_decompositions=1, clamp=clamp)  # type: ignore[arg-type]
        assert found[0].checksum == oracle.checksum(expected)


@pytest.mark.parametrize(("dtype", "bits"), [("u2", 12), ("i2", 12), ("u1", 5), ("i4", 20), ("u4", 31), ("i4", 2)])
def test_clamps_differ_where_bits_are_left(dtype: str, bits: int) -> None:
    low, high = (0, (1 << bits) - 1) if dtype[0] == "u" else (-(1 << bits - 1), (1 << bits - 1) - 1)
    pixels = np.tile(np.array([high, high, low, high, low, low, high, low] * 8, dtype), (20, 1))
    found = {}
    for clamp in ("precision", "container"):
        found[clamp] = plain(
            pixel_checksums(pixels, bits_stored=bits, num_decompositions=2, clamp=clamp)  # type: ignore[arg-type]
        )
        assert found[clamp] == oracle.checksums(pixels, 2, bits_stored=bits, clamp=clamp)
    assert found["precision"][-1] == found["container"][-1]
    assert found["precision"] != found["container"] or bits == 2


@pytest.mark.parametrize("dtype", DTYPES[1:])
def test_decoded_type_follows_bits_stored(dtype: str) -> None:
    for bits in range(1, oracle.default_bits(dtype) + 1):
        low, high = (0, (1 << bits) - 1) if dtype[0] == "u" else (-(1 << bits - 1), (1 << bits - 1) - 1)
        pixels = np.random.default_rng(bits).integers(low, high, (9, 11), endpoint=True).astype(dtype)
        found = pixel_checksums(pixels, bits_stored=bits, num_decompositions=1)
        assert plain(found) == oracle.checksums(pixels, 1, bits_stored=bits), bits


@given(data=st.data())
def test_anything(data: st.DataObject) -> None:
    shape = tuple(data.draw(st.lists(st.integers(1, 24), min_size=2, max_size=2)))
    components = data.draw(st.integers(1, 4))
    pixels = noise(
        data.draw(st.sampled_from(DTYPES)),
        (*shape, components),
        data.draw(st.integers(0, 99)),
        data.draw(st.booleans()),
    )
    levels = data.draw(st.integers(0, 7))
    clamp = data.draw(st.sampled_from(["precision", "container"]))
    found = pixel_checksums(pixels, num_decompositions=levels, clamp=clamp)
    assert plain(found) == oracle.checksums(pixels, levels, color_transform=components == 3, clamp=clamp)


def test_defaults() -> None:
    gray, colors = noise("u1", (200, 300)), noise("u1", (200, 300, 3))
    assert plain(pixel_checksums(gray)) == oracle.checksums(gray, 2)
    assert plain(pixel_checksums(colors)) == oracle.checksums(colors, 2, color_transform=True)
    assert plain(pixel_checksums(colors, color_transform=False)) == oracle.checksums(colors, 2)
    assert pixel_checksums(gray[..., np.newaxis]) == pixel_checksums(gray)


def test_smallest_and_largest_sample() -> None:
    pixels = noise("i4", (33, 21, 3))
    assert pixel_checksums_and_range(pixels)[1:] == (int(pixels.min()), int(pixels.max()))


def test_golden_frame_of_the_healthimaging_guide() -> None:
    root = os.environ.get("HTJ2K_TEST_DATA")
    if not root:
        pytest.skip("HTJ2K_TEST_DATA is not set")
    pydicom = pytest.importorskip("pydicom")
    pixels = pydicom.dcmread(Path(root) / "golden" / "ct888.dcm").pixel_array
    levels, low, high = pixel_checksums_and_range(pixels, num_decompositions=1)
    assert plain(levels) == [(256, 188, 2598394845), (512, 375, 1227709180)]
    assert (low, high) == (451, 1466)


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [
        (1, 1, 1),
        (64, 64, 1),
        (128, 128, 1),
        (129, 129, 2),
        (512, 512, 3),
        (4096, 3328, 6),
        (40, 4000, 1),
        (65, 500, 1),
    ],
)
def test_default_num_decompositions(width: int, height: int, expected: int) -> None:
    assert default_num_decompositions(width, height) == expected
    assert min(level_size(width, expected), level_size(height, expected)) <= 64


def test_level_size_is_the_ceiling() -> None:
    for n in (1, 2, 3, 63, 64, 65, 1000, 2**31 - 1):
        for k in range(33):
            assert level_size(n, k) == -(-n // 2**k)


def test_sample_that_does_not_fit_is_named() -> None:
    pixels = np.zeros((5, 6, 3), "u2")
    pixels[3, 4, 1] = 4096
    with pytest.raises(ValueError, match=r"4096 at index \(3, 4, 1\).*12 bits.*0 to 4095"):
        pixel_checksums(pixels, bits_stored=12)
    with pytest.raises(ValueError, match=r"-9 at index \(0, 1\).*4 bits.*-8 to 7"):
        pixel_checksums(np.array([[7, -9]], "i2"), bits_stored=4)
    with pytest.raises(ValueError, match=r"2 at index \(0, 0\).*1 bits"):
        pixel_checksums(np.array([[2]], "u1").view(bool))


@pytest.mark.parametrize("shape", [(0, 4), (4, 0), (4,), (2, 4, 4, 3), (4, 4, 0), ()])
def test_shapes_that_are_no_image(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="shape"):
        pixel_checksums(np.zeros(shape, "u1"))


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "u8", "i8", "c8", "O", "S1", "M8[s]"])
def test_dtypes_that_are_no_samples(dtype: str) -> None:
    with pytest.raises(TypeError, match="dtype"):
        pixel_checksums(np.zeros((4, 4), dtype))


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"num_decompositions": -1}, ValueError, "num_decompositions"),
        ({"num_decompositions": 33}, ValueError, "num_decompositions"),
        ({"num_decompositions": 1.5}, TypeError, "num_decompositions"),
        ({"num_decompositions": True}, TypeError, "num_decompositions"),
        ({"bits_stored": 0}, ValueError, "bits_stored"),
        ({"bits_stored": 17}, ValueError, "bits_stored"),
        ({"clamp": "wrap"}, ValueError, "clamp"),
        ({"color_transform": True}, ValueError, "color_transform"),
        ({"color_transform": "no"}, TypeError, "color_transform must be True or False"),
        ({"color_transform": 0}, TypeError, "color_transform must be True or False"),
    ],
)
def test_options_out_of_range(options: dict[str, Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        pixel_checksums(np.zeros((4, 4), "u2"), **options)
