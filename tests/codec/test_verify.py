"""verify and codestream_checksums: what counts as verified, and what is said when it is not."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import oracle
from htj2k import _verify
from htj2k._checksum import ResolutionChecksum, checksum_levels, codestream_checksums, pixel_checksums
from htj2k._encode import encode
from htj2k._verify import Verification, verify
from htj2k.errors import ChecksumMismatch, HTJ2KError

LEVELS = 3
PIXELS = np.random.default_rng(3).integers(-2000, 2000, (90, 131)).astype("i2")
# 12 bits in 16, with edges so hard that lower resolutions overshoot: the clamp conventions differ.
EDGES = np.tile(np.array([4095, 4095, 0, 4095, 0, 0, 4095, 0] * 8, "u2"), (40, 1))


def frame_dict(records: list[ResolutionChecksum], **others: Any) -> dict[str, Any]:
    dicts = [record.to_dict() for record in records]
    return {"ID": "0123", "PixelDataChecksumFromBaseToFullResolution": dicts, **others}


@pytest.fixture(scope="module")
def codestream() -> bytes:
    return encode(PIXELS, num_decompositions=LEVELS)


@pytest.fixture(scope="module")
def records() -> list[ResolutionChecksum]:
    return [ResolutionChecksum(*level) for level in oracle.checksums(PIXELS, LEVELS)]


def test_codestream_checksums_from_base_to_full(codestream: bytes, records: list[ResolutionChecksum]) -> None:
    assert codestream_checksums(codestream) == records
    for reduce in range(LEVELS + 1):
        assert codestream_checksums(codestream, reduce=reduce) == [records[LEVELS - reduce]]
    with pytest.raises(ValueError, match="clamp"):
        codestream_checksums(codestream, clamp="wrap")  # type: ignore[arg-type]


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (33, 50), (33, 50, 2), (33, 50, 3), (20, 17, 4)])
@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2"])
def test_codec_and_own_transform_agree(dtype: str, shape: tuple[int, ...]) -> None:
    info = np.iinfo(dtype)
    pixels = np.random.default_rng(1).choice([info.min, info.max, 1], shape).astype(dtype)
    data = encode(pixels, num_decompositions=2)
    assert codestream_checksums(data) == pixel_checksums(pixels, num_decompositions=2)
    assert verify(data, pixel_checksums(pixels, num_decompositions=2))


def test_every_form_of_expected(codestream: bytes, records: list[ResolutionChecksum]) -> None:
    full = records[-1].checksum
    dicts = [record.to_dict() for record in records]
    forms: list[Any] = [
        full,
        np.uint32(full),
        records,
        tuple(records),
        iter(records),
        dicts,
        [dicts[0], records[1]],
        records[1],
        dicts[2],
        frame_dict(records),
        json.loads(json.dumps(frame_dict(records))),
        {"ImageDataChecksumFromBaseToFullResolution": dicts},
        [{"Width": "131", "Height": 90.0, "Checksum": str(full)}],
    ]
    for expected in forms:
        found = verify(codestream, expected)
        assert found.ok, found.reason
        assert found.reason is None
        assert all(level.ok and level.actual == level.expected for level in found.levels)
        found.raise_for_mismatch()


def test_signed_form_of_a_checksum() -> None:
    for seed in range(100):
        pixels = np.random.default_rng(seed).integers(0, 255, (8, 8)).astype("u1")
        checksum = oracle.checksum(pixels)
        if checksum >= 1 << 31:
            break
    assert checksum >= 1 << 31
    data = encode(pixels)
    assert verify(data, checksum - (1 << 32))
    assert verify(data, [{"Width": 8, "Height": 8, "Checksum": checksum - (1 << 32)}])
    assert verify(data, [ResolutionChecksum(8, 8, checksum - (1 << 32))])
    assert verify(data, ResolutionChecksum(8, 8, checksum - (1 << 32)))


@pytest.mark.parametrize("level", range(LEVELS + 1))
def test_one_changed_checksum_is_found_at_its_level(
    codestream: bytes, records: list[ResolutionChecksum], level: int
) -> None:
    wrong = list(records)
    wrong[level] = ResolutionChecksum(wrong[level].width, wrong[level].height, wrong[level].checksum ^ 1)
    found = verify(codestream, wrong)
    assert not found.ok
    assert not found
    assert [verdict.ok for verdict in found.levels] == [i != level for i in range(LEVELS + 1)]
    bad = found.levels[level]
    assert bad.actual == records[level].checksum
    assert bad.expected == wrong[level].checksum
    for text in (f"{bad.width}x{bad.height}", str(bad.actual), str(bad.expected)):
        assert text in found.reason  # type: ignore[operator]
    with pytest.raises(ChecksumMismatch, match=str(bad.actual)):
        found.raise_for_mismatch()


def test_wrong_full_checksum(codestream: bytes, records: list[ResolutionChecksum]) -> None:
    assert not verify(codestream, records[-1].checksum ^ 0x80000000)


def test_match_by_size_and_never_by_index(codestream: bytes, records: list[ResolutionChecksum]) -> None:
    assert verify(codestream, records[::-1])
    assert verify(codestream, [records[2], records[0]])
    swapped = [
        ResolutionChecksum(r.width, r.height, s.checksum) for r, s in zip(records, records[::-1], strict=True)
    ]
    assert not any(level.ok for level in verify(codestream, swapped).levels)


def test_equal_widths_are_told_apart_by_height() -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (9, 1)).astype("u1")
    data = encode(pixels, num_decompositions=2)
    assert verify(data, [ResolutionChecksum(*level) for level in oracle.checksums(pixels, 2)])
    assert not verify(data, [ResolutionChecksum(1, 3, oracle.checksum(pixels))])


@pytest.mark.parametrize("size", [(130, 90), (90, 131), (131, 45), (1, 1), (17, 11)])
def test_a_size_that_is_no_resolution_says_so(
    codestream: bytes, records: list[ResolutionChecksum], size: tuple[int, int]
) -> None:
    found = verify(codestream, [records[-1], ResolutionChecksum(*size, records[-1].checksum)])
    assert not found.ok
    assert found.levels[0].ok
    assert found.levels[1].actual is None
    assert f"{size[0]}x{size[1]} is no resolution" in found.reason  # type: ignore[operator]
    assert "131x90" in found.reason  # type: ignore[operator]


@pytest.mark.parametrize("expected", [[], (), frame_dict([]), {"PixelDataChecksumFromBaseToFullResolution": None}])
def test_nothing_is_never_verified(codestream: bytes, expected: Any) -> None:
    found = verify(codestream, expected)
    assert not found.ok
    assert "nothing to verify" in found.reason  # type: ignore[operator]


def test_duplicates(codestream: bytes, records: list[ResolutionChecksum]) -> None:
    last = records[-1]
    assert verify(codestream, [last, last])
    conflicting = ResolutionChecksum(last.width, last.height, last.checksum ^ 1)
    for expected in ([last, conflicting], [conflicting, last]):
        assert not verify(codestream, expected)


def test_repeated_1x1_resolutions() -> None:
    pixels = np.array([[77]], "u1")
    data = encode(pixels, num_decompositions=3)
    assert verify(data, pixel_checksums(pixels, num_decompositions=3))


def test_extremes(codestream: bytes, records: list[ResolutionChecksum]) -> None:
    low, high = int(PIXELS.min()), int(PIXELS.max())
    for pair in [(low, high), (str(low), str(high)), (float(low), None), (None, None)]:
        assert verify(codestream, frame_dict(records, MinPixelValue=pair[0], MaxPixelValue=pair[1])), pair
    found = verify(codestream, frame_dict(records[:1], MinPixelValue=low + 1, MaxPixelValue=high))
    assert not found.ok
    assert found.levels[0].ok
    assert found.reason == f"MinPixelValue is {low}, expected {low + 1}"
    assert not verify(codestream, frame_dict(records, MaxPixelValue=high - 1))


def test_damaged_data_have_a_verdict(codestream: bytes, records: list[ResolutionChecksum]) -> None:
    for data in (b"", b"no codestream", codestream[:40]):
        found = verify(data, records)
        assert not found.ok
        assert found.levels == ()
        assert isinstance(found.error, HTJ2KError)
        assert found.reason.startswith(type(found.error).__name__)  # type: ignore[union-attr]
        with pytest.raises(ChecksumMismatch) as caught:
            found.raise_for_mismatch()
        assert caught.value.__cause__ is found.error


def test_a_flipped_bit_is_never_verified() -> None:
    pixels = np.random.default_rng(5).integers(0, 4096, (32, 32)).astype("u2")
    data = bytearray(encode(pixels, bits_stored=12))
    checksum = oracle.checksum(pixels)
    rng = np.random.default_rng(6)
    body = data.index(b"\xff\x93") + 2
    for bit in rng.integers(8 * body, 8 * len(data), 100):
        data[bit // 8] ^= 1 << bit % 8
        found = verify(bytes(data), checksum)
        data[bit // 8] ^= 1 << bit % 8
        # A flip may leave the pixels as they are; nothing else is ok.
        assert not found.ok or found.levels[0].actual == checksum
        assert found.ok == (found.reason is None)


def test_both_clamp_conventions_are_tried_and_named() -> None:
    data = encode(EDGES, bits_stored=12, num_decompositions=2)
    for clamp in ("precision", "container"):
        expected = [ResolutionChecksum(*r) for r in oracle.checksums(EDGES, 2, bits_stored=12, clamp=clamp)]
        found = verify(data, expected)
        assert found.ok, found.reason
        assert {level.clamp for level in found.levels} == {clamp}
        assert verify(data, expected, clamp=clamp)  # type: ignore[arg-type]
        other = "container" if clamp == "precision" else "precision"
        assert [level.ok for level in verify(data, expected, clamp=other).levels] == [False, False, True]  # type: ignore[arg-type]


def test_one_convention_must_fit_all_levels() -> None:
    data = encode(EDGES, bits_stored=12, num_decompositions=2)
    precision, container = (
        [ResolutionChecksum(*r) for r in oracle.checksums(EDGES, 2, bits_stored=12, clamp=clamp)]
        for clamp in ("precision", "container")
    )
    assert not verify(data, [precision[0], container[1]])
    found = verify(data, [precision[0], container[1], container[1], container[2]])
    assert [level.ok for level in found.levels] == [
        False,
        True,
        True,
        True,
    ]  # the convention that matches more
    neither = [ResolutionChecksum(r.width, r.height, r.checksum ^ 1) for r in precision]
    assert {level.clamp for level in verify(data, neither).levels} == {"precision"}  # in a tie


def test_one_decode_for_all_resolutions(
    codestream: bytes, records: list[ResolutionChecksum], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def counted(data: Any, first: int, last: int, **options: Any) -> Any:
        calls.append((first, last))
        return checksum_levels(data, first, last, **options)

    monkeypatch.setattr(_verify, "checksum_levels", counted)
    assert verify(codestream, frame_dict([*records, records[0]], MinPixelValue=int(PIXELS.min())))
    assert calls == [(0, LEVELS)]
    calls.clear()
    verify(codestream, records[0].checksum)
    assert calls == [(0, 0)]  # and not again in the other convention, as 16 bits leave no room between the two
    calls.clear()
    assert verify(codestream, [records[1], records[0]])
    assert calls == [(LEVELS - 1, LEVELS)]  # nothing larger than what was asked for


@pytest.mark.parametrize("expected", [None, True, False, "123", b"123", 1.0, [None], [1], [True], ["x"], object()])
def test_expected_of_the_wrong_type(codestream: bytes, expected: Any) -> None:
    with pytest.raises(TypeError, match="expected"):
        verify(codestream, expected)


@pytest.mark.parametrize(
    ("record", "error"),
    [
        ({"Width": 1, "Height": 1}, ValueError),
        ({"Checksum": 1}, ValueError),
        ({"Width": 0, "Height": 1, "Checksum": 1}, ValueError),
        ({"Width": -5, "Height": 1, "Checksum": 1}, ValueError),
        ({"Width": 1, "Height": 1, "Checksum": 1 << 32}, ValueError),
        ({"Width": 1, "Height": 1, "Checksum": -(1 << 31) - 1}, ValueError),
        ({"Width": 1, "Height": 1, "Checksum": "abc"}, ValueError),
        ({"Width": 1, "Height": 1, "Checksum": 1.5}, ValueError),
        ({"Width": 1, "Height": 1, "Checksum": float("nan")}, ValueError),
        ({"Width": 1, "Height": 1, "Checksum": ""}, ValueError),
        ({"Width": 1, "Height": 1, "Checksum": None}, TypeError),
        ({"Width": 1, "Height": 1, "Checksum": True}, TypeError),
        ({"Width": [1], "Height": 1, "Checksum": 1}, TypeError),
    ],
)
def test_malformed_records(codestream: bytes, record: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        ResolutionChecksum.from_dict(record)
    for expected in ([record], frame_dict([]) | {"PixelDataChecksumFromBaseToFullResolution": [record]}):
        with pytest.raises(error):
            verify(codestream, expected)


@pytest.mark.parametrize("frame", [{}, {"ID": "x"}, {"PixelDataChecksum": []}])
def test_a_dict_that_is_no_image_frame(codestream: bytes, frame: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="PixelDataChecksumFromBaseToFullResolution"):
        verify(codestream, frame)


def test_malformed_extremes(codestream: bytes, records: list[ResolutionChecksum]) -> None:
    with pytest.raises(ValueError, match="MinPixelValue"):
        verify(codestream, frame_dict(records, MinPixelValue="low"))
    with pytest.raises(TypeError, match="MaxPixelValue"):
        verify(codestream, frame_dict(records, MaxPixelValue=False))


def test_arguments(codestream: bytes) -> None:
    with pytest.raises(ValueError, match="clamp"):
        verify(codestream, 1, clamp="both")  # type: ignore[arg-type]


def test_records_round_trip() -> None:
    record = ResolutionChecksum(5, 7, 0xFFFFFFFF)
    assert record.to_dict() == {"Width": 5, "Height": 7, "Checksum": 0xFFFFFFFF}
    assert ResolutionChecksum.from_dict(record.to_dict()) == record
    assert ResolutionChecksum.from_dict({"Width": 5, "Height": 7, "Checksum": -1}) == record


def test_records_hold_ints() -> None:
    """However they are spelt, equal ones are equal, and can be written as JSON."""
    record = ResolutionChecksum(5, 7, 0xFFFFFFFF)
    spelt: list[tuple[Any, Any, Any]] = [
        (np.int64(5), np.uint8(7), np.uint32(0xFFFFFFFF)),
        (5.0, "7", -1),
        ("5", 7, "4294967295"),
        (5, 7, np.int32(-1)),
    ]
    for arguments in spelt:
        other = ResolutionChecksum(*arguments)
        assert other == record
        assert hash(other) == hash(record)
        assert json.dumps(other.to_dict()) == json.dumps(record.to_dict())


@pytest.mark.parametrize("arguments", [(None, 1, 1), (1, True, 1), (1, 1, 1 << 32), (1, 1, "x"), (1.5, 1, 1)])
def test_records_refuse_what_is_no_integer(arguments: tuple[Any, Any, Any]) -> None:
    with pytest.raises((TypeError, ValueError), match=r"Width|Height|Checksum"):
        ResolutionChecksum(*arguments)


def test_errors_do_not_repeat_the_data(codestream: bytes) -> None:
    """Arguments that changed places: a log should not have the image for it."""
    record = {"Width": 1, "Height": 1, "Checksum": codestream}
    for expected in (codestream, bytearray(codestream), codestream.decode("latin-1"), [codestream], [record]):
        with pytest.raises((TypeError, ValueError)) as raised:
            verify(b"", expected)  # type: ignore[arg-type]
        assert len(str(raised.value)) < 200


def test_a_verification_is_true_exactly_when_ok() -> None:
    assert Verification(True)
    assert not Verification(False, reason="x")
