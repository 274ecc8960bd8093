"""Verification of whole image sets: each frame has the right verdict, and nothing is skipped in silence."""

from __future__ import annotations

import json
import multiprocessing
import threading
import xml.etree.ElementTree as ET
import zlib
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np
import pytest

import htj2k
from htj2k.healthimaging import MetadataError, junit_xml, read_metadata, verify_image_set
from image_sets import KEY, MemoryStore, image_set, statuses
from images import ct_like

J2K_LOSSLESS, J2K, HTJ2K = (f"1.2.840.10008.1.2.4.{n}" for n in (90, 91, 203))


def verify(store: MemoryStore, **options: Any) -> Any:
    return verify_image_set(store.read_metadata(), store, **options)


def only(store: MemoryStore, **options: Any) -> Any:
    """The report on the one frame of a store."""
    report = verify(store, **options)
    (frame,) = report.frames
    assert report.ok == (frame.status == "verified" and not report.problems)
    return frame


@pytest.fixture
def store() -> MemoryStore:
    return image_set(1, shape=(300, 257))


def test_every_frame_at_every_level(store: MemoryStore) -> None:
    calls: list[tuple[int, int]] = []
    many = image_set(50)
    report = verify(many, progress=lambda done, total: calls.append((done, total)))
    assert report.ok
    assert [frame.frame_id for frame in report.frames] == list(many.frames)
    assert calls == [(i, 50) for i in range(1, 51)]
    place = report.frames[7]
    assert (place.study_instance_uid, place.series_instance_uid) == ("1.2", "1.2.3")
    assert (place.sop_instance_uid, place.frame_index) == ("1.2.3.7", 0)
    frame = only(store)
    assert [level["ok"] for level in frame.levels] == [True] * 4
    assert (frame.bytes_decoded, frame.bytes_stored) == (300 * 257 * 2, len(next(iter(store.frames.values()))))


@pytest.mark.parametrize("level", range(4))
def test_a_wrong_checksum_at_any_level(store: MemoryStore, level: int) -> None:
    store.entry()[KEY][level]["Checksum"] ^= 1 << 31
    frame = only(store)
    assert frame.status == "mismatch"
    assert [entry["ok"] for entry in frame.levels] == [i != level for i in range(4)]
    assert str(store.entry()[KEY][level]["Checksum"]) in frame.reason


def test_entries_are_matched_by_size_and_may_be_few_or_signed(store: MemoryStore) -> None:
    """CK-02 and CK-03: shuffled, a subset, negative, as text; and sizes that no resolution has."""
    entry = store.entry()
    entry[KEY] = entry[KEY][::-1]
    assert only(store).ok
    for record in entry[KEY]:
        record["Checksum"] = str(record["Checksum"] - 2**32 if record["Checksum"] >= 2**31 else record["Checksum"])
    assert only(store).ok
    entry[KEY] = entry[KEY][:1]
    assert only(store).ok
    entry[KEY].append({**entry[KEY][0], "Width": 256})
    frame = only(store)
    assert frame.status == "mismatch"
    assert "256x300 is no resolution" in frame.reason


def test_checksums_are_of_little_endian_samples() -> None:
    """CK-02: zlib over the bytes, whatever the byte order and sign of the array that was encoded."""
    pixels = ct_like((64, 64))
    for array in (pixels, pixels.astype(">i2"), pixels.view("u2"), pixels.astype("<i2")):
        expected = zlib.crc32(array.astype(array.dtype.newbyteorder("<")).tobytes())
        assert htj2k.verify(htj2k.encode(array), expected)
        assert htj2k.verify(htj2k.encode(array), expected - 2**32) == htj2k.verify(htj2k.encode(array), expected)


def test_one_row_frames_tie_in_height() -> None:
    """CK-03: levels of equal height are told apart by their width."""
    pixels = ct_like((1, 900))
    store = image_set(1)
    ((name, _),) = store.frames.items()
    store.frames[name] = htj2k.encode(pixels, num_decompositions=3)
    records = [r.to_dict() for r in htj2k.pixel_checksums(pixels, num_decompositions=3)]
    store.entry().update({KEY: records, "MinPixelValue": None, "MaxPixelValue": None})
    assert only(store).ok
    records[0]["Checksum"], records[1]["Checksum"] = records[1]["Checksum"], records[0]["Checksum"]
    assert only(store).status == "mismatch"


def test_no_damage_passes(store: MemoryStore) -> None:
    """CK-01: a flipped bit is found, or changes no sample at any level."""
    ((name, whole),) = store.frames.items()
    rng = np.random.default_rng(1)
    body = whole.index(b"\xff\x93") + 2
    found = 0
    for position in rng.integers(body, len(whole), 60):
        damaged = bytearray(whole)
        damaged[position] ^= 1 << rng.integers(8)
        store.frames[name] = bytes(damaged)
        frame = only(store)
        found += not frame.ok
        assert not frame.ok or np.array_equal(htj2k.decode(damaged), htj2k.decode(whole))
    assert found > 50


@pytest.mark.parametrize("key", ["MinPixelValue", "MaxPixelValue"])
def test_extremes(store: MemoryStore, key: str) -> None:
    right = store.entry()[key]
    for value in (right, str(right), f" {right} ", float(right), None, ""):
        store.entry()[key] = value
        assert only(store).ok, value
    for value in (right + 1, str(right - 1), "low"):
        store.entry()[key] = value
        frame = only(store)
        assert frame.status == "mismatch"
        assert key in frame.reason


@pytest.mark.parametrize(("size", "told"), [(300 * 257 * 2, False), (None, False), ("x", False), (7, True)])
def test_frame_size_is_reported_and_never_fails(store: MemoryStore, size: Any, told: bool) -> None:
    store.entry()["FrameSizeInBytes"] = size
    frame = only(store)
    assert frame.ok
    assert bool(frame.notes) == told
    store.entry()["FrameSizeInBytes"] = str(frame.bytes_stored)
    assert only(store).notes == ()


@pytest.mark.parametrize("syntax", [J2K, HTJ2K, "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.1"])
@pytest.mark.parametrize("checksum_type", [None, "COMPRESSED"])
def test_originals_are_checked_by_their_bytes(store: MemoryStore, syntax: str, checksum_type: Any) -> None:
    """CK-03: what was kept as it came has a checksum of the stored bytes."""
    ((name, _),) = store.frames.items()
    store.frames[name] = b"not HTJ2K at all"
    store.instance().update(StoredTransferSyntaxUID=syntax, ChecksumType=checksum_type)
    assert only(store).status == "mismatch"
    store.entry()[KEY] = [{"Width": 257, "Height": 300, "Checksum": zlib.crc32(b"not HTJ2K at all")}]
    frame = only(store)
    assert frame.ok
    assert "stored bytes" in frame.notes[0]


def test_part_1_is_not_verifiable_and_says_why(store: MemoryStore) -> None:
    """CK-03, IO-01: checksums of decoded pixels, of a frame that is not HTJ2K."""
    imagecodecs = pytest.importorskip("imagecodecs")
    ((name, _),) = store.frames.items()
    store.frames[name] = imagecodecs.jpeg2k_encode(ct_like((300, 257)), level=0, reversible=True)
    store.instance().update(StoredTransferSyntaxUID=J2K_LOSSLESS, ChecksumType="DECOMPRESSED")
    frame = only(store)
    assert frame.status == "not verifiable"
    assert J2K_LOSSLESS in frame.reason
    del store.instance()["StoredTransferSyntaxUID"]
    frame = only(store)
    assert frame.status == "not verifiable"
    assert "Part 1" in frame.reason


def test_decompressed_means_decoded_pixels_whatever_the_syntax(store: MemoryStore) -> None:
    store.instance().update(StoredTransferSyntaxUID=HTJ2K, ChecksumType="DECOMPRESSED")
    assert only(store).ok
    store.instance()["StoredTransferSyntaxUID"] = J2K
    assert only(store).status == "not verifiable"


def test_an_unknown_type_of_checksum(store: MemoryStore) -> None:
    store.instance()["ChecksumType"] = "SHINY"
    frame = only(store)
    assert frame.status == "not verifiable"
    assert "SHINY" in frame.reason


@pytest.mark.parametrize("records", [[], None])
def test_no_checksum_is_not_verifiable(store: MemoryStore, records: Any) -> None:
    store.entry()[KEY] = records
    assert only(store).status == "not verifiable"


def test_an_image_set_without_frames_is_not_ok(store: MemoryStore) -> None:
    store.instance()["ImageFrames"] = []
    report = verify(store)
    assert not report.ok
    assert "no image frame" in report.problems[0].message


def test_frames_that_the_metadata_lack(store: MemoryStore) -> None:
    store.instance()["DICOM"]["NumberOfFrames"] = " 2"
    report = verify(store)
    assert not report.ok
    assert report.problems[0].message == "NumberOfFrames is 2, but 1 image frames are listed"


IMAGE = {"Rows": 40, "Columns": 33, "BitsAllocated": 16, "PhotometricInterpretation": "MONOCHROME2"}


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"NumberOfFrames": "5"}, "NumberOfFrames is 5, but no image frames are listed"),
        (IMAGE, "the attributes describe an image, but no image frame is listed"),
        ({"PixelData": None}, "the attributes describe an image, but no image frame is listed"),
        ({"NumberOfFrames": "0", "Modality": "SR"}, None),
    ],
)
@pytest.mark.parametrize("listed", [[], None])
def test_an_image_among_others_of_which_no_frame_is_listed(
    attributes: dict[str, Any], message: str | None, listed: Any
) -> None:
    store = image_set(3)
    store.instance(1)["ImageFrames"] = listed
    store.instance(1)["DICOM"].update(attributes)
    report = verify(store)
    assert report.count("verified") == 2
    assert [problem.message for problem in report.problems] == ([] if message is None else [message])
    assert report.ok == (message is None)


def test_a_frame_in_another_one_s_place() -> None:
    store = image_set(3)
    store.instance(1)["ImageFrames"] = store.instance(0)["ImageFrames"]
    report = verify(store)
    assert not report.ok
    assert report.problems[0].message == f"frame {store.entry()['ID']} is listed 2 times"


def test_what_cannot_be_read() -> None:
    store = image_set(4)
    names = list(store.frames)
    del store.frames[names[0]]
    store.frames[names[1]] = PermissionError(13, "Permission denied", "x")
    store.frames[names[2]] = KeyError("the store's own")
    report = verify(store)
    assert statuses(report) == {"missing": 1, "unreadable": 2, "verified": 1}
    reasons = [frame.reason for frame in report.frames]
    assert "No such frame" in reasons[0]
    assert "Permission denied" in reasons[1]
    assert "the store's own" in reasons[2]


def test_bytes_that_change_on_the_way_are_read_again(store: MemoryStore) -> None:
    ((name, whole),) = store.frames.items()
    damaged = whole[: len(whole) // 2]
    store.frames[name] = [damaged, whole]
    frame = only(store)
    assert frame.ok
    assert "other bytes" in frame.notes[0]
    store.frames[name] = damaged
    store.reads.clear()
    assert only(store).status == "unreadable"
    assert len(store.reads) == 2  # the same bytes came twice: that is what is stored
    store.frames[name] = [damaged, ConnectionError("lost")]
    assert "lost" in only(store).notes[0]


def test_level_full_looks_at_the_full_size_only(store: MemoryStore) -> None:
    store.entry()[KEY][0]["Checksum"] ^= 1
    frame = only(store, levels="full")
    assert frame.ok
    assert [(level["width"], level["height"]) for level in frame.levels] == [(257, 300)]
    assert "3 listed checksums" in frame.notes[0]
    store.entry()[KEY][-1]["Checksum"] ^= 1
    assert only(store, levels="full").status == "mismatch"
    del store.entry()[KEY][-1]
    frame = only(store, levels="full")
    assert frame.status == "not verifiable"
    assert "257x300" in frame.reason


def test_level_all_proves_what_is_not_listed(store: MemoryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.entry()[KEY] = store.entry()[KEY][-1:]
    frame = only(store, levels="all")
    assert frame.ok
    assert [level.get("listed", True) for level in frame.levels] == [True, False, False, False]
    assert {level["width"] for level in frame.levels} == {257, 129, 65, 33}
    # A decoder whose thumbnails are wrong is found, though no checksum of a thumbnail is listed.
    right = htj2k.pixel_checksums
    monkeypatch.setattr(htj2k, "pixel_checksums", lambda pixels, **options: right(pixels ^ 1, **options))
    assert only(store, levels="all").status == "mismatch"


def test_level_all_without_the_full_size_is_not_verifiable(store: MemoryStore) -> None:
    del store.entry()[KEY][-1]
    assert only(store).ok
    frame = only(store, levels="all")
    assert frame.status == "not verifiable"
    assert [level["ok"] for level in frame.levels] == [True] * 3


def test_level_all_of_lossy_frames(store: MemoryStore) -> None:
    ((name, _),) = store.frames.items()
    data = store.frames[name] = htj2k.encode(ct_like((300, 257)), qstep=0.01)
    store.instance().update(StoredTransferSyntaxUID=HTJ2K, ChecksumType="DECOMPRESSED")
    store.entry().update({KEY: [r.to_dict() for r in htj2k.codestream_checksums(data)]})
    store.entry().update(MinPixelValue=None, MaxPixelValue=None)
    assert only(store, levels="all").ok
    store.entry()[KEY] = store.entry()[KEY][-1:]
    assert only(store).ok
    assert only(store, levels="all").status == "not verifiable"


def test_arguments(store: MemoryStore) -> None:
    for options in ({"levels": "some"}, {"threads": 0}):
        with pytest.raises(ValueError, match=next(iter(options))):
            verify(store, **options)
    with pytest.raises(TypeError, match="progress"):
        verify(store, progress=1)
    with pytest.raises(MetadataError):
        verify_image_set(b"{", store)


def test_progress_may_stop_it() -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    store = image_set(300, shape=(4, 4))
    with pytest.raises(KeyboardInterrupt):
        verify(store, progress=stop, threads=1)
    assert len(store.reads) < 100


def test_few_frames_are_in_memory_at_a_time() -> None:
    """Reading runs ahead of decoding, but not away from it."""
    store = image_set(400, shape=(4, 4))
    lock, ahead = threading.Lock(), []

    def progress(done: int, total: int) -> None:
        with lock:
            ahead.append(len(store.reads) - done)

    assert verify(store, progress=progress, threads=1).ok
    assert 1 < max(ahead) < 64


def test_an_executor_reads_the_store_in_its_workers() -> None:
    store = image_set(60, shape=(20, 20))
    names = list(store.frames)
    store.frames[names[3]] = store.frames[names[4]]
    del store.frames[names[40]]
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as executor:
        report = verify(store, executor=executor)
    assert store.reads == []
    assert report.to_dict() == verify(store).to_dict()
    assert statuses(report) == {"verified": 58, "mismatch": 1, "missing": 1}


def test_the_truncated_frame_of_the_service(test_data: Any) -> None:
    """The complete base level verifies; of the next it is said how many bytes it lacks."""
    data = (test_data / "golden/ahi_frame_truncated.jph").read_bytes()
    base = htj2k.codestream_checksums(data, reduce=3)[0]
    assert (base.width, base.height) == (64, 64)
    store = image_set(1)
    ((name, _),) = store.frames.items()
    store.frames[name] = data
    records = [base.to_dict(), *({"Width": n, "Height": n, "Checksum": 1} for n in (128, 256, 512))]
    store.entry().update({KEY: records, "MinPixelValue": None, "MaxPixelValue": None})
    frame = only(store)
    assert frame.status == "unreadable"
    assert [level["ok"] for level in frame.levels] == [True, False, False, False]
    assert frame.levels[1]["bytesMissing"] == 19729 - 12288
    assert "12288" in frame.levels[1]["reason"]


def test_the_golden_example_of_the_guide(test_data: Any) -> None:
    """The guide's own document, frame and checksums, with its spelling and its nesting."""
    pydicom = pytest.importorskip("pydicom")
    pixels = pydicom.dcmread(test_data / "golden/ct888.dcm").pixel_array
    frame = {
        "ID": "0d1c97c51b773198a3df44383a5fd306",
        "PixelDataChecksumFromBaseToFullResolution": [
            {"Width": 256, "Height": 188, "Checksum": 2598394845},
            {"Width": 512, "Height": 375, "Checksum": 1227709180},
        ],
        "MinPixelValue": 451,
        "MaxPixelValue": 1466,
        "FrameSizeInBytes": 384000,
    }
    series = {"1.2": {"DICOM": {}}, "Instances": {"1.2.888": {"DICOM": {"ImageFrames": [frame]}}}}
    store = MemoryStore({"ImageSetID": "x", "Series": series}, {frame["ID"]: htj2k.encode(pixels)})
    report = only(store, levels="all")
    assert report.ok
    assert report.notes == ()


def test_report_as_json_text_and_junit() -> None:
    store = image_set(4)
    names = list(store.frames)
    store.frames[names[1]] = store.frames[names[0]]
    store.frames[names[2]] = b"\0" * 100
    store.instance(3)["ChecksumType"] = "\x07?"
    report = verify(store)
    document = json.loads(report.to_json())
    assert (document["verified"], document["mismatch"], document["unreadable"]) == (1, 1, 1)
    assert document["notVerifiable"] == 1
    assert "1 of 4 frames verified (1 mismatch, 1 unreadable, 1 not verifiable)" in str(report)
    assert all(name in str(report) for name in names[1:])
    suite = ET.fromstring(junit_xml(report)).find("testsuite")
    assert suite is not None
    found = {key: suite.get(key) for key in ("tests", "failures", "errors", "skipped")}
    assert found == {"tests": "4", "failures": "1", "errors": "2", "skipped": "0"}
    cases = suite.findall("testcase")
    assert [[child.tag for child in case] for case in cases] == [[], ["failure"], ["error"], ["error"]]
    assert names[2] in (cases[2].get("name") or "")


def test_metadata_may_be_read_before(store: MemoryStore) -> None:
    assert verify_image_set(read_metadata(store.read_metadata()), store).ok
