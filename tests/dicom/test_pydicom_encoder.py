"""pydicom encodes HTJ2K through the plugin; others decode it to the same pixels."""

from __future__ import annotations

import numpy as np
import pytest

pydicom = pytest.importorskip("pydicom")

from pydicom.data import get_testdata_file  # noqa: E402
from pydicom.encaps import generate_frames  # noqa: E402
from pydicom.pixels import get_decoder  # noqa: E402
from pydicom.uid import (  # noqa: E402
    HTJ2K,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
)

import htj2k  # noqa: E402
import htj2k.dicom  # noqa: E402
from dicom_files import dataset  # noqa: E402
from htj2k_dicom import reread  # noqa: E402
from images import ct_like, noise  # noqa: E402


@pytest.fixture(autouse=True)
def _registered():
    htj2k.dicom.register()
    yield
    htj2k.dicom.unregister()


def codestreams(ds) -> list[bytes]:
    return list(generate_frames(ds.PixelData, number_of_frames=int(ds.get("NumberOfFrames", 1))))


def pixels_of(ds, plugin: str = "htj2k") -> np.ndarray:
    return get_decoder(ds.file_meta.TransferSyntaxUID).as_array(ds, decoding_plugin=plugin, raw=True)[0]


def by_gdcm(ds, path, dtype) -> np.ndarray:
    gdcm = pytest.importorskip("gdcm")
    ds.save_as(path, enforce_file_format=True)
    reader = gdcm.ImageReader()
    reader.SetFileName(str(path))
    assert reader.Read()
    # SWIG hands bytes over as text.
    return np.frombuffer(reader.GetImage().GetBuffer().encode("utf-8", "surrogateescape"), dtype)


def refusal(ds, syntax=HTJ2KLosslessRPCL, **options) -> str:
    before = ds.to_json()
    with pytest.raises((RuntimeError, ValueError)) as caught:
        ds.compress(syntax, encoding_plugin="htj2k", **options)
    assert ds.to_json() == before
    return str(caught.value)


@pytest.mark.parametrize("syntax", [HTJ2KLossless, HTJ2KLosslessRPCL, HTJ2K])
@pytest.mark.parametrize(
    "pixels",
    [
        pytest.param(noise((37, 41), "u1"), id="odd u1"),
        pytest.param(noise((37, 41), "i1"), id="i1"),
        pytest.param(noise((3, 30, 20), "u2"), id="frames u2"),
        pytest.param(ct_like((300, 200)), id="i2"),
        pytest.param(noise((9, 8), "u4", bits=28), id="u4"),
        pytest.param(noise((2, 15, 11, 3), "u1"), id="color frames"),
        pytest.param(noise((15, 11, 3), "u2"), id="color u2"),
    ],
)
def test_compress_and_read_by_others(pixels, syntax, tmp_path):
    ds = dataset(pixels)
    ds.compress(syntax, encoding_plugin="htj2k")
    assert ds.file_meta.TransferSyntaxUID == syntax
    read = reread(ds)
    assert np.array_equal(pixels_of(read), pixels)
    assert {htj2k.dicom.transfer_syntax_uid(s) for s in codestreams(ds)} == {HTJ2KLosslessRPCL}
    if pixels.dtype == np.uint32:  # more bits than OpenJPEG decodes, which both of the others use
        return
    assert np.array_equal(by_gdcm(ds, tmp_path / "f.dcm", pixels.dtype), pixels.reshape(-1))
    pytest.importorskip("openjpeg")
    pytest.importorskip("pylibjpeg")
    assert np.array_equal(pixels_of(read, "pylibjpeg"), pixels)


@pytest.mark.parametrize(
    ("stored", "allocated"), [(s, a) for a in (8, 16, 32) for s in (1, 7, 8, 12, 16, 17, 32) if s <= a]
)
@pytest.mark.parametrize("sign", ["u", "i"])
def test_siz_declares_bits_stored(sign, allocated, stored):
    pixels = noise((2, 20, 30), f"{sign}4", bits=stored).astype(f"{sign}{allocated // 8}")
    ds = dataset(pixels, BitsStored=stored, HighBit=stored - 1)
    ds.compress(HTJ2KLosslessRPCL, encoding_plugin="htj2k")
    component = htj2k.read_info(codestreams(ds)[1]).components[0]
    assert (component.bit_depth, component.is_signed) == (stored, sign == "i")
    assert np.array_equal(pixels_of(ds), pixels)
    again = dataset(pixels, BitsStored=stored, HighBit=stored - 1)
    again.compress(HTJ2KLosslessRPCL, pixels, encoding_plugin="htj2k")
    assert codestreams(again) == codestreams(ds)


@pytest.mark.parametrize("sign", ["u", "i"])
def test_24_bits_allocated(sign):
    """pydicom widens them with zeros, which made negative samples large."""
    pixels = noise((20, 30), f"{sign}4", bits=24)
    native = pixels.astype("<i4").view("u1").reshape(-1, 4)[:, :3].tobytes()
    ds = dataset(pixels, BitsAllocated=24, BitsStored=24, HighBit=23, PixelData=native)
    ds.compress(HTJ2KLosslessRPCL, encoding_plugin="htj2k")
    assert np.array_equal(htj2k.decode(codestreams(ds)[0]), pixels)
    assert np.array_equal(htj2k.dicom.read_frame(ds), pixels)


# Colour


@pytest.mark.parametrize("planar", [0, 1])
@pytest.mark.parametrize(("label", "has_transform"), [("RGB", False), ("YBR_FULL", False), ("YBR_RCT", True)])
def test_the_label_decides_about_the_component_transform(label, has_transform, planar):
    pixels = noise((2, 13, 17, 3), "u1")
    native = np.moveaxis(pixels, -1, 1) if planar else pixels
    ds = dataset(pixels, PhotometricInterpretation=label, PlanarConfiguration=planar, PixelData=native.tobytes())
    ds.compress(HTJ2KLosslessRPCL, encoding_plugin="htj2k")
    info = htj2k.read_info(codestreams(ds)[1])
    assert info.color_transform == has_transform
    assert info.check_color_label(ds.PhotometricInterpretation) == []
    assert np.array_equal(pixels_of(ds), pixels)
    # As an array it is always colour by pixel, whatever PlanarConfiguration says.
    again = dataset(pixels, PhotometricInterpretation=label, PlanarConfiguration=planar)
    again.compress(HTJ2KLosslessRPCL, pixels, encoding_plugin="htj2k")
    assert codestreams(again) == codestreams(ds)


@pytest.mark.parametrize(
    ("label", "options", "reason"),
    [
        ("YBR_ICT", {}, "YBR_ICT does not go with lossless options"),
        ("YBR_RCT", {"qstep": 0.01}, "YBR_RCT does not go with lossy options"),
        ("YBR_FULL_422", {}, "not valid for pixel data encoded with 'High-Throughput JPEG 2000"),
    ],
)
def test_labels_that_cannot_be(label, options, reason):
    assert reason in refusal(dataset(noise((8, 8, 3), "u1"), PhotometricInterpretation=label), HTJ2K, **options)


# Refusals and options


@pytest.mark.parametrize("options", [{"qstep": 0.001}, {"qfactor": 90}, {"reversible": False}])
def test_lossy_is_never_called_lossless(options):
    for syntax in (HTJ2KLossless, HTJ2KLosslessRPCL):
        assert "is lossless; qstep" in refusal(dataset(ct_like((64, 64))), syntax, **options)
    ds = dataset(ct_like((64, 64)))
    ds.compress(HTJ2K, encoding_plugin="htj2k", **options)
    assert htj2k.dicom.transfer_syntax_uid(codestreams(ds)[0]) == HTJ2K
    assert 0 < np.abs(pixels_of(ds).astype(int) - ct_like((64, 64))).max() < 1000


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"progression_order": "LRCP"}, "progression order is LRCP, not RPCL"),
        ({"tlm": False}, "no TLM"),
        ({"num_decompositions": 1}, "the base resolution is 100 x 150"),
        ({"tile_parts": None}, "one tile-part a resolution"),
    ],
)
def test_rpcl_is_held_to_its_rules(options, reason):
    ds = dataset(ct_like((300, 200)))
    assert reason in refusal(ds, **options)
    ds.compress(HTJ2KLossless, encoding_plugin="htj2k", **options)
    assert np.array_equal(pixels_of(ds), ct_like((300, 200)))
    assert htj2k.dicom.transfer_syntax_uid(codestreams(ds)[0]) == HTJ2KLossless


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"num_decomposition": 3}, "num_decomposition is no option of this encoder; those are num_decompositions"),
        ({"color_transform": False}, "color_transform cannot be given: it follows from PhotometricInterpretation"),
        ({"container": "jph"}, "container cannot be given"),
        ({"block_size": (3, 64)}, "block_size"),
        ({"reversible": 0}, "reversible must be True or False"),
    ],
)
def test_options_are_checked(options, reason):
    assert reason in refusal(dataset(ct_like((64, 64))), HTJ2K, **options)


def test_stray_bits_are_refused_or_masked():
    """MM-04."""
    pixels = noise((20, 30), "u2", bits=12)
    stray = pixels | (np.arange(600, dtype="u2").reshape(20, 30) % 2 << 13)
    attributes = {"BitsStored": 12, "HighBit": 11}
    assert "does not fit bits_stored=12" in refusal(dataset(stray, **attributes))
    ds = dataset(stray, **attributes)
    ds.compress(HTJ2KLosslessRPCL, encoding_plugin="htj2k", mask_unused_bits=True)
    assert np.array_equal(pixels_of(ds), pixels)
    assert np.array_equal(dataset(stray, **attributes).pixel_array, pixels)  # as pydicom reads them


def test_one_bit_allocated_is_refused():
    ds = dataset(noise((16, 16), "u1", bits=1), BitsAllocated=1, BitsStored=1, HighBit=0, PixelData=bytes(32))
    assert "Bits Allocated: 1" in refusal(ds)


@pytest.mark.parametrize("bits", [12, 16])
def test_big_endian(bits):
    pixels = noise((20, 30), "u2", bits=bits)
    ds = dataset(pixels, syntax=ExplicitVRBigEndian, BitsStored=bits, HighBit=bits - 1)
    ds.compress(HTJ2KLosslessRPCL, encoding_plugin="htj2k", byteorder=">")
    assert np.array_equal(pixels_of(ds), pixels)
    narrow = dataset(pixels >> 8, syntax=ExplicitVRBigEndian, BitsStored=8, HighBit=7)
    assert "big-endian samples of 8 bits in 16" in refusal(narrow, byteorder=">")


# compress: every attribute that changes


@pytest.mark.parametrize("planar", [0, 1])
@pytest.mark.parametrize("color_transform", [True, False])
@pytest.mark.parametrize("lossy", [False, True])
def test_compress_labels_color(lossy, color_transform, planar, tmp_path):
    htj2k.dicom.unregister()  # it registers by itself
    pixels = np.stack([ct_like((40, 50)) // 32 + 64] * 3, -1).astype("u1")
    native = np.moveaxis(pixels, -1, 0) if planar else pixels
    ds = dataset(pixels, PlanarConfiguration=planar, PixelData=native.tobytes())
    options = {"qstep": 0.001} if lossy else {}
    syntax = HTJ2K if lossy else HTJ2KLosslessRPCL
    assert htj2k.dicom.compress(ds, syntax, color_transform=color_transform, **options) is ds
    assert ds.PhotometricInterpretation == (("YBR_ICT" if lossy else "YBR_RCT") if color_transform else "RGB")
    assert ds.PlanarConfiguration == 0
    assert htj2k.dicom.disagreements(reread(ds)) == []
    assert ("LossyImageCompression" in ds) == lossy
    for decoded in (pixels_of(ds), by_gdcm(ds, tmp_path / "f.dcm", "u1").reshape(pixels.shape)):
        assert np.abs(decoded.astype(int) - pixels).max() <= (3 if lossy else 0)


def test_compress_describes_what_was_lost():
    ds = dataset(ct_like((64, 64)))
    ds.LossyImageCompressionRatio, ds.LossyImageCompressionMethod = "12.5", "ISO_10918_1"
    uid = ds.SOPInstanceUID
    htj2k.dicom.compress(ds, HTJ2K, qfactor=90, generate_instance_uid=False)
    ds = reread(ds)
    assert ds.SOPInstanceUID != uid
    assert ds.LossyImageCompression == "01"
    assert list(ds.LossyImageCompressionMethod) == ["ISO_10918_1", "ISO_15444_15"]
    before, ratio = ds.LossyImageCompressionRatio
    assert before == 12.5
    assert float(ratio) == pytest.approx(64 * 64 * 2 / len(codestreams(ds)[0]), rel=0.1)


@pytest.mark.parametrize("extended", [False, True])
def test_compress_offset_tables(extended):
    pixels = noise((3, 21, 23), "u1")
    ds = dataset(pixels, ExtendedOffsetTable=bytes(8), ExtendedOffsetTableLengths=bytes(8))  # of another time
    htj2k.dicom.compress(ds, encapsulate_ext=extended, generate_instance_uid=False)
    assert ("ExtendedOffsetTable" in ds) == ("ExtendedOffsetTableLengths" in ds) == extended
    assert np.array_equal(pixels_of(reread(ds)), pixels)
    assert all(np.array_equal(htj2k.dicom.read_frame(reread(ds), i), pixels[i]) for i in range(3))


def test_compress_big_endian():
    ds = dataset(ct_like((20, 30)), syntax=ExplicitVRBigEndian)
    htj2k.dicom.compress(ds)
    assert np.array_equal(pixels_of(reread(ds)), ct_like((20, 30)))
    eight = dataset(noise((21, 31), "u1"), syntax=ExplicitVRBigEndian)
    eight["PixelData"].VR = "OW"
    eight.PixelData = np.frombuffer(eight.PixelData, "u2").byteswap().tobytes()
    htj2k.dicom.compress(eight)
    assert np.array_equal(pixels_of(reread(eight)), noise((21, 31), "u1"))
    stray = dataset(ct_like((20, 30)), syntax=ExplicitVRBigEndian, BitsStored=8, HighBit=7)
    with pytest.raises(ValueError, match="outside the allowable range"):
        htj2k.dicom.compress(stray)


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ({"syntax": HTJ2K}, "only an uncompressed dataset"),
        ({"BitsStored": 12, "HighBit": 15}, "HighBit is 15, not BitsStored - 1"),
        ({"BitsStored": None}, "BitsStored does not exist"),
    ],
)
def test_compress_refuses(attributes, reason):
    with pytest.raises(htj2k.dicom.InvalidInstance, match=reason):
        htj2k.dicom.compress(dataset(ct_like((8, 8)), **attributes))


def test_compress_leaves_the_dataset_when_it_fails():
    ds = dataset(noise((8, 8, 3), "u2"), BitsStored=12, HighBit=11)
    before = ds.to_json()
    with pytest.raises(RuntimeError, match="does not fit bits_stored=12"):
        htj2k.dicom.compress(ds)
    assert ds.to_json() == before


# pydicom's own files


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2", "1.2.840.10008.1.2.4.90", "1.2.3", ""])
def test_other_transfer_syntaxes(syntax):
    """pydicom raises NotImplementedError for some of them."""
    ds = dataset(ct_like((8, 8)))
    with pytest.raises(ValueError, match=r"transfer_syntax_uid is .*4\.201, .*4\.202, .*4\.203"):
        htj2k.dicom.compress(ds, syntax)
    assert ds.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian


BUNDLED = (
    *("CT_small", "MR_small", "MR_small_bigendian", "MR_small_expb", "MR_small_implicit", "MR_small_padded"),
    *("ExplVR_BigEnd", "SC_rgb_jpeg_dcmd", "SC_rgb_small_odd", "SC_rgb_small_odd_big_endian", "image_dfl"),
    *(
        "SC_ybr_full_422_uncompressed",
        "examples_overlay",
        "examples_palette",
        "examples_rgb_color",
        "rtdose",
        "rtdose_expb",
    ),
)


@pytest.mark.filterwarnings("ignore::UserWarning")  # of UIDs and values in these files
@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_files(name):
    ds = pydicom.dcmread(get_testdata_file(f"{name}.dcm", download=False))
    syntax = ds.file_meta.TransferSyntaxUID
    expected = get_decoder(syntax).as_array(ds, raw=True)[0]
    htj2k.dicom.compress(ds, generate_instance_uid=False)
    decoded = ds if syntax == ExplicitVRBigEndian else reread(ds)
    assert np.array_equal(pixels_of(decoded), expected)
    assert htj2k.dicom.disagreements(decoded) == []
    decoded.decompress(decoding_plugin="htj2k", as_rgb=False, generate_instance_uid=False)
    assert decoded.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
    assert np.array_equal(get_decoder(ExplicitVRLittleEndian).as_array(decoded, raw=True)[0], expected)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("MR_truncated", "length of the uncompressed pixel data doesn't match"),
        ("liver_1frame", "Bits Allocated: 1"),
    ],
)
def test_bundled_files_that_cannot_be(name, reason):
    ds = pydicom.dcmread(get_testdata_file(f"{name}.dcm", download=False))
    with pytest.raises(ValueError, match=reason):
        htj2k.dicom.compress(ds)
