"""Codestreams and metadata that disagree on depth, sign, container or colour: said by name, never guessed."""

from __future__ import annotations

import re

import numpy as np
import pytest

import htj2k
from images import ct_like, noise
from streams import SIZ, patch


def wrapped(bits: int, shape: tuple[int, ...] = (64, 64), seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Signed samples over the whole range, and their low bits as unsigned ones."""
    signed = noise(shape, "i2" if bits <= 16 else "i4", seed, bits)
    signed.flat[:2] = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    return signed, (signed.astype("i8") & (2**bits - 1)).astype(signed.dtype.str.replace("i", "u"))


# MM-01: two's complement in a codestream that declares unsigned samples


@pytest.mark.parametrize("bits", [9, 12, 13, 14, 15, 16, 17, 24, 31, 32])
@pytest.mark.parametrize("shape", [(64, 64), (9, 7, 3)])
def test_unsigned_codestream_holds_signed_samples(bits, shape):
    signed, unsigned = wrapped(bits, shape)
    stream = htj2k.encode(unsigned, bits_stored=bits)
    decoded = htj2k.decode(stream, bits_stored=bits, is_signed=True)
    assert decoded.dtype == signed.dtype
    assert decoded.flags.owndata
    assert np.array_equal(decoded, signed)
    # Without the hint the caller gets what SIZ says, and can see it.
    assert np.array_equal(htj2k.decode(stream), unsigned)
    component = htj2k.read_info(stream).components[0]
    assert (component.bit_depth, component.is_signed) == (bits, False)


@pytest.mark.parametrize("bits", [1, 5, 8, 12, 16, 24, 32])
def test_signed_codestream_holds_unsigned_samples(bits):
    unsigned = noise((33, 31), "u4", bits=bits)
    unsigned.flat[:2] = 0, 2**bits - 1
    signed = (unsigned.astype("u8") << (64 - bits)).view("i8") >> (64 - bits)
    stream = htj2k.encode(signed.astype("i4"), bits_stored=bits)
    natural = np.dtype(f"u{1 if bits <= 8 else 2 if bits <= 16 else 4}")
    assert htj2k.decode(stream, bits_stored=bits, is_signed=False).dtype == natural
    for dtype in (natural, *(["u4", "i4"] if bits < 32 else ["u4"])):
        decoded = htj2k.decode(stream, bits_stored=bits, is_signed=False, dtype=dtype)
        assert decoded.dtype == dtype
        assert np.array_equal(decoded, unsigned)
    with pytest.raises(ValueError, match="dtype is bool"):
        htj2k.decode(stream, bits_stored=bits, is_signed=False, dtype=bool)


def test_reinterpreted_into_wider_and_strided_memory():
    signed, unsigned = wrapped(13)
    stream = htj2k.encode(unsigned, bits_stored=13)
    as_said = {"bits_stored": 13, "is_signed": True}
    decoded = htj2k.decode(stream, dtype=np.int32, **as_said)
    assert decoded.dtype == np.int32
    assert np.array_equal(decoded, signed)
    for out in (np.empty((64, 64), np.int16), np.empty((128, 192), np.int16)[::-2, ::3]):
        assert htj2k.decode(stream, out=out, **as_said) is out
        assert np.array_equal(out, signed)
    with pytest.raises(ValueError, match=r"out has .*uint16; this codestream decodes to .*int16"):
        htj2k.decode(stream, out=np.empty((64, 64), np.uint16), **as_said)
    with pytest.raises(ValueError, match=r"dtype is uint16, .* signed 13-bit samples"):
        htj2k.decode(stream, dtype=np.uint16, **as_said)


def test_reinterpretation_knows_no_container_clamp():
    signed, unsigned = wrapped(12)
    stream = htj2k.encode(unsigned, bits_stored=12)
    assert np.array_equal(htj2k.decode(stream, bits_stored=12, is_signed=True, clamp="container"), signed)


def test_reinterpretation_clamps_first():
    """Samples beyond SIZ's range are clamped in SIZ's reading: they never wrap into the other one."""
    stream = patch(htj2k.encode(np.array([[8191, 0, 5000, 3000]], np.uint16), bits_stored=13), SIZ, 40, 11)
    assert htj2k.decode(stream).max() == 4095  # a 13-bit codestream that now declares 12 bits
    expected = htj2k.decode(stream).astype(int)
    expected = np.where(expected > 2047, expected - 4096, expected)
    for clamp in ("precision", "container"):
        assert np.array_equal(htj2k.decode(stream, bits_stored=12, is_signed=True, clamp=clamp), expected)


@pytest.mark.parametrize("reduce", [1, 2])
def test_reduced_sizes_of_wrapped_samples_mean_nothing(reduce):
    stream = htj2k.encode(wrapped(12)[1], bits_stored=12, num_decompositions=2)
    with pytest.raises(ValueError, match=rf"reduce is {reduce}, but .*unsigned 12-bit .* hold signed 12-bit"):
        htj2k.decode(stream, reduce=reduce, bits_stored=12, is_signed=True)
    assert htj2k.decode(stream, reduce=reduce, bits_stored=12, is_signed=False).shape == (64 >> reduce,) * 2


def test_lossy_wrapped_samples_are_refused():
    stream = htj2k.encode(wrapped(12)[1], bits_stored=12, qstep=0.001)
    with pytest.raises(ValueError, match="lossy"):
        htj2k.decode(stream, bits_stored=12, is_signed=True)
    assert htj2k.decode(stream, bits_stored=12, is_signed=False).dtype == np.uint16


# MM-03: another depth


@pytest.mark.parametrize(
    ("bits", "is_signed", "said", "found"),
    [
        (16, None, "16-bit samples", "unsigned 12-bit samples"),
        (11, False, "unsigned 11-bit samples", "unsigned 12-bit samples"),
        (16, True, "signed 16-bit samples", "unsigned 12-bit samples"),
        (None, True, "signed samples", "unsigned 12-bit samples; .* give bits_stored as well"),
    ],
)
def test_disagreement_names_both_readings(bits, is_signed, said, found):
    stream = htj2k.encode(noise((16, 16), "u2", bits=12), bits_stored=12)
    with pytest.raises(ValueError, match=f"bits_stored and is_signed say {said}, but .*{found}"):
        htj2k.decode(stream, bits_stored=bits, is_signed=is_signed)


@pytest.mark.parametrize("said", [{}, {"bits_stored": 12}, {"is_signed": False}])
def test_agreement_changes_nothing(said):
    pixels = noise((64, 64), "u2", bits=12)
    narrow, wide = htj2k.encode(pixels, bits_stored=12), htj2k.encode(pixels)
    assert np.array_equal(htj2k.decode(narrow, **said), pixels)
    assert np.array_equal(htj2k.decode(wide), pixels)  # never scaled
    assert len(wide) > len(narrow)
    with pytest.raises(ValueError, match="unsigned 16-bit"):
        htj2k.decode(wide, bits_stored=12)


def test_components_of_different_depths():
    """The second has 12 bits."""
    eight = patch(htj2k.encode(noise((8, 8, 2), "u2", bits=12), bits_stored=12), SIZ, 40, 7)
    with pytest.raises(ValueError, match=r"dtype is uint8, .* unsigned 12-bit samples"):
        htj2k.decode(eight, dtype=np.uint8)
    stream = patch(eight, SIZ, 40, 9)
    with pytest.raises(ValueError, match="unsigned 10-bit samples, unsigned 12-bit samples"):
        htj2k.decode(stream, bits_stored=12)
    assert htj2k.decode(stream, is_signed=False, dtype=np.int16).dtype == np.int16


# MM-04: stray bits above the depth


def test_stray_bits_are_refused_masked_or_kept():
    v = noise((40, 50), "u2", bits=12)
    w = v.copy()
    w[10:20, 5:9] |= 0x1000
    with pytest.raises(ValueError, match=r"pixels\[10, 5\] is \d+, which does not fit bits_stored=12"):
        htj2k.encode(w, bits_stored=12)
    assert np.array_equal(htj2k.decode(htj2k.encode(w, bits_stored=12, mask_unused_bits=True)), v)
    assert np.array_equal(htj2k.decode(htj2k.encode(w, bits_stored=16)), w)


# MM-05: 16 bits allocated, 8 or fewer stored


@pytest.mark.parametrize("bits", [1, 4, 8])
@pytest.mark.parametrize("sign", ["u", "i"])
def test_container_wider_than_the_depth(sign, bits):
    x = noise((320, 320), f"{sign}2", bits=bits)
    stream = htj2k.encode(x, bits_stored=bits)
    small = htj2k.decode(stream)
    assert (small.dtype, small.nbytes) == (np.dtype(f"{sign}1"), 102400)
    assert np.array_equal(small, x)
    wide = htj2k.decode(stream, dtype=x.dtype)
    assert (wide.dtype, wide.shape, wide.nbytes) == (x.dtype, (320, 320), 204800)
    assert np.array_equal(wide, x)
    assert wide.flags.owndata


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", "u4", "i4", "bool"])
@pytest.mark.parametrize(
    ("source", "bits"),
    [
        *[("u1", 1), ("u1", 7), ("u1", 8), ("u2", 15), ("u2", 16), ("u4", 31), ("u4", 32)],
        *[("i1", 8), ("i2", 9), ("i2", 16), ("i4", 32)],
    ],
)
def test_dtype_holds_every_value_or_is_refused(source, bits, dtype):
    pixels = noise((5, 6, 3), source, bits=bits)
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if source[0] == "i" else (0, 2**bits - 1)
    pixels.flat[:2] = low, high
    stream = htj2k.encode(pixels, bits_stored=bits)
    least, most = (0, 1) if dtype == "bool" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    if least <= low and high <= most:
        out = np.empty((10, 18, 3), dtype)[::2, ::-3]
        for decoded in (htj2k.decode(stream, dtype=dtype), htj2k.decode(stream, dtype=dtype, out=out)):
            assert decoded.dtype == np.dtype(dtype)
            assert np.array_equal(decoded, pixels)
    else:
        sign = "signed" if source[0] == "i" else "unsigned"
        with pytest.raises(ValueError, match=f"dtype is {np.dtype(dtype)}, .* {sign} {bits}-bit samples"):
            htj2k.decode(stream, dtype=dtype)


def test_dtype_does_not_move_the_clamp():
    """The container of `clamp` is the codestream's own: a wider dtype must not change a value."""
    row = np.array([2047, 2047, -2048, 2047] * 16, np.int16)
    stream = htj2k.encode(np.tile(row, (64, 1)), bits_stored=12)
    small = htj2k.encode(np.tile(np.sign(row).astype(np.int8) * 127, (64, 1)))
    for data in (stream, small):
        for clamp in ("precision", "container"):
            expected = htj2k.decode(data, reduce=1, clamp=clamp)
            assert np.array_equal(htj2k.decode(data, reduce=1, clamp=clamp, dtype=np.int32), expected)
    # Clamped to its container an unsigned sample may use all 16 bits, whatever the depth.
    unsigned = htj2k.encode(noise((8, 8), "u2", bits=12), bits_stored=12)
    assert htj2k.decode(unsigned, dtype=np.int16).dtype == np.int16
    with pytest.raises(ValueError, match=r"dtype is int16, .* unsigned 16-bit"):
        htj2k.decode(unsigned, dtype=np.int16, clamp="container")


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"dtype": "f4"}, TypeError, "dtype is float32; supported are bool"),
        ({"dtype": "i8"}, TypeError, "dtype is int64"),
        ({"dtype": ">u2"}, ValueError, "dtype is '>u2', a foreign byte order"),
        ({"dtype": "pixels"}, TypeError, "pixels"),
        ({"bits_stored": 0}, ValueError, "bits_stored is 0; expected 1 to 32"),
        ({"bits_stored": 33}, ValueError, "bits_stored is 33"),
        ({"bits_stored": 8.0}, TypeError, "bits_stored must be an integer"),
        ({"is_signed": 1}, TypeError, "is_signed must be True or False, not 1"),
        ({"dtype": "u2", "out": np.empty((4, 4), np.uint8)}, ValueError, "dtype uint8; .* of dtype uint16"),
        ({"dtype": "u2", "max_pixels": 15}, htj2k.LimitError, "max_pixels"),
        ({"dtype": "u2", "expected_shape": (4, 5)}, htj2k.CodestreamError, "expected_shape"),
    ],
)
def test_refused_arguments(options, error, text):
    with pytest.raises(error, match=text):
        htj2k.decode(htj2k.encode(np.zeros((4, 4), np.uint8)), **options)


def test_damage_is_still_refused():
    stream = htj2k.encode(ct_like((64, 64)))
    for said in ({"dtype": np.int32}, {"bits_stored": 16, "is_signed": False}):
        with pytest.raises(htj2k.TruncatedError):
            htj2k.decode(stream[:-40], **said)
        with pytest.raises(htj2k.NotHTJ2KError):
            htj2k.decode(b"\xff\xd8\xff\xe0" + bytes(50), **said)


# MM-06: Photometric Interpretation and the component transform


def patches() -> np.ndarray:
    """Pure red, green, blue, white, black and noise."""
    pixels = noise((64, 64, 3), "u1")
    for i, color in enumerate([(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0)]):
        pixels[8 * i : 8 * i + 8, :40] = color
    return pixels


@pytest.mark.parametrize("color_transform", [False, True])
@pytest.mark.parametrize("reversible", [False, True])
def test_color_label_follows_the_codestream(reversible, color_transform):
    pixels = patches()
    quality = {} if reversible else {"qstep": 1 / 512}
    stream = htj2k.encode(pixels, color_transform=color_transform, **quality)
    info = htj2k.read_info(stream)
    right = ("YBR_RCT" if reversible else "YBR_ICT") if color_transform else None
    assert (info.color_transform, info.color_label) == (color_transform, right)
    # The flag alone decides: the pixels are RGB again.
    assert np.abs(htj2k.decode(stream).astype(int) - pixels).max() <= (0 if reversible else 4)
    fitting = {label for label in LABELS if not info.check_color_label(label)}
    assert fitting == ({right} if color_transform else {"RGB", "YBR_FULL"})


LABELS = ("MONOCHROME1", "MONOCHROME2", "PALETTE COLOR", "RGB", "YBR_FULL", "YBR_RCT", "YBR_ICT")


@pytest.mark.parametrize(
    ("label", "options", "reason"),
    [
        ("RGB", {}, "has a component transform, so RGB is wrong: YBR_RCT"),
        ("YBR_ICT", {}, "so YBR_ICT is wrong: YBR_RCT"),
        ("YBR_RCT", {"reversible": False}, "so YBR_RCT is wrong: YBR_ICT"),
        ("YBR_RCT", {"color_transform": False}, "no component transform, so YBR_RCT is wrong: RGB or YBR_FULL"),
        ("MONOCHROME2", {"color_transform": False}, "MONOCHROME2 is for 1 components; the codestream has 3"),
        ("YBR_FULL_422", {}, "'YBR_FULL_422' is no Photometric Interpretation"),
        ("", {}, "'' is no Photometric Interpretation"),
    ],
)
def test_wrong_labels_are_explained(label, options, reason):
    reasons = htj2k.read_info(htj2k.encode(patches(), **options)).check_color_label(label)
    assert len(reasons) == 1
    assert re.search(reason, reasons[0])


def test_labels_of_grey_frames_and_padding():
    info = htj2k.read_info(htj2k.encode(ct_like((8, 8))))
    assert [label for label in LABELS if not info.check_color_label(label)] == list(LABELS[:3])
    assert info.check_color_label("MONOCHROME2 ") == []
    assert len(info.check_color_label("YBR_RCT")) == 2
