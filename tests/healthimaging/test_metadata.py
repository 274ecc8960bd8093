"""Image-set metadata: what the service sends, what its guide prints, and what is damaged."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from htj2k import ResolutionChecksum
from htj2k.healthimaging import MetadataError, encode_metadata, read_metadata
from htj2k.healthimaging.ids import content_id, is_plain_name
from htj2k.healthimaging.writing import write_metadata

LEVEL = {"Width": 256, "Height": 188, "Checksum": 2598394845}


def document(frame: Any = None, **instance: Any) -> dict[str, Any]:
    frame = {"ID": "f1", "PixelDataChecksumFromBaseToFullResolution": [LEVEL]} if frame is None else frame
    body = {"DICOM": {"Rows": 188}, "ImageFrames": [frame], **instance}
    series = {"1.2": {"DICOM": {}, "Instances": {"1.2.3": body}}}
    return {"SchemaVersion": "1.1", "ImageSetID": "s", "Study": {"DICOM": {}, "Series": series}}


def encoded(value: Any) -> bytes:
    return json.dumps(value).encode()


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_reads_plain_and_gzip(pack: Any) -> None:
    metadata = read_metadata(pack(encoded(document())))
    ((instance, index, frame),) = metadata.image_frames()
    assert (metadata.image_set_id, metadata.schema_version, index) == ("s", "1.1", 0)
    assert (instance.series_instance_uid, instance.sop_instance_uid) == ("1.2", "1.2.3")
    assert frame.checksums == (ResolutionChecksum(256, 188, 2598394845),)


def test_missing_syntax_means_lossless_rpcl() -> None:
    assert read_metadata(encoded(document())).instances[0].stored_transfer_syntax_uid.endswith("4.202")
    named = read_metadata(encoded(document(StoredTransferSyntaxUID="1.2.840.10008.1.2.4.91", ChecksumType="X")))
    assert named.instances[0].stored_transfer_syntax_uid.endswith("4.91")
    assert named.instances[0].checksum_type == "X"


def test_reads_the_shape_of_the_guide() -> None:
    """Series beside Study, Instances beside it, ImageFrames inside DICOM, the other spelling of the key."""
    frame = {"ID": "f1", "ImageDataChecksumFromBaseToFullResolution": [LEVEL]}
    guide = {
        "Study": {"DICOM": {"StudyTime": "083501"}},
        "Series": {
            "1.2": {"DICOM": {"Modality": "CT"}},
            "Instances": {"1.2.3": {"DICOM": {"SeriesInstanceUID": "1.2", "ImageFrames": [frame]}}},
        },
    }
    ((instance, _, read),) = read_metadata(encoded(guide)).image_frames()
    assert (instance.series_instance_uid, instance.sop_instance_uid) == ("1.2", "1.2.3")
    assert read.checksums[0].checksum == 2598394845


def test_negative_checksum_is_the_same_32_bits() -> None:
    frame = {"ID": "f", "PixelDataChecksumFromBaseToFullResolution": [{**LEVEL, "Checksum": 2598394845 - 2**32}]}
    ((_, _, read),) = read_metadata(encoded(document(frame))).image_frames()
    assert read.checksums[0].checksum == 2598394845


@pytest.mark.parametrize(
    ("frame", "place"),
    [
        ({"PixelDataChecksumFromBaseToFullResolution": [LEVEL]}, "ImageFrames[0].ID"),
        ({"ID": 7}, "ImageFrames[0].ID"),
        ("f1", "ImageFrames[0]"),
        ({"ID": "f", "PixelDataChecksumFromBaseToFullResolution": {}}, "PixelDataChecksum"),
        ({"ID": "f", "PixelDataChecksumFromBaseToFullResolution": [{"Width": 1, "Height": 1}]}, "Checksum"),
        ({"ID": "f", "PixelDataChecksumFromBaseToFullResolution": [{**LEVEL, "Checksum": True}]}, "level 0"),
        ({"ID": "f", "PixelDataChecksumFromBaseToFullResolution": [LEVEL, {**LEVEL, "Width": 0}]}, "level 1"),
        ({"ID": "f", "PixelDataChecksumFromBaseToFullResolution": [{**LEVEL, "Checksum": 2**32}]}, "level 0"),
    ],
)
def test_a_wrong_entry_is_named_by_its_place(frame: Any, place: str) -> None:
    with pytest.raises(MetadataError) as raised:
        read_metadata(encoded(document(frame)))
    assert place in str(raised.value)
    assert "1.2.3" in str(raised.value)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"Study": []}', b"[" * 100_000])
def test_what_is_no_document_is_refused(data: bytes) -> None:
    with pytest.raises(MetadataError):
        read_metadata(data)


@pytest.mark.parametrize("data", [5, "{}", None, [123, 125]])
def test_what_has_no_bytes_is_a_type_error(data: Any) -> None:
    with pytest.raises(TypeError, match="a bytes-like object is required"):
        read_metadata(data)


def test_every_truncation_of_a_gzip_document_is_refused() -> None:
    data = gzip.compress(encoded(document()))
    for length in range(2, len(data)):
        with pytest.raises(MetadataError):
            read_metadata(data[:length])


def test_a_document_that_inflates_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("htj2k.healthimaging.metadata.MAX_DOCUMENT_BYTES", 1000)
    with pytest.raises(MetadataError, match="larger than 1000"):
        read_metadata(gzip.compress(b" " * 1001))


def test_a_document_of_very_many_values_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """32 KB in gzip took 880 MB, within the limit of bytes 28 GB would have been possible."""
    monkeypatch.setattr("htj2k.healthimaging.metadata.MAX_DOCUMENT_VALUES", 1000)
    assert read_metadata(encoded(document())).instances
    for value in ("{}", "[]", "1"):
        with pytest.raises(MetadataError, match="more than 1000 values"):
            read_metadata(b'{"a": [' + b",".join([value.encode()] * 1001) + b"]}")


def test_written_documents_are_read_back_and_equal_content_gives_equal_files(tmp_path: Any) -> None:
    source = document()["Study"]["Series"]["1.2"]["Instances"]["1.2.3"]
    levels = {
        "Patient": {"DICOM": {"PatientName": "Müller^Ä"}},
        "Study": {"DICOM": {}},
        "Series": {"DICOM": {"PixelPaddingValue": -2000}, "DICOMVRs": {"PixelPaddingValue": "SS"}},
    }
    for name in ("a", "b"):
        write_metadata(
            tmp_path / name,
            image_set_id="s",
            levels=levels,
            series_instance_uid="1.2",
            instances=[("1.2.3", json.dumps(source)), ("1.2.4", json.dumps(source))],
        )
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    metadata = read_metadata((tmp_path / "a").read_bytes())
    assert metadata.document["Patient"] == levels["Patient"]
    assert metadata.document["Study"]["Series"]["1.2"]["DICOMVRs"] == {"PixelPaddingValue": "SS"}
    assert [instance.sop_instance_uid for instance in metadata.instances] == ["1.2.3", "1.2.4"]


def test_the_service_s_own_document_is_read_whole(test_data: Any) -> None:
    data = (test_data / "golden/usdoppler_metadata.json").read_bytes()
    metadata = read_metadata(data)
    frames = list(metadata.image_frames())
    assert metadata.image_set_id == "1e29a254a6ff080f17e9c318c7cb45af"
    assert len(frames) == data.count(b'"PixelDataChecksumFromBaseToFullResolution"')
    assert frames[0][2].checksums[-1] == ResolutionChecksum(640, 480, 2095233973)
    assert {frame.frame_size_in_bytes for _, _, frame in frames} == {921600, 230400}


def test_position_of_a_frame() -> None:
    value = document(ImageFrames=[{"ID": "a"}, {"ID": "b"}])
    value["Study"]["DICOM"]["StudyInstanceUID"] = "1"
    found = [
        (i.study_instance_uid, i.series_instance_uid, i.sop_instance_uid, index, frame.id)
        for i, index, frame in read_metadata(encoded(value)).image_frames()
    ]
    assert found == [("1", "1.2", "1.2.3", 0, "a"), ("1", "1.2", "1.2.3", 1, "b")]


def test_a_repeated_key_is_refused() -> None:
    """JSON readers keep the last one in silence: of two lists of frames the first would never be verified."""
    text = json.dumps(document())
    twice = text.replace('"ImageFrames":', '"ImageFrames": [], "ImageFrames":')
    with pytest.raises(MetadataError, match="'ImageFrames' stands twice"):
        read_metadata(twice.encode())


def in_instance(**members: Any) -> bytes:
    return encoded({"Study": {"Series": {"1.2": {"Instances": {"1.2.3": members}}}}})


def test_two_lists_of_frames_that_differ_are_refused() -> None:
    """One of them would not be looked at."""
    one, other = [{"ID": "a"}], [{"ID": "b"}]
    for own in ([], other):
        with pytest.raises(MetadataError, match=r"1\.2\.3.*two lists of ImageFrames"):
            read_metadata(in_instance(ImageFrames=own, DICOM={"ImageFrames": one}))
    (instance,) = read_metadata(in_instance(ImageFrames=one, DICOM={"ImageFrames": one})).instances
    assert [frame.id for frame in instance.image_frames] == ["a"]


@pytest.mark.parametrize("value", [{}, "", 0, False])
def test_what_is_no_list_of_frames_is_not_taken_for_an_empty_one(value: Any) -> None:
    with pytest.raises(MetadataError, match=r"ImageFrames is .*not a JSON list"):
        read_metadata(in_instance(ImageFrames=value))


@pytest.mark.parametrize("value", [[], "", 0, False])
def test_what_is_no_object_is_not_taken_for_an_empty_one(value: Any) -> None:
    for document in ({"Instances": value}, {"Instances": {"1.2.3": {"DICOM": value}}}):
        with pytest.raises(MetadataError, match="not a JSON object"):
            read_metadata(encoded({"Study": {"Series": {"1.2": document}}}))
    with pytest.raises(MetadataError, match=r"Study\.DICOM"):
        read_metadata(encoded({"Study": {"DICOM": value}}))


def test_what_stands_under_either_key_is_expected() -> None:
    keys = ("PixelDataChecksumFromBaseToFullResolution", "ImageDataChecksumFromBaseToFullResolution")
    other = {**LEVEL, "Width": 512}
    for lists, count in (
        ([[], [LEVEL]], 1),
        ([[LEVEL], None], 1),
        ([[LEVEL], [LEVEL]], 1),
        ([[LEVEL], [other]], 2),
    ):
        frame = {"ID": "f", **dict(zip(keys, lists, strict=True))}
        ((_, _, read),) = read_metadata(encoded(document(frame))).image_frames()
        assert len(read.checksums) == count


@pytest.mark.parametrize(
    ("value", "read"),
    [(None, None), ("", None), (" ", None), (7, 7), ("-7", "-7"), (1.5, 1.5), ("451 ", "451 ")],
)
def test_extremes_are_kept_as_they_are(value: Any, read: Any) -> None:
    ((_, _, frame),) = read_metadata(encoded(document({"ID": "f", "MinPixelValue": value}))).image_frames()
    assert frame.min_pixel_value == read


@pytest.mark.parametrize(
    ("value", "read"), [(None, None), ("9", 9), (9.0, 9), ("x", None), ([], None), (True, None)]
)
def test_sizes_that_are_numbers(value: Any, read: Any) -> None:
    value = document({"ID": "f", "FrameSizeInBytes": value}, DICOM={"NumberOfFrames": value})
    ((instance, _, frame),) = read_metadata(encoded(value)).image_frames()
    assert frame.frame_size_in_bytes == read
    assert instance.number_of_frames == read


@pytest.mark.parametrize("where", ["instance", "DICOM"])
def test_syntax_and_type_of_checksum_in_either_place(where: str) -> None:
    said = {"StoredTransferSyntaxUID": "1.2.840.10008.1.2.4.91\0", "ChecksumType": "DECOMPRESSED "}
    value = document(**said) if where == "instance" else document(DICOM=said)
    (instance,) = read_metadata(encoded(value)).instances
    assert instance.stored_transfer_syntax_uid == "1.2.840.10008.1.2.4.91"
    assert instance.checksum_type == "DECOMPRESSED"
    (instance,) = read_metadata(encoded(document(StoredTransferSyntaxUID=None, ChecksumType=None))).instances
    assert instance.stored_transfer_syntax_uid.endswith(".202")
    assert instance.checksum_type is None


def test_what_was_read_is_written(test_data: Any) -> None:
    data = (test_data / "golden/usdoppler_metadata.json").read_bytes()
    metadata = read_metadata(data)
    written = encode_metadata(metadata)
    assert written == encode_metadata(read_metadata(written))
    assert json.loads(gzip.decompress(written)) == json.loads(data)


def test_the_key_of_the_service_is_written() -> None:
    frame = {"ID": "f1", "ImageDataChecksumFromBaseToFullResolution": [LEVEL], "Else": 1}
    written = gzip.decompress(encode_metadata(read_metadata(encoded(document(frame)))))
    assert b"ImageDataChecksum" not in written
    ((_, _, read),) = read_metadata(written).image_frames()
    assert read.checksums == (ResolutionChecksum(256, 188, 2598394845),)
    assert b'"Else": 1' in written


def test_ids_are_32_hex_digits_and_depend_on_every_part() -> None:
    ids = {content_id(*parts) for parts in (["ab"], ["a", "b"], [b"a", "b", ""], ["b", "a"], [])}
    assert len(ids) == 5
    assert all(len(value) == 32 and set(value) <= set("0123456789abcdef") for value in ids)


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("0d1c97c51b773198a3df44383a5fd306", True),
        ("frame-1.2_x", True),
        ("../x", False),
        ("a/b", False),
        ("a\\b", False),
        ("", False),
        (".hidden", False),
        ("..", False),
        ("a\n", False),
        ("C:x", False),
        ("x" * 200, False),
    ],
)
def test_plain_names(name: str, plain: bool) -> None:
    assert is_plain_name(name) is plain
