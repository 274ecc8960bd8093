"""Image sets back to P10: samples and attributes are the source's, labels fit the transfer syntax."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from pydicom.pixels import get_decoder
from pydicom.uid import ExplicitVRBigEndian

import htj2k
from dicom_files import dataset, new_uid, pydicom, write
from htj2k.cli.app import app
from htj2k.dicom import export, ingest, read_dataset
from htj2k.dicom.frames import original_frames
from htj2k.dicom.syntaxes import EXPLICIT, HTJ2K_LOSSLESS_RPCL, NATIVE_SYNTAXES
from images import noise

BUNDLED = Path(pydicom.data.__file__).parent / "test_files"
GROUP_LENGTH, TRAILING_PADDING, PIXEL_DATA = 0x0000, 0xFFFCFFFC, 0x7FE00010

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # of pydicom, about odd values in old files


def round_trip(tmp_path: Path, ds: Any, syntax: str = EXPLICIT) -> Any:
    """Ingest one dataset, export it, read the file."""
    path = write(tmp_path / "in" / "a.dcm", ds)
    report = ingest(path, tmp_path / "sets")
    assert not report.failed, report.failed
    exported = export(tmp_path / "sets", tmp_path / "out", transfer_syntax=syntax)
    assert exported.ok, exported
    (entry,) = exported.instances
    return pydicom.dcmread(entry.path)


def assert_equal_elements(expected: Any, actual: Any, name: str, *, top: bool = True) -> None:
    """Every element, by pydicom's own equality; group lengths and the pixels of the image are left to others."""
    ignored = {PIXEL_DATA} if top else set()
    keys = {
        tag
        for tag in {*expected.keys(), *actual.keys()}
        if tag.element != GROUP_LENGTH and tag != TRAILING_PADDING and tag not in ignored
    }
    for tag in keys:
        assert tag in expected, f"{name}: {tag} was added"
        assert tag in actual, f"{name}: {tag} is gone"
        if expected[tag].VR == "SQ":
            assert len(expected[tag].value) == len(actual[tag].value), f"{name}: {tag}"
            for item, other in zip(expected[tag].value, actual[tag].value, strict=True):
                assert_equal_elements(item, other, f"{name} {tag}", top=False)
        else:
            assert expected[tag] == actual[tag], f"{name}: {expected[tag]} / {actual[tag]}"


def compare_folder(source: Path, job: tuple[Any, Path], tmp_path: Path) -> int:
    """Export what was ingested; hold each uncompressed file against pydicom's reading of the source."""
    report, sets = job
    exported = export(sets, tmp_path / "out")
    assert exported.ok, [entry for entry in exported.instances if entry.path is None]
    compared = 0
    for entry in report.imported:
        expected = pydicom.dcmread(source.parent / entry.input_file)
        if expected.file_meta.TransferSyntaxUID not in NATIVE_SYNTAXES:
            continue
        actual = pydicom.dcmread(tmp_path / "out" / entry.image_set_id / f"{expected.SOPInstanceUID}.dcm")
        assert actual.file_meta.TransferSyntaxUID == EXPLICIT
        if expected.file_meta.TransferSyntaxUID != ExplicitVRBigEndian:
            assert_equal_elements(expected, actual, entry.input_file)
        if "PixelData" in expected:
            assert_equal_pixels(expected, actual, entry.input_file)
        compared += 1
    return compared


def assert_equal_pixels(expected: Any, actual: Any, name: str) -> None:
    arrays = [get_decoder(ds.file_meta.TransferSyntaxUID).as_array(ds, raw=True)[0] for ds in (expected, actual)]
    np.testing.assert_array_equal(*arrays, err_msg=name)
    if expected.file_meta.TransferSyntaxUID != ExplicitVRBigEndian:
        length = min(len(expected.PixelData), len(actual.PixelData))
        assert bytes(expected.PixelData)[:length] == bytes(actual.PixelData)[:length], name


def test_every_uncompressed_file_of_the_corpus_comes_back_equal(
    test_data: Any, ingested_corpus: Any, tmp_path: Path
) -> None:
    assert compare_folder(test_data / "corpus", ingested_corpus, tmp_path) >= 84


def test_every_uncompressed_file_of_pydicom_comes_back_equal(ingested_bundled: Any, tmp_path: Path) -> None:
    assert compare_folder(BUNDLED, ingested_bundled, tmp_path) >= 107


@pytest.mark.parametrize("syntax", [EXPLICIT, HTJ2K_LOSSLESS_RPCL])
def test_every_bundled_file_comes_back_with_its_samples(
    ingested_bundled: Any, tmp_path: Path, syntax: str
) -> None:
    report, sets = ingested_bundled
    assert export(sets, tmp_path / "out", transfer_syntax=syntax).ok
    for entry in report.imported:
        source = read_dataset(BUNDLED.parent / entry.input_file)
        result = read_dataset(tmp_path / "out" / entry.image_set_id / f"{source.SOPInstanceUID}.dcm")
        if "PixelData" in source:
            for expected, actual in zip(original_frames(source), original_frames(result), strict=True):
                np.testing.assert_array_equal(actual, expected, err_msg=entry.input_file)


@pytest.mark.parametrize("syntax", [EXPLICIT, HTJ2K_LOSSLESS_RPCL])
@pytest.mark.parametrize(("dtype", "bits"), [("u1", 8), ("i2", 12), ("u2", 16), ("u4", 32), ("i4", 20)])
def test_other_decoders_read_what_is_written(tmp_path: Path, syntax: str, dtype: str, bits: int) -> None:
    """Through pydicom and its own plugins (OpenJPEG for HTJ2K), precision and sign included."""
    unused = 8 * int(dtype[1]) - bits
    pixels = noise((3, 40, 33), dtype) >> unused
    result = round_trip(tmp_path, dataset(pixels, BitsStored=bits, HighBit=bits - 1), syntax)
    if syntax == HTJ2K_LOSSLESS_RPCL:
        for frame in pydicom.encaps.generate_frames(result.PixelData, number_of_frames=3):
            info = htj2k.read_info(frame)
            assert info.check_htj2k_lossless_rpcl() == []
            assert info.components[0].bit_depth == bits
        if bits > 28:
            pytest.skip("OpenJPEG decodes HTJ2K up to 28 bits")
    array = get_decoder(result.file_meta.TransferSyntaxUID).as_array(result, raw=True)[0]
    np.testing.assert_array_equal(array, pixels)


@pytest.mark.parametrize(
    ("photometric", "explicit", "compressed"),
    [
        ("RGB", "RGB", "YBR_RCT"),
        ("YBR_FULL", "YBR_FULL", "YBR_FULL"),
        ("YBR_FULL_422", "YBR_FULL_422", "YBR_FULL"),
    ],
)
def test_colour_labels(tmp_path: Path, photometric: str, explicit: str, compressed: str) -> None:
    pixels = noise((40, 32, 3), "u1")
    stored = noise((40, 16, 4), "u1").tobytes() if photometric == "YBR_FULL_422" else pixels.tobytes()
    ds = dataset(pixels, PhotometricInterpretation=photometric, PixelData=stored)
    native = round_trip(tmp_path / "a", ds)
    assert (native.PhotometricInterpretation, bytes(native.PixelData)) == (explicit, stored)
    encoded = round_trip(tmp_path / "b", ds, HTJ2K_LOSSLESS_RPCL)
    assert (encoded.PhotometricInterpretation, encoded.PlanarConfiguration) == (compressed, 0)
    np.testing.assert_array_equal(next(original_frames(encoded)), next(original_frames(ds)))


def test_planes_come_back_as_planes(tmp_path: Path) -> None:
    pixels = noise((9, 4, 3), "u1")
    planes = np.ascontiguousarray(np.moveaxis(pixels, -1, 0)).tobytes()
    ds = dataset(pixels, PlanarConfiguration=1, PixelData=planes)
    assert bytes(round_trip(tmp_path / "a", ds).PixelData) == planes
    assert round_trip(tmp_path / "b", ds, HTJ2K_LOSSLESS_RPCL).PlanarConfiguration == 0


def test_bits_above_bits_stored_survive_in_both_syntaxes(tmp_path: Path) -> None:
    pixels = noise((40, 33), "u2")  # an overlay, or noise, above 12 bits
    for syntax in (EXPLICIT, HTJ2K_LOSSLESS_RPCL):
        result = round_trip(tmp_path / syntax, dataset(pixels, BitsStored=12, HighBit=11), syntax)
        np.testing.assert_array_equal(next(original_frames(result)), pixels)


def test_attributes_of_every_kind_come_back(tmp_path: Path) -> None:
    """Private ones, icons with pixels, leading spaces of long texts, infinities, words of a Big Endian file."""
    for syntax in (EXPLICIT, ExplicitVRBigEndian):
        order = ">" if syntax == ExplicitVRBigEndian else "<"
        ds = dataset(noise((4, 4), "u2"), syntax=syntax)
        ds.SpecificCharacterSet = "ISO_IR 192"
        ds.PatientName = "Ångström^Åsa=漢字"
        ds.ImageComments = "  indented\r\n  text"
        ds.SliceThickness = "1.000000"
        ds.PhysicalDeltaX = float("inf")
        ds.ImageType = ["ORIGINAL", "PRIMARY", ""]
        ds.FrameIncrementPointer = 0x00181065
        ds.add_new(0x00281201, "OW", np.arange(4, dtype=f"{order}u2").tobytes())
        block = ds.private_block(0x0009, "TESTER", create=True)
        block.add_new(1, "LO", "private")
        block.add_new(2, "UN", b"\x00\x01")
        icon = pydicom.Dataset()
        icon.Rows = 2
        icon.add_new(PIXEL_DATA, "OW", np.arange(4, dtype=f"{order}u2").tobytes())
        ds.IconImageSequence = [icon]
        result = round_trip(tmp_path / order, ds)
        assert result.PatientName == ds.PatientName
        assert result.ImageComments == "  indented\r\n  text"
        assert (str(result.SliceThickness), result.PhysicalDeltaX) == ("1.000000", float("inf"))
        assert list(result.ImageType) == ["ORIGINAL", "PRIMARY", ""]
        assert result.FrameIncrementPointer == 0x00181065
        assert result.RedPaletteColorLookupTableData == np.arange(4, dtype="<u2").tobytes()
        assert result[0x00091001].value == "private"
        assert result[0x00091002].value == b"\x00\x01"
        assert result.IconImageSequence[0].PixelData == np.arange(4, dtype="<u2").tobytes()


def test_bits_elsewhere_than_below_have_no_precision_of_their_own(tmp_path: Path) -> None:
    pixels = noise((40, 33), "u2") >> 8
    result = round_trip(tmp_path, dataset(pixels, BitsStored=10, HighBit=11), HTJ2K_LOSSLESS_RPCL)
    (frame,) = pydicom.encaps.generate_frames(result.PixelData, number_of_frames=1)
    assert htj2k.read_info(frame).components[0].bit_depth == 16


def test_a_lossy_source_is_marked_once_its_syntax_is_gone(tmp_path: Path) -> None:
    source = pydicom.dcmread(BUNDLED / "SC_rgb_jpeg_dcmtk.dcm")
    del source.LossyImageCompression
    ingest(write(tmp_path / "a.dcm", source), tmp_path / "sets")
    (entry,) = export(tmp_path / "sets", tmp_path / "out").instances
    result = pydicom.dcmread(entry.path)
    assert (result.LossyImageCompression, result.PhotometricInterpretation) == ("01", "YBR_FULL")


def test_one_instance(tmp_path: Path) -> None:
    uids = [new_uid() for _ in range(3)]
    for uid in uids:
        write(tmp_path / "in" / uid, dataset(noise((9, 9), "u2"), SOPInstanceUID=uid))
    ingest(tmp_path / "in", tmp_path / "sets")
    (entry,) = export(tmp_path / "sets", tmp_path / "out", sop_instance_uid=uids[1]).instances
    assert entry.sop_instance_uid == uids[1]
    assert [path.name for path in (tmp_path / "out").rglob("*.dcm")] == [f"{uids[1]}.dcm"]
    with pytest.raises(ValueError, match="no image set"):
        export(tmp_path / "sets", tmp_path / "out", sop_instance_uid="1.2.3")


def series_of(document: Any) -> Any:
    (series,) = document["Study"]["Series"].values()
    return series


def instance_of(document: Any) -> Any:
    (instance,) = series_of(document)["Instances"].values()
    return instance


def edit(path: Path, change: Any) -> None:
    document = json.loads(gzip.decompress(path.read_bytes()))
    change(document)
    path.write_bytes(gzip.compress(json.dumps(document).encode()))


def damage_frame(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)


def remove_frame(path: Path) -> None:
    path.unlink()


def other_image(path: Path) -> None:
    path.write_bytes(htj2k.encode(noise((20, 30), "u2", seed=9)))


@pytest.mark.parametrize("damage", [damage_frame, remove_frame, other_image])
def test_a_frame_that_does_not_verify_leaves_no_file(tmp_path: Path, damage: Any) -> None:
    write(tmp_path / "in" / "a", dataset(noise((20, 30), "u2")))
    ingest(tmp_path / "in", tmp_path / "sets")
    (frame,) = (tmp_path / "sets").glob("*/frames/*.j2c")
    damage(frame)
    report = export(tmp_path / "sets", tmp_path / "out")
    assert not report.ok
    assert report.instances[0].reason
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    result = CliRunner().invoke(app, ["export", str(tmp_path / "sets"), str(tmp_path / "out")])
    assert result.exit_code == 1


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("Rows", 21, "Rows"),
        ("BitsStored", 17, "BitsStored"),
        ("NumberOfFrames", "2", "NumberOfFrames"),
        ("NoSuchKeyword", "x", "NoSuchKeyword"),
        ("PhotometricInterpretation", "RGB", "SamplesPerPixel"),
        ("PixelSpacing", {"a": 1}, "PixelSpacing"),
        ("PatientComments", 5, "PatientComments"),
        ("SOPInstanceUID", "../../x", "Instance"),
    ],
)
def test_edited_metadata_are_refused(tmp_path: Path, key: str, value: Any, reason: str) -> None:
    write(tmp_path / "in" / "a", dataset(noise((20, 30), "u2")))
    ingest(tmp_path / "in", tmp_path / "sets")
    (path,) = (tmp_path / "sets").glob("*/metadata.json.gz")
    edit(path, lambda document: instance_of(document)["DICOM"].update({key: value}))
    report = export(tmp_path / "sets", tmp_path / "out")
    assert not report.ok
    assert reason in report.instances[0].reason


def test_colours_that_are_no_pairs_are_not_called_so(tmp_path: Path) -> None:
    write(tmp_path / "in" / "a", dataset(noise((20, 30, 3), "u1"), PhotometricInterpretation="YBR_FULL"))
    ingest(tmp_path / "in", tmp_path / "sets")
    (path,) = (tmp_path / "sets").glob("*/metadata.json.gz")
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()).replace(b"YBR_FULL", b"YBR_FULL_422")))
    assert "differ in colour" in export(tmp_path / "sets", tmp_path / "out").instances[0].reason


def test_instances_without_pixels(tmp_path: Path) -> None:
    ds = dataset(None, Modality="SR", ContentDate="20240101")
    result = round_trip(tmp_path, ds, HTJ2K_LOSSLESS_RPCL)
    assert result.file_meta.TransferSyntaxUID == EXPLICIT
    assert_equal_elements(ds, result, "SR")


def test_the_command(tmp_path: Path) -> None:
    write(tmp_path / "in" / "a", dataset(noise((20, 30), "u2")))
    ingest(tmp_path / "in", tmp_path / "sets")
    arguments = ["export", str(tmp_path / "sets"), str(tmp_path / "out"), "--to", "htj2k", "--json"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    assert (document["ok"], document["written"]) == (True, 1)
    written = pydicom.dcmread(document["instances"][0]["path"])
    assert written.file_meta.TransferSyntaxUID == HTJ2K_LOSSLESS_RPCL
    shutil.rmtree(tmp_path / "sets")
    assert CliRunner().invoke(app, arguments).exit_code == 2


def test_an_image_whose_frames_are_not_listed_is_not_written_without_pixels(tmp_path: Path) -> None:
    ingest(write(tmp_path / "a.dcm", dataset(noise((8, 9), "u2"))), tmp_path / "sets")
    (path,) = (tmp_path / "sets").glob("*/metadata.json.gz")
    edit(path, lambda document: instance_of(document).update(ImageFrames=[]))
    report = export(tmp_path / "sets", tmp_path / "out")
    assert not report.ok
    assert "the metadata list no frame" in report.instances[0].reason
    assert not list((tmp_path / "out").rglob("*.dcm"))


def other_values(**values: Any) -> Any:
    return lambda document: instance_of(document)["DICOM"].update(values)


def nested(document: Any) -> None:
    item: dict[str, Any] = {}
    for _ in range(400):
        item = {"ReferencedStudySequence": [item]}
    instance_of(document)["DICOM"].update(item)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda document: document["Patient"].update(DICOMVRs=["x"]), "DICOMVRs"),
        (lambda document: document.update(Patient=[1]), "Patient"),
        (lambda document: document["Patient"].update(DICOM=[1]), "DICOM"),
        (lambda document: instance_of(document).update(DICOMVRs=["x"]), "DICOMVRs"),
        (other_values(Rows=float("inf")), "Rows"),
        (other_values(Rows=10**30), "0028,0010"),
        (other_values(FrameIncrementPointer="F" * 10), "FrameIncrementPointer"),
        (other_values(RecommendedDisplayFrameRateInFloat=10**400), "RecommendedDisplayFrameRateInFloat"),
        (nested, "ReferencedStudySequence"),
    ],
)
def test_a_document_of_wrong_types_costs_its_own_instances(tmp_path: Path, change: Any, reason: str) -> None:
    for number in range(2):
        ds = dataset(noise((8, 9), "u2", seed=number), SeriesInstanceUID=new_uid())
        write(tmp_path / "in" / f"{number}.dcm", ds)
    ingest(tmp_path / "in", tmp_path / "sets")
    edit(next((tmp_path / "sets").glob("*/metadata.json.gz")), change)
    report = export(tmp_path / "sets", tmp_path / "out")
    reasons = [entry.reason for entry in report.instances]
    assert sum(reason == "" for reason in reasons) == 1
    assert reason in "".join(reasons)


@pytest.mark.parametrize("name", [{"Alphabetic": "SECRET^NAME"}, ["SECRET", 5], "SECRET\u4e2d"])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_patient_s_name_that_cannot_be_written_stays_out_of_the_report(tmp_path: Path, name: Any) -> None:
    ingest(write(tmp_path / "a.dcm", dataset(noise((8, 9), "u2"))), tmp_path / "sets")
    (path,) = (tmp_path / "sets").glob("*/metadata.json.gz")
    edit(path, lambda document: document["Patient"]["DICOM"].update(PatientName=name))
    report = export(tmp_path / "sets", tmp_path / "out")
    assert "PatientName" in report.instances[0].reason
    assert "SECRET" not in str(report)


def test_two_instances_of_one_uid_are_not_written_over_each_other(tmp_path: Path) -> None:
    ingest(write(tmp_path / "a.dcm", dataset(noise((8, 9), "u2"))), tmp_path / "sets")
    (path,) = (tmp_path / "sets").glob("*/metadata.json.gz")
    edit(path, lambda document: document["Study"]["Series"].update({"9.9": series_of(document)}))
    report = export(tmp_path / "sets", tmp_path / "out")
    assert not report.ok
    assert ["another instance" in entry.reason for entry in report.instances] == [True, True]
    assert not list((tmp_path / "out").rglob("*.dcm"))


def test_a_replaced_file_keeps_its_permissions(tmp_path: Path) -> None:
    ingest(write(tmp_path / "a.dcm", dataset(noise((8, 9), "u2"))), tmp_path / "sets")
    path = export(tmp_path / "sets", tmp_path / "out").instances[0].path
    assert path is not None
    path.chmod(0o600)
    assert export(tmp_path / "sets", tmp_path / "out").ok
    assert path.stat().st_mode & 0o777 == 0o600
