"""Frames in every transfer syntax: equal to pydicom's decode, refused with a reason, never damaged."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.encaps import encapsulate, generate_frames
from pydicom.pixels import get_decoder
from pydicom.uid import ExplicitVRBigEndian, RLELossless

import htj2k
from dicom_files import dataset, documents, failure, instances, pydicom, write
from htj2k.dicom import InvalidInstance, ingest, read_dataset, read_frame, transcode
from htj2k.dicom.frames import original_frames
from htj2k.dicom.syntaxes import (
    BIG_ENDIAN,
    EXPLICIT,
    HTJ2K_SYNTAXES,
    JPEG_EXTENDED,
    NATIVE_SYNTAXES,
    RLE,
    SYNTAXES,
)
from htj2k.healthimaging import find_image_sets, verify_folder
from images import noise

pytest.importorskip("gdcm")
pytest.importorskip("jpeg_ls")

JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
BUNDLED = Path(pydicom.data.__file__).parent / "test_files"
# pydicom 3.0 cannot decode these with what the extra "dicom" installs, but we do.
ONLY_OURS = {"JPGExtended.dcm", "JPEG-lossy.dcm"}


@pytest.mark.filterwarnings("ignore::UserWarning")  # of pydicom, about odd values
def test_pydicom_s_own_files_equal_pydicom_s_decode() -> None:
    counts = compare_folder(BUNDLED)
    assert sum(counts.values()) >= 88
    assert set(SYNTAXES) - set(counts) == {
        "1.2.840.10008.1.2.4.51",  # only 12-bit ones, see ONLY_OURS
        "1.2.840.10008.1.2.4.57",
        *HTJ2K_SYNTAXES,
    }


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_the_corpus_equals_pydicom_s_decode(test_data: Any) -> None:
    counts = compare_folder(test_data / "corpus")
    assert sum(counts.values()) >= 150
    assert set(SYNTAXES) - set(counts) == {"1.2.840.10008.1.2.1.99"}


def compare_folder(folder: Path) -> Counter[str]:
    """How many files with pixels of each syntax equal pydicom's decode; fails at the first that does not."""
    counts: Counter[str] = Counter()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        try:
            ds = read_dataset(path)
            frames = list(original_frames(ds)) if "PixelData" in ds else []
        except InvalidInstance:
            continue
        if frames and path.name not in ONLY_OURS:
            assert_equal_to_pydicom(ds, frames, str(path))
            counts[ds.file_meta.TransferSyntaxUID] += 1
    return counts


def assert_equal_to_pydicom(ds: Any, frames: list[np.ndarray], name: str) -> None:
    decoder = get_decoder(ds.file_meta.TransferSyntaxUID)
    expected, properties = decoder.as_array(ds, raw=True)
    # Bits above BitsStored, such as an overlay's, are kept as stored; pydicom drops them or extends the sign. Only
    # what JPEG and JPEG 2000 decode to has none, and its sign must be right.
    keeps_all_bits = ds.file_meta.TransferSyntaxUID in (*NATIVE_SYNTAXES, RLE)
    low_bits = (1 << int(properties["bits_stored"])) - 1 if keeps_all_bits else -1
    wide = np.stack(frames).reshape(expected.shape).astype(np.int64)
    if ds.file_meta.TransferSyntaxUID == HTJ2K_SYNTAXES[2]:  # 9/7: OpenJPEG, pydicom's decoder, rounds otherwise
        np.testing.assert_allclose(wide, expected.astype(np.int64), atol=1, rtol=0, err_msg=name)
        return
    np.testing.assert_array_equal(wide & low_bits, expected.astype(np.int64) & low_bits, err_msg=name)
    assert frames[0].dtype.itemsize == max(1, ds.BitsAllocated // 8), name


def test_every_wg_04_file_equals_its_uncompressed_original(test_data: Any) -> None:
    """The originals of the working group, in HTJ2K, JPEG 2000, JPEG-LS and RLE: an oracle beside pydicom."""
    originals = {path.name.split("_")[0]: path for path in (test_data / "corpus").rglob("*_UNC")}
    compared = 0
    for path in sorted((test_data / "corpus").rglob("*_*")):
        original = originals.get(path.name.split("_")[0])
        if original and path.name.endswith(("_JPH", "_J2KR", "_JLSL", "_RLE")):
            (expected,), (actual,) = (list(original_frames(read_dataset(p))) for p in (original, path))
            np.testing.assert_array_equal(actual, expected, err_msg=path.name)
            compared += 1
    assert compared >= 15


def test_the_corpus_is_imported_and_verified(ingested_corpus: Any) -> None:
    report, output = ingested_corpus
    assert not any(failure.is_server_error for failure in report.failed)
    assert len(report.imported) >= 155
    assert verify_folder(output).ok


def test_pydicom_s_own_files_are_imported_and_verified(ingested_bundled: Any) -> None:
    report, output = ingested_bundled
    assert not any(failure.is_server_error for failure in report.failed)
    assert len(report.imported) >= 141
    assert verify_folder(output).ok


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2.1", ExplicitVRBigEndian])
@pytest.mark.parametrize("vr", ["OB", "OW"])
def test_single_bits_become_bytes(syntax: str, vr: str) -> None:
    """Three frames of 35 bits: they begin inside of bytes. PS3.5 8.1.1: the lowest bit first."""
    pixels = np.random.default_rng(1).integers(0, 2, (3, 5, 7), dtype="u1")
    stored = np.packbits(pixels.reshape(-1), bitorder="little")
    stored = np.append(stored, np.zeros(stored.size % 2, "u1"))
    if syntax == BIG_ENDIAN and vr == "OW":
        stored = stored.view("u2").byteswap().view("u1")
    ds = dataset(pixels, syntax=syntax, BitsAllocated=1, BitsStored=1, HighBit=0, PixelData=stored.tobytes())
    ds["PixelData"].VR = vr
    frames = list(original_frames(ds))
    assert {frame.dtype for frame in frames} == {np.dtype("u1")}
    np.testing.assert_array_equal(np.stack(frames), pixels)


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2.1", ExplicitVRBigEndian])
@pytest.mark.parametrize("dtype", ["u4", "i4"])
def test_32_bits(tmp_path: Path, syntax: str, dtype: str) -> None:
    pixels = noise((2, 70, 66), dtype)
    write(tmp_path / "in" / "a", dataset(pixels, syntax=syntax))
    report = ingest(tmp_path / "in", tmp_path / "out")
    assert report.levels >= 2 * report.frames == 4
    (folder,) = find_image_sets(tmp_path / "out")
    (instance,) = folder.metadata().instances
    for frame, expected in zip(instance.image_frames, pixels, strict=True):
        decoded = htj2k.decode(folder.frame_path(frame.id).read_bytes())
        assert decoded.dtype == expected.dtype
        np.testing.assert_array_equal(decoded, expected)
        assert frame.checksums[-1].checksum == htj2k.crc32(expected.tobytes())
    assert verify_folder(tmp_path / "out").ok


def rle(pixels: np.ndarray, **attributes: Any) -> Any:
    ds = dataset(pixels, **attributes)
    ds.compress(RLELossless, encoding_plugin="pydicom", generate_instance_uid=False)
    return ds


def change_frames(ds: Any, change: Callable[[list[bytes]], list[bytes]]) -> Any:
    """The dataset with other compressed frames."""
    frames = list(generate_frames(ds.PixelData, number_of_frames=int(ds.get("NumberOfFrames") or 1)))
    ds.PixelData = encapsulate(change(frames))
    ds["PixelData"].is_undefined_length = True
    return ds


def bundled(name: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pydicom.dcmread(BUNDLED / name)


def htj2k_dataset(
    pixels: np.ndarray, *, syntax: str = HTJ2K_SYNTAXES[1], bits: int | None = None, **more: Any
) -> Any:
    ds = dataset(pixels, **more)
    ds.PixelData = encapsulate([htj2k.encode(pixels, bits_stored=bits)])
    ds["PixelData"].is_undefined_length = True
    ds.file_meta.TransferSyntaxUID = syntax
    return ds


def cases() -> Iterator[Any]:
    """Damaged or contradictory instances, and a word of the reason that must be given."""
    pixels = noise((20, 30), "u2")
    yield "short rle", change_frames(rle(pixels), lambda f: [f[0][:-40]]), "decoded"
    yield "frame missing", change_frames(rle(noise((3, 9, 9), "u1")), lambda f: f[:2]), "NumberOfFrames"
    yield "frame too many", change_frames(rle(noise((3, 9, 9), "u1")), lambda f: [*f, f[0]]), "NumberOfFrames"
    for name in ("SC_rgb_jpeg.dcm", "MR_small_jp2klossless.dcm", "MR_small_jpeg_ls_lossless.dcm"):
        yield f"cut {name}", change_frames(bundled(name), lambda f: [f[0][: len(f[0]) // 2]]), "truncated"
        yield f"garbage in {name}", change_frames(bundled(name), lambda f: [bytes(50) + b"\xff\xd9"]), "neither"
        ds = bundled(name)
        ds.Rows //= 2
        yield f"rows of {name}", ds, "Rows"
    ds = htj2k_dataset(pixels)
    yield "cut htj2k", change_frames(ds, lambda f: [f[0][:-50] + b"\xff\xd9"]), "cannot be decoded"
    yield "htj2k columns", htj2k_dataset(pixels, Columns=31), "Columns"
    yield "16 bits in 8", htj2k_dataset(pixels, BitsAllocated=8, BitsStored=8, HighBit=7), "BitsAllocated"
    ds = rle(noise((9, 9), "u1"))
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 1, 1, 0
    yield "single bits in rle", ds, "RLE with BitsAllocated 1"
    yield "not encapsulated", dataset(pixels, syntax=RLELossless), "encapsulated"
    ds = rle(pixels)
    ds.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
    yield "encapsulated", ds, "encapsulated"


@pytest.mark.parametrize(("ds", "reason"), [pytest.param(ds, reason, id=name) for name, ds, reason in cases()])
def test_damage_is_refused_with_a_reason(ds: Any, reason: str) -> None:
    with pytest.raises(InvalidInstance, match=reason):
        list(original_frames(ds))


def test_a_decoder_that_returns_too_little_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    ds = rle(noise((20, 30), "u2"))
    decoder = type(get_decoder(RLELossless))
    short = iter([(bytes(1000), {"bits_allocated": 16, "photometric_interpretation": "MONOCHROME2"})])
    monkeypatch.setattr(decoder, "iter_buffer", lambda *_, **__: short)
    with pytest.raises(InvalidInstance, match="500 samples instead of 600"):
        list(original_frames(ds))


def test_frames_of_8_and_of_12_bits_do_not_change_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The decoder of 8 bits, where one takes 12 bits as well, gave the second frame for the third."""
    imagecodecs = pytest.importorskip("imagecodecs")
    frames = [(100, 8, np.uint8), (2000, 12, np.uint16), (50, 8, np.uint8)]
    encoded = [
        imagecodecs.jpeg8_encode(np.full((16, 16), value, dtype), level=100, bitspersample=bits)
        for value, bits, dtype in frames
    ]
    ds = dataset(np.zeros((3, 16, 16), np.uint16), syntax=JPEG_EXTENDED, BitsStored=12, HighBit=11)
    ds.PixelData = encapsulate(encoded)
    ds["PixelData"].VR, ds["PixelData"].is_undefined_length = "OB", True
    properties = {"bits_allocated": 16, "photometric_interpretation": "MONOCHROME2"}
    decoded = ((np.full((16, 16), value, "<u2").tobytes(), properties) for value, _, _ in frames)
    monkeypatch.setattr(type(get_decoder(JPEG_EXTENDED)), "iter_buffer", lambda *_, **__: decoded)
    with pytest.raises(InvalidInstance, match="frame 1 has samples of another precision"):
        list(original_frames(read_dataset(write(tmp_path / "a.dcm", ds))))


def two_frames(syntax: str) -> tuple[np.ndarray, list[bytes]]:
    images = [noise((16, 16), "u1", seed=seed) for seed in range(2)]
    if syntax == RLE:
        ds = rle(np.stack(images))
        return images[0], list(generate_frames(ds.PixelData, number_of_frames=2))
    if syntax == JPEG_BASELINE:
        imagecodecs = pytest.importorskip("imagecodecs")
        return images[0], [imagecodecs.jpeg8_encode(image) for image in images]
    return images[0], [htj2k.encode(image) for image in images]


@pytest.mark.parametrize("syntax", [HTJ2K_SYNTAXES[1], JPEG_BASELINE, RLE])
def test_a_frame_more_than_the_attributes_say_is_not_lost(tmp_path: Path, syntax: str) -> None:
    """Without an offset table it was taken for the end of the first one, and its original replaced in place."""
    pixels, frames = two_frames(syntax)
    ds = dataset(pixels, syntax=syntax)
    ds.PixelData = encapsulate(frames, has_bot=False)
    ds["PixelData"].VR, ds["PixelData"].is_undefined_length = "OB", True
    path = write(tmp_path / "in" / "a.dcm", ds)
    before = path.read_bytes()
    assert not ingest(path, tmp_path / "out").imported
    assert transcode(path, path, transfer_syntax=EXPLICIT).count("failed") == 1
    assert path.read_bytes() == before
    if syntax in HTJ2K_SYNTAXES:
        with pytest.raises(InvalidInstance, match="2 fragments of PixelData begin a frame"):
            read_frame(path)


def test_signed_samples_of_fewer_bits(tmp_path: Path) -> None:
    """A codestream that declares 13 unsigned bits, and attributes that say signed (fault MM-01)."""
    pixels = noise((20, 30), "i2") >> 3
    ds = htj2k_dataset((pixels & 0x1FFF).view("u2"), bits=13, BitsStored=13, HighBit=12, PixelRepresentation=1)
    np.testing.assert_array_equal(next(original_frames(ds)), pixels)


def test_padding_behind_the_end_marker_is_no_damage() -> None:
    """Zeros, or a fill byte of JPEG in front of them (fault IO-03)."""
    pixels = noise((20, 30), "u2")
    for padding in (b"\0", b"\0\0\0", b"\xff", b"\xff\0"):
        ds = change_frames(htj2k_dataset(pixels), lambda f, p=padding: [f[0].rstrip(b"\0") + p])
        np.testing.assert_array_equal(next(original_frames(ds)), pixels)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_lossy_original_stays_marked_as_lossy(tmp_path: Path) -> None:
    ingest(BUNDLED / "SC_rgb_jpeg.dcm", tmp_path / "out")
    (instance,) = instances(documents(tmp_path / "out")[0]).values()
    dicom = instance["DICOM"]
    assert dicom["TransferSyntaxUID"] == JPEG_BASELINE
    assert dicom.get("LossyImageCompression") == bundled("SC_rgb_jpeg.dcm").get("LossyImageCompression")
    assert instance["StoredTransferSyntaxUID"] == "1.2.840.10008.1.2.4.202"


def test_frames_that_prove_the_colour_wrong_win(test_data: Any, tmp_path: Path) -> None:
    """A JFIF marker says that the samples are YBR; the attribute says RGB."""
    path = test_data / "corpus/fo_dicom/GH195.dcm"
    assert pydicom.dcmread(path).PhotometricInterpretation == "RGB"
    ingest(path, tmp_path / "out")
    (instance,) = instances(documents(tmp_path / "out")[0]).values()
    assert instance["DICOM"]["PhotometricInterpretation"] == "YBR_FULL"


@pytest.mark.parametrize("keyword", ["FloatPixelData", "DoubleFloatPixelData"])
def test_floating_point_pixels_are_refused(tmp_path: Path, keyword: str) -> None:
    ds = dataset(noise((4, 4), "u4"))
    del ds.PixelData
    setattr(ds, keyword, bytes(4 * 4 * 8))
    write(tmp_path / "in" / "a", ds)
    ingest(tmp_path / "in", tmp_path / "out")
    assert "floating point" in failure(tmp_path / "out")["message"]
