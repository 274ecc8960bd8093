"""pydicom decodes HTJ2K through the plugin: samples, labels and what the dataset gets wrong."""

from __future__ import annotations

import logging
import sys

import numpy as np
import pytest

pydicom = pytest.importorskip("pydicom")

from pydicom.pixels import get_decoder  # noqa: E402
from pydicom.uid import HTJ2K, HTJ2KLossless, HTJ2KLosslessRPCL  # noqa: E402

import htj2k  # noqa: E402
import htj2k.dicom  # noqa: E402
from dicom_files import write  # noqa: E402
from htj2k_dicom import htj2k_dataset, item, items, reread  # noqa: E402
from images import ct_like, noise  # noqa: E402
from streams import main_header, tile_part, wrap_in_boxes  # noqa: E402


@pytest.fixture(autouse=True)
def _registered():
    htj2k.dicom.register()
    yield
    htj2k.dicom.unregister()


def decode(ds, **options) -> np.ndarray:
    """Our plugin alone, so that no other one hides its error."""
    return get_decoder(ds.file_meta.TransferSyntaxUID).as_array(ds, decoding_plugin="htj2k", **options)[0]


def failure(ds, caplog, **options) -> str:
    with pytest.raises(RuntimeError, match="htj2k: ") as caught:
        decode(ds, **options)
    caplog.clear()
    return str(caught.value)


@pytest.mark.parametrize("syntax", [HTJ2KLossless, HTJ2KLosslessRPCL, HTJ2K])
@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", "u4", "i4"])
def test_every_container(syntax, dtype):
    pixels = noise((37, 41), dtype)
    ds = htj2k_dataset(pixels, syntax=syntax)
    decoded = reread(ds).pixel_array
    assert decoded.dtype == pixels.dtype
    assert np.array_equal(decoded, pixels)


@pytest.mark.parametrize(
    ("stored", "allocated"), [(s, a) for a in (8, 16, 32) for s in (1, 7, 8, 12, 16, 20, 32) if s <= a]
)
@pytest.mark.parametrize("sign", ["u", "i"])
def test_every_depth_in_every_wider_container(sign, stored, allocated):
    pixels = noise((3, 20, 30), f"{sign}4", bits=stored)
    streams = [htj2k.encode(frame, bits_stored=stored) for frame in pixels]
    ds = htj2k_dataset(pixels.astype(f"{sign}{allocated // 8}"), streams, BitsStored=stored, HighBit=stored - 1)
    assert np.array_equal(decode(ds), pixels)
    assert np.array_equal(decode(ds, index=2), pixels[2])
    assert decode(ds).dtype == np.dtype(f"{sign}{allocated // 8}")


def test_one_bit():
    pixels = noise((10, 13), "u1", bits=1)
    ds = htj2k_dataset(pixels, [htj2k.encode(pixels, bits_stored=1)], BitsAllocated=1, BitsStored=1, HighBit=0)
    assert np.array_equal(decode(ds), pixels)


def test_24_bits_allocated():
    pixels = noise((10, 13), "i4", bits=24)
    ds = htj2k_dataset(pixels, [htj2k.encode(pixels, bits_stored=24)], BitsStored=24, HighBit=23)
    assert np.array_equal(decode(ds), pixels)


def test_frames_of_different_depth(caplog):
    """The runner of pydicom 3.0 has one container for all frames; the first must not narrow those after it."""
    pixels = noise((3, 12, 15), "u2", bits=8)
    pixels[1] = noise((12, 15), "u2", bits=16)
    streams = [htj2k.encode(frame, bits_stored=bits) for frame, bits in zip(pixels, (8, 16, 8), strict=True)]
    assert np.array_equal(decode(htj2k_dataset(pixels, streams)), pixels)


# Colour


@pytest.mark.parametrize("planar", [0, 1])
@pytest.mark.parametrize("frames", [1, 3])
@pytest.mark.parametrize("label", ["RGB", "YBR_RCT", "YBR_FULL"])
def test_color(label, frames, planar):
    """Samples are always colour by pixel; PlanarConfiguration may be left over from the native original."""
    pixels = noise((frames, 11, 17, 3), "u1")
    streams = [htj2k.encode(frame, color_transform=label == "YBR_RCT") for frame in pixels]
    ds = htj2k_dataset(pixels, streams, PhotometricInterpretation=label, PlanarConfiguration=planar)
    expected = pixels if frames > 1 else pixels[0]
    assert np.array_equal(decode(ds, raw=True), expected)
    if label != "YBR_FULL":  # which pydicom converts by itself
        assert np.array_equal(ds.pixel_array, expected)
    ds.decompress(decoding_plugin="htj2k", as_rgb=False)
    assert ds.PhotometricInterpretation == ("YBR_FULL" if label == "YBR_FULL" else "RGB")
    assert ds.PlanarConfiguration == 0
    assert np.array_equal(decode(htj2k_dataset(pixels)), expected)


@pytest.mark.parametrize("quality", [{}, {"qstep": 1 / 512}])
@pytest.mark.parametrize("label", ["RGB", "YBR_FULL", "YBR_RCT", "YBR_ICT"])
def test_the_codestream_decides_about_the_component_transform(label, quality, caplog):
    """MM-06: whatever the label, pixels that went through RCT or ICT are RGB."""
    pixels = np.zeros((40, 40, 3), np.uint8)
    for i in range(3):
        pixels[10 * i : 10 * i + 10, :, i] = 250
    ds = htj2k_dataset(pixels, [htj2k.encode(pixels, **quality)], syntax=HTJ2K, PhotometricInterpretation=label)
    decoded, properties = get_decoder(HTJ2K).as_array(ds, decoding_plugin="htj2k")
    assert np.abs(decoded.astype(int) - pixels).max() <= (4 if quality else 0)
    assert properties["photometric_interpretation"] == "RGB"
    right = "YBR_ICT" if quality else "YBR_RCT"
    assert (f"so {label} is wrong: {right}" in caplog.text) == (label != right)


def test_frames_of_different_color(caplog):
    """The second frame stays YBR_FULL: with one label for both it would be shown as RGB."""
    pixels = noise((2, 8, 8, 3), "u1")
    streams = [htj2k.encode(pixels[0]), htj2k.encode(pixels[1], color_transform=False)]
    ds = htj2k_dataset(pixels, streams, PhotometricInterpretation="YBR_FULL")
    with pytest.raises((RuntimeError, ValueError), match=r"YBR_FULL where those before are RGB|inconsistent"):
        decode(ds, raw=True)
    assert np.array_equal(decode(ds, raw=True, index=0), pixels[0])
    assert np.array_equal(decode(ds, raw=True, index=1), pixels[1])


# What the dataset says of the samples


@pytest.mark.parametrize("bits", [9, 12, 13, 16])
@pytest.mark.parametrize("frames", [1, 2])
def test_signed_samples_in_an_unsigned_codestream(bits, frames, caplog):
    """MM-01."""
    pixels = noise((frames, 33, 20), "i2", bits=bits)
    streams = [htj2k.encode((f.astype(int) & 2**bits - 1).astype("u2"), bits_stored=bits) for f in pixels]
    ds = htj2k_dataset(pixels, streams, BitsStored=bits, HighBit=bits - 1)
    assert np.array_equal(decode(ds).reshape(pixels.shape), pixels)
    assert caplog.text.count("PixelRepresentation is 1, but the codestream has unsigned samples") == 1
    decoder = get_decoder(HTJ2KLosslessRPCL)
    raw, _ = decoder.as_buffer(ds, decoding_plugin="htj2k", apply_j2k_sign_correction=False)
    assert np.array_equal(np.frombuffer(raw, "u2"), pixels.reshape(-1).astype(int) & 2**bits - 1)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_frames_of_different_sign_and_depth(order):
    """pydicom 3.0 corrects all frames as the last one needs it."""
    pixels = noise((2, 20, 20), "i2", bits=13)
    unsigned = htj2k.encode((pixels[0].astype(int) & 2**13 - 1).astype("u2"), bits_stored=13)
    streams = [unsigned, htj2k.encode(pixels[1])]  # the second declares 16 bits
    ds = htj2k_dataset(pixels[list(order)], [streams[i] for i in order], BitsStored=13, HighBit=12)
    assert np.array_equal(decode(ds), pixels[list(order)])


def test_samples_are_corrected_once():
    """The last frame needs its sign corrected; the first has samples that a second correction would cut."""
    pixels = noise((2, 20, 20), "i2", bits=16)
    pixels[1] >>= 3
    streams = [
        htj2k.encode(pixels[0]),
        htj2k.encode((pixels[1].astype(int) & 0x1FFF).astype("u2"), bits_stored=13),
    ]
    ds = htj2k_dataset(pixels, streams, BitsStored=13, HighBit=12)
    assert np.array_equal(decode(ds, correct_unused_bits=False), pixels)


def test_unsigned_samples_in_a_signed_codestream():
    pixels = noise((20, 20), "u2", bits=12)
    stream = htj2k.encode(((pixels.astype("i2") << 4) >> 4), bits_stored=12)
    ds = htj2k_dataset(pixels, [stream], BitsStored=12, HighBit=11)
    assert np.array_equal(decode(ds), pixels)


def test_another_depth_is_reported_and_never_scaled(caplog):
    """MM-03: 12 bits in a codestream of 16, as HealthImaging stores them, and the reverse."""
    pixels = noise((20, 20), "u2", bits=12)
    assert np.array_equal(decode(htj2k_dataset(pixels, BitsStored=12, HighBit=11)), pixels)
    assert "BitsStored is 12, but the codestream has 16 bits" in caplog.text
    assert np.array_equal(decode(htj2k_dataset(pixels, [htj2k.encode(pixels, bits_stored=12)])), pixels)
    assert "BitsStored is 16, but the codestream has 12 bits" in caplog.text


def test_samples_that_could_be_read_in_two_ways_are_refused(caplog):
    """Sign and depth differ: only what means the same in both readings is read."""
    wide = noise((20, 20), "i2", bits=12)  # two's complement of 16 bits, of which BitsStored are 12
    attributes = {"BitsStored": 12, "HighBit": 11}
    assert np.array_equal(decode(htj2k_dataset(wide, [htj2k.encode(wide.view("u2"))], **attributes)), wide)
    padded = (wide.astype(int) & 0xFFF).astype("u2")  # or is it of 12 bits?
    text = failure(htj2k_dataset(wide, [htj2k.encode(padded)], **attributes), caplog)
    assert "can be read in two ways: BitsStored is 12, but the codestream has 16 bits; Pixel" in text
    assert "only -2048 to 2047 would mean the same" in text
    low = noise((20, 20), "u2", bits=11)
    ds = htj2k_dataset(low.view("i2"), [htj2k.encode(low, bits_stored=12)])
    assert np.array_equal(decode(ds), low)
    high = noise((20, 20), "u2", bits=12)
    text = failure(htj2k_dataset(high.view("i2"), [htj2k.encode(high, bits_stored=12)]), caplog)
    assert "only 0 to 2047" in text


def test_lossy_samples_of_the_other_sign_are_refused(caplog):
    pixels = ct_like((64, 64))
    stream = htj2k.encode(pixels.view("u2"), qstep=0.001)
    assert "lossy" in failure(htj2k_dataset(pixels, [stream], syntax=HTJ2K), caplog)


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ({"Rows": 30, "Columns": 40}, "Rows 30, Columns 40 .* has 40 rows, 30 columns"),
        ({"Rows": 41}, "Rows 41"),
        (
            {"SamplesPerPixel": 3, "PlanarConfiguration": 0, "PhotometricInterpretation": "RGB"},
            "SamplesPerPixel 3",
        ),
        ({"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7}, "BitsAllocated is 8, but the codestream has 16-bit"),
    ],
)
def test_a_frame_that_is_not_what_the_dataset_says_is_an_error(attributes, reason, caplog):
    """Rows and Columns swapped would be scrambled pixels of the right size; 16 bits in 8 would wrap."""
    with pytest.raises(RuntimeError, match=reason):
        decode(htj2k_dataset(noise((40, 30), "u2"), **attributes))


# How the frames are stored (IO-02, IO-03)


def odd_stream(pixels: np.ndarray) -> bytes:
    """A codestream of odd length."""
    return next(s for n in range(1, 9) if len(s := htj2k.encode(pixels, comment="c" * n)) % 2)


@pytest.mark.parametrize("extended", [False, True])
def test_odd_lengths_are_padded_in_either_offset_table(extended):
    pixels = noise((3, 20, 22), "u1")
    ds = htj2k_dataset(pixels, [odd_stream(frame) for frame in pixels], extended=extended)
    assert np.array_equal(decode(reread(ds)), pixels)
    assert [np.array_equal(decode(ds, index=i), pixels[i]) for i in range(3)] == [True] * 3


@pytest.mark.parametrize("rest", [b"\0", bytes(64), b"\xff\xff"])
def test_padding_behind_the_codestream(rest):
    pixels = noise((20, 22), "u1")
    stream = odd_stream(pixels)
    assert np.array_equal(decode(htj2k_dataset(pixels, items([stream + rest]))), pixels)


@pytest.mark.parametrize("cuts", [[100], [100, 200], [100, 100], [100, 9999], [9999]])
def test_split_frames_and_empty_fragments(cuts):
    pixels = noise((20, 22), "u1")
    stream = htj2k.encode(pixels)
    fragments = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, None], strict=True)]
    assert np.array_equal(decode(htj2k_dataset(pixels, items(fragments))), pixels)


@pytest.mark.parametrize("length", [None, 0])
def test_boxes_around_the_codestream_are_reported(length, caplog):
    pixels = noise((20, 22), "i2")
    ds = htj2k_dataset(pixels, [wrap_in_boxes(htj2k.encode(pixels), length=length)])
    assert np.array_equal(decode(ds), pixels)
    assert "the frame is a JPH file" in caplog.text


@pytest.mark.parametrize("damage", [lambda s: s[:-20], lambda s: s[:40], lambda s: b"\xff\xd8\xff\xe0" + s])
def test_damaged_frames_are_errors(damage, caplog):
    pixels = noise((2, 40, 40), "u2")
    streams = [htj2k.encode(frame) for frame in pixels]
    ds = htj2k_dataset(pixels, [streams[0], damage(streams[1])])
    failure(ds, caplog)
    assert np.array_equal(decode(ds, index=0), pixels[0])


def test_a_tiny_frame_that_claims_to_be_huge_takes_no_memory(monkeypatch):
    """BI-11: dataset and codestream agree on 65000 x 65000 pixels."""
    frame = main_header(size=(65000, 65000)) + tile_part() + b"\xff\xd9"
    ds = htj2k_dataset(noise((8, 8), "u1"), [frame], Rows=65000, Columns=65000)
    monkeypatch.setattr("htj2k.dicom.decoder_plugin.bytearray", pytest.fail, raising=False)
    with pytest.raises(RuntimeError, match=r"htj2k: .*max_pixels"):
        get_decoder(HTJ2KLosslessRPCL).as_buffer(ds, decoding_plugin="htj2k")


def test_buffers_and_iteration():
    pixels = noise((3, 9, 8), "u2")
    ds = htj2k_dataset(pixels)
    decoder = get_decoder(HTJ2KLosslessRPCL)
    buffer, _ = decoder.as_buffer(ds, index=1, decoding_plugin="htj2k")
    assert isinstance(buffer, bytearray)
    assert bytes(buffer) == pixels[1].tobytes()
    frames = [array for array, _ in decoder.iter_array(ds, decoding_plugin="htj2k")]
    assert np.array_equal(np.stack(frames), pixels)


def test_samples_are_little_endian_on_a_big_endian_machine(monkeypatch):
    pixels = noise((9, 8), "u2")
    ds = htj2k_dataset(pixels)
    monkeypatch.setattr(sys, "byteorder", "big")
    buffer, _ = get_decoder(HTJ2KLosslessRPCL).as_buffer(ds, decoding_plugin="htj2k")
    assert bytes(buffer) == pixels.byteswap().tobytes()  # this machine's own order was the little one


def test_agreement_is_silent(caplog):
    caplog.set_level(logging.INFO)
    ds = htj2k_dataset(noise((20, 20, 3), "u1"))
    decode(ds)
    assert caplog.records == []


UNCOMPRESSED = ("CT2", "MR1", "MR3", "NM1", "US1", "VL1", "VL3", "VL6", "XA1")
WG04 = {
    **{f"{name}_JPH": f"chafey_dicomhtj2k/dicomp10/{name}_UNC" for name in UNCOMPRESSED},
    **{f"{name}_JPH": f"nema_wg04/{name}_J2KR" for name in ("RG2", "RG3")},  # JPEG 2000 Part 1, lossless
}


@pytest.mark.parametrize("name", WG04)
def test_wg04_files_equal_their_originals(name, test_data, tmp_path):
    ds = pydicom.dcmread(test_data / f"corpus/chafey_dicomhtj2k/htj2k/{name}")
    original = pydicom.dcmread(test_data / f"corpus/{WG04[name]}").pixel_array
    assert ds.file_meta.TransferSyntaxUID == HTJ2KLosslessRPCL
    assert np.array_equal(decode(ds), original)
    for ours in (ds, write(tmp_path / "copy.dcm", ds)):
        assert np.array_equal(htj2k.dicom.read_frame(ours), original)


@pytest.mark.parametrize(("name", "error"), [("HTJ2KLossless_08_RGB", 0), ("HTJ2K_08_RGB", 1)])
def test_pydicoms_own_files_decode_as_by_openjpeg(name, error, test_data):
    pytest.importorskip("openjpeg")
    ds = pydicom.dcmread(test_data / f"corpus/pydicom_data/{name}.dcm")
    decoder = get_decoder(ds.file_meta.TransferSyntaxUID)
    theirs = decoder.as_array(ds, decoding_plugin="pylibjpeg")[0]
    assert np.abs(decode(ds).astype(int) - theirs).max() <= error


def test_split_multi_frame_without_tables():
    """What pydicom can tell apart by EOC, it hands to the plugin."""
    pixels = noise((2, 20, 22), "u1")
    fragments = [part for s in map(htj2k.encode, pixels) for part in (s[:80], s[80:])]
    ds = htj2k_dataset(pixels, item(b"") + b"".join(map(item, fragments)))
    assert np.array_equal(decode(ds), pixels)
