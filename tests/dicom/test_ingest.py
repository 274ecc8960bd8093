"""Import jobs that succeed: pixels, metadata, grouping, the job's output files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian

import htj2k
from dicom_files import dataset, documents, failure, instances, lines, new_uid, pydicom, write
from htj2k.dicom import ingest
from htj2k.healthimaging import find_image_sets, verify_folder
from images import noise

ALL_SYNTAXES = (
    ImplicitVRLittleEndian,
    "1.2.840.10008.1.2.1",
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
)


def only_frames(output: Path) -> list[np.ndarray]:
    """The decoded frames of the only instance of a job."""
    (folder,) = find_image_sets(output)
    (instance,) = folder.metadata().instances
    return [htj2k.decode(folder.frame_path(frame.id).read_bytes()) for frame in instance.image_frames]


def run(tmp_path: Path, ds: Any) -> Path:
    """Import one dataset and verify the result."""
    write(tmp_path / "in" / "a.dcm", ds)
    output = tmp_path / "out"
    report = ingest(tmp_path / "in", output)
    assert not report.failed, report.failed
    return output


def test_the_golden_frame_of_the_guide(test_data: Any, tmp_path: Path) -> None:
    report = ingest(test_data / "golden/ct888.dcm", tmp_path / "out")
    assert len(report.imported) == 1
    ((uid, instance),) = instances(documents(tmp_path / "out")[0]).items()
    assert uid == "1.2.840.113619.2.30.1.1762295590.1623.978668949.888"
    (frame,) = instance["ImageFrames"]
    levels = frame["PixelDataChecksumFromBaseToFullResolution"]
    assert {"Width": 256, "Height": 188, "Checksum": 2598394845} in levels
    assert levels[-1] == {"Width": 512, "Height": 375, "Checksum": 1227709180}
    assert (frame["MinPixelValue"], frame["MaxPixelValue"]) == (451, 1466)
    assert frame["FrameSizeInBytes"] == 384000
    assert verify_folder(tmp_path / "out").ok


@pytest.mark.parametrize("syntax", ALL_SYNTAXES)
@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2"])
@pytest.mark.parametrize("shape", [(1, 1), (7, 5), (3, 40, 33), (6, 5, 3), (2, 5, 7, 3)])
def test_samples_survive_exactly(tmp_path: Path, syntax: str, dtype: str, shape: tuple[int, ...]) -> None:
    pixels = noise(shape, dtype)
    output = run(tmp_path, dataset(pixels, syntax=syntax))
    colour = len(shape) > 2 and shape[-1] == 3
    frames = pixels.reshape(-1, *shape[-3 if colour else -2 :])
    decoded = only_frames(output)
    assert len(decoded) == len(frames)
    for actual, expected in zip(decoded, frames, strict=True):
        assert actual.dtype == expected.dtype
        np.testing.assert_array_equal(actual, expected)


def test_big_endian_words_of_bytes_are_put_in_order(tmp_path: Path) -> None:
    """8 bit samples in an OW element of a Big Endian file lie in swapped pairs (odd frames included)."""
    pixels = noise((3, 5, 7), "u1")
    ds = dataset(pixels, syntax=ExplicitVRBigEndian)
    content = np.frombuffer(ds.PixelData, "u2").byteswap().tobytes()
    ds.PixelData = content
    ds["PixelData"].VR = "OW"
    for actual, expected in zip(only_frames(run(tmp_path, ds)), pixels, strict=True):
        np.testing.assert_array_equal(actual, expected)


def test_planes_become_pixels(tmp_path: Path) -> None:
    pixels = noise((9, 4, 3), "u1")
    planes = np.ascontiguousarray(np.moveaxis(pixels, -1, 0)).tobytes()
    output = run(tmp_path, dataset(pixels, PlanarConfiguration=1, PixelData=planes))
    np.testing.assert_array_equal(only_frames(output)[0], pixels)


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "PALETTE COLOR"])
def test_one_sample_is_kept_as_stored(tmp_path: Path, photometric: str) -> None:
    pixels = noise((9, 8), "u1")
    output = run(tmp_path, dataset(pixels, PhotometricInterpretation=photometric))
    np.testing.assert_array_equal(only_frames(output)[0], pixels)


def test_ybr_full_is_kept_without_a_second_transform(tmp_path: Path) -> None:
    pixels = noise((70, 66, 3), "u1")
    output = run(tmp_path, dataset(pixels, PhotometricInterpretation="YBR_FULL"))
    (folder,) = find_image_sets(output)
    (codestream,) = (path.read_bytes() for path in (folder.path / "frames").iterdir())
    assert not htj2k.read_info(codestream).color_transform
    np.testing.assert_array_equal(htj2k.decode(codestream), pixels)


def test_ybr_full_422_gives_each_pixel_its_colour(tmp_path: Path) -> None:
    stored = noise((6, 4, 4), "u1")  # rows, pairs of pixels, Y1 Y2 CB CR
    pixels = np.zeros((6, 8, 3), "u1")
    for row, pair in np.ndindex(6, 4):
        first, second, blue, red = stored[row, pair]
        pixels[row, 2 * pair] = first, blue, red
        pixels[row, 2 * pair + 1] = second, blue, red
    ds = dataset(pixels, PhotometricInterpretation="YBR_FULL_422", PixelData=stored.tobytes())
    np.testing.assert_array_equal(only_frames(run(tmp_path, ds))[0], pixels)


def test_bits_above_bits_stored_are_kept(tmp_path: Path) -> None:
    """Overlays hide there; the checksum is over what is stored (MM-04)."""
    pixels = noise((40, 33), "u2") & 0x0FFF
    pixels[10:20, 5:9] |= 0x1000
    output = run(tmp_path, dataset(pixels, BitsStored=12, HighBit=11))
    np.testing.assert_array_equal(only_frames(output)[0], pixels)
    (frame,) = next(iter(instances(documents(output)[0]).values()))["ImageFrames"]
    assert frame["PixelDataChecksumFromBaseToFullResolution"][-1]["Checksum"] == htj2k.crc32(pixels.tobytes())
    assert frame["MaxPixelValue"] == pixels.max() > 0x0FFF


@pytest.mark.parametrize(("stored", "high"), [(8, 7), (12, 15), (10, 11), (1, 0), (16, 15)])
def test_any_position_of_the_stored_bits(tmp_path: Path, stored: int, high: int) -> None:
    pixels = noise((20, 11), "i2")
    output = run(tmp_path, dataset(pixels, BitsStored=stored, HighBit=high))
    np.testing.assert_array_equal(only_frames(output)[0], pixels)


@pytest.mark.parametrize("padding", [b"", b"\0", b"\0" * 30])
def test_padding_behind_the_last_frame(tmp_path: Path, padding: bytes) -> None:
    pixels = noise((5, 7), "u1")
    ds = dataset(pixels, PixelData=pixels.tobytes() + b"\0" + padding[1:])
    np.testing.assert_array_equal(only_frames(run(tmp_path, ds))[0], pixels)


def test_metadata_is_normalised_to_its_levels(tmp_path: Path) -> None:
    ds = dataset(
        noise((4, 4), "i2"),
        PatientBirthDate="",
        StudyDate="20240102",
        SoftwareVersions="1.0",
        ImageType=["ORIGINAL", "PRIMARY", ""],
        SliceThickness="1.000000",
        InstanceNumber="7",
        FrameIncrementPointer=0x00181065,
        PixelPaddingValue=-2000,
        PhysicalDeltaX=0.5,
        LargestPixelValueInSeries=None,
    )
    ds["PixelPaddingValue"].VR = "SS"
    block = ds.private_block(0x0009, "TESTER", create=True)
    block.add_new(1, "LO", "private")
    block.add_new(2, "UN", b"\x00\x01")
    ds.add_new(0x60000010, "US", 4)
    item = pydicom.Dataset()
    item.CodeValue = "T-1"
    item.add_new(0x00091003, "OB", b"\xff\x00")
    ds.AnatomicRegionSequence = [item]
    output = run(tmp_path, ds)
    (document,) = documents(output)
    ((series_uid, series),) = document["Study"]["Series"].items()
    instance = series["Instances"][ds.SOPInstanceUID]
    assert document["ImageSetID"] == find_image_sets(output)[0].image_set_id
    assert document["Patient"]["DICOM"] == {
        "PatientName": "Test^Patient",
        "PatientID": "42",
        "PatientBirthDate": None,
    }
    assert document["Study"]["DICOM"] == {"StudyDate": "20240102", "StudyInstanceUID": ds.StudyInstanceUID}
    assert series_uid == ds.SeriesInstanceUID
    assert series["DICOM"] == {
        "Modality": "CT",
        "SeriesInstanceUID": series_uid,
        "SoftwareVersions": ["1.0"],
        "PixelPaddingValue": -2000,
    }
    assert series["DICOMVRs"] == {"PixelPaddingValue": "SS"}
    dicom = instance["DICOM"]
    assert dicom["ImageType"] == ["ORIGINAL", "PRIMARY", ""]
    assert (dicom["SliceThickness"], dicom["InstanceNumber"]) == ("1.000000", "7")
    assert dicom["FrameIncrementPointer"] == ["00181065"]
    assert (dicom["PhysicalDeltaX"], dicom["Rows"]) == (0.5, 4)
    assert (dicom["00090010"], dicom["00091001"], dicom["00091002"]) == ("TESTER", "private", "AAE=")
    assert dicom["AnatomicRegionSequence"] == [
        {"CodeValue": "T-1", "00091003": "/wA=", "DICOMVRs": {"00091003": "OB"}}
    ]
    assert dicom["TransferSyntaxUID"] == "1.2.840.10008.1.2.1"
    assert dicom["PixelData"] is None
    assert "FileMetaInformationGroupLength" not in dicom
    expected = {"00090010": "LO", "00091001": "LO", "00091002": "UN", "60000010": "US"}
    assert expected.items() <= instance["DICOMVRs"].items()
    assert instance["StoredTransferSyntaxUID"] == "1.2.840.10008.1.2.4.202"
    assert instance["ChecksumType"] == "DECOMPRESSED"


def test_binary_words_do_not_depend_on_the_byte_order_of_the_file(tmp_path: Path) -> None:
    values = []
    for syntax in ("1.2.840.10008.1.2.1", ExplicitVRBigEndian):
        order = ">" if syntax == ExplicitVRBigEndian else "<"
        ds = dataset(noise((4, 4), "u2"), syntax=syntax)
        ds.add_new(0x00281201, "OW", np.arange(4, dtype=f"{order}u2").tobytes())
        output = run(tmp_path / order, ds)
        values.append(next(iter(instances(documents(output)[0]).values()))["DICOM"])
    assert values[0]["RedPaletteColorLookupTableData"] == values[1]["RedPaletteColorLookupTableData"]


def test_one_series_joins_and_a_differing_patient_makes_its_own_set(tmp_path: Path) -> None:
    for number in range(4):
        name = "Test^Patient" if number < 3 else "Other^Patient"
        write(tmp_path / "in" / f"d{number}" / "x", dataset(noise((4, 4), "u1"), PatientName=name))
    output = tmp_path / "out"
    report = ingest(tmp_path / "in", output)
    assert sorted(len(instances(document)) for document in documents(output)) == [1, 3]
    summary = json.loads((output / "job-output-manifest.json").read_text())["jobSummary"]
    assert summary == report.summary["jobSummary"]
    assert summary["numberOfScannedFiles"] == summary["numberOfImportedFiles"] == 4
    assert summary["numberOfGeneratedImageSets"] == 2
    counts = {entry["imageSetId"]: entry["numberOfMatchedSOPInstances"] for entry in summary["imageSetsSummary"]}
    assert counts == {document["ImageSetID"]: len(instances(document)) for document in documents(output)}
    by_file = {line["inputFile"]: line["importResponse"]["imageSetId"] for line in lines(output, "success")}
    assert set(by_file) == {f"in/d{number}/x" for number in range(4)}
    assert counts[by_file["in/d0/x"]] == 3
    assert counts[by_file["in/d3/x"]] == 1
    assert verify_folder(output).ok


def test_two_series_of_a_study_are_two_image_sets(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(tmp_path / "in" / name, dataset(noise((4, 4), "u1"), SeriesInstanceUID=new_uid()))
    ingest(tmp_path / "in", tmp_path / "out")
    assert len(documents(tmp_path / "out")) == 2


def test_the_same_instance_twice_is_stored_once(tmp_path: Path) -> None:
    ds = dataset(noise((4, 4), "u1"))
    for name in ("a", "b"):
        write(tmp_path / "in" / name, ds)
    report = ingest(tmp_path / "in", tmp_path / "out")
    assert len(report.imported) == 2
    assert len({entry.image_set_id for entry in report.imported}) == 1
    assert report.frames == 1
    assert verify_folder(tmp_path / "out").ok


def test_one_uid_with_different_pixels_loses_neither(tmp_path: Path) -> None:
    uid = new_uid()
    originals = [noise((4, 4), "u1", seed=seed) for seed in (1, 2)]
    for name, pixels in zip("ab", originals, strict=True):
        write(tmp_path / "in" / name, dataset(pixels, SOPInstanceUID=uid))
    ingest(tmp_path / "in", tmp_path / "out")
    decoded = {htj2k.decode(path.read_bytes()).tobytes() for path in (tmp_path / "out").glob("*/frames/*.j2c")}
    assert decoded == {pixels.tobytes() for pixels in originals}
    assert verify_folder(tmp_path / "out").ok


def test_a_job_repeated_writes_equal_image_sets(tmp_path: Path) -> None:
    for number in range(6):
        write(tmp_path / "in" / str(number), dataset(noise((30, 20), "i2", seed=number)))
    trees = []
    for name, threads in (("one", 1), ("two", 4)):
        ingest(tmp_path / "in", tmp_path / name, threads=threads)
        files = (path for path in (tmp_path / name).glob("*/**/*") if path.is_file())
        trees.append({path.relative_to(tmp_path / name): path.read_bytes() for path in files})
    assert trees[0] == trees[1]
    assert len(trees[0]) == 6 + 1 + 2  # frames, metadata, SUCCESS and FAILURE


def test_instances_without_pixels_are_imported_as_metadata(tmp_path: Path) -> None:
    output = run(tmp_path, dataset(None, Modality="SR"))
    (instance,) = instances(documents(output)[0]).values()
    assert instance["ImageFrames"] == []
    report = verify_folder(output)
    assert not report.ok
    assert "nothing was verified" in report.problems[0].message


def test_a_single_file_may_be_the_input(tmp_path: Path) -> None:
    path = write(tmp_path / "a.dcm", dataset(noise((4, 4), "u1")))
    ingest(path, tmp_path / "out")
    assert [line["inputFile"] for line in lines(tmp_path / "out", "success")] == ["a.dcm"]


def test_links_are_followed_once(tmp_path: Path) -> None:
    source = tmp_path / "in"
    write(source / "deep" / "a.dcm", dataset(noise((4, 4), "u1")))
    (source / "deep" / "loop").symlink_to(source, target_is_directory=True)
    (source / "broken").symlink_to(tmp_path / "nowhere")
    report = ingest(source, tmp_path / "out")
    assert [entry.input_file for entry in report.imported] == ["in/deep/a.dcm"]
    assert "broken link" in failure(tmp_path / "out")["message"]


def test_progress_counts_files(tmp_path: Path) -> None:
    for number in range(3):
        write(tmp_path / "in" / str(number), dataset(noise((4, 4), "u1")))
    seen: list[tuple[int, int]] = []
    ingest(tmp_path / "in", tmp_path / "out", progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 3), (2, 3), (3, 3)]
