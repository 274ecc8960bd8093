"""read_frame, iter_frames and disagreements: one frame at any resolution, from files and datasets."""

from __future__ import annotations

import io
import itertools
import re
import time
from pathlib import Path

import numpy as np
import pytest

pydicom = pytest.importorskip("pydicom")

from pydicom.filebase import DicomBytesIO  # noqa: E402
from pydicom.uid import (  # noqa: E402
    HTJ2K,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    ImplicitVRLittleEndian,
    RLELossless,
)

import htj2k  # noqa: E402
import htj2k.dicom  # noqa: E402
from dicom_files import dataset, write  # noqa: E402
from htj2k.dicom import InvalidInstance, disagreements, iter_frames, read_frame  # noqa: E402
from htj2k.dicom.fragments import EncapsulatedFrames  # noqa: E402
from htj2k_dicom import htj2k_dataset, item, items  # noqa: E402
from images import ct_like, noise  # noqa: E402
from oracle import pyramid  # noqa: E402
from streams import wrap_in_boxes  # noqa: E402


def sources(ds, path: Path) -> list:
    """The dataset, and the file it makes."""
    return [ds, write(path / "file.dcm", ds), str(path / "file.dcm")]


@pytest.mark.parametrize("reduce", [0, 1, 2])
@pytest.mark.parametrize("color", [False, True])
def test_every_frame_at_every_resolution(color, reduce, tmp_path):
    pixels = noise((3, 130, 140, 3), "u1") if color else np.stack([ct_like((130, 140), i) for i in range(3)])
    expected = [pyramid(frame, 2, color_transform=color)[2 - reduce] for frame in pixels]
    for source in sources(htj2k_dataset(pixels), tmp_path):
        frames = [read_frame(source, i, reduce=reduce) for i in range(3)]
        for found in (frames, list(iter_frames(source, reduce=reduce))):
            assert [np.array_equal(*pair) for pair in zip(found, expected, strict=True)] == [True] * 3
            assert {frame.dtype for frame in found} == {pixels.dtype}


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", "u4", "i4"])
@pytest.mark.parametrize("bits", [1, 8])
def test_dtype_is_that_of_pixel_array(dtype, bits):
    pixels = noise((20, 30), dtype, bits=bits)
    ds = htj2k_dataset(pixels, [htj2k.encode(pixels, bits_stored=bits)], BitsStored=bits, HighBit=bits - 1)
    assert read_frame(ds).dtype == pixels.dtype
    assert np.array_equal(read_frame(ds), pixels)


def test_only_the_frame_is_read(tmp_path, monkeypatch):
    """Of a file of 40 frames: its headers, the item headers and one frame."""
    pixels = noise((40, 64, 64), "u2")
    path = write(tmp_path / "f.dcm", htj2k_dataset(pixels))
    monkeypatch.setattr(
        "htj2k.dicom.instance.open", lambda *a: counted.append(Counting(*a)) or counted[-1], raising=False
    )
    counted: list[Counting] = []
    assert np.array_equal(read_frame(path, 17), pixels[17])
    assert counted[0].bytes_read < path.stat().st_size / 10
    assert counted[0].closed


class Counting(DicomBytesIO):
    def __init__(self, path, _mode):
        super().__init__(Path(path).read_bytes())
        self.bytes_read = 0
        self.closed = False

    def read(self, *size):
        data = super().read(*size)
        self.bytes_read += len(data)
        return data

    def __exit__(self, *_):
        self.closed = True


def test_iteration_is_lazy_and_closes_the_file(tmp_path):
    pixels = noise((30, 16, 16), "u2")
    path = write(tmp_path / "f.dcm", htj2k_dataset(pixels))
    size = path.stat().st_size
    frames = iter_frames(path, window=2)
    assert np.array_equal(next(frames), pixels[0])
    with path.open("r+b") as file:
        file.truncate(size - 3000)  # while it is being read
    found = [pixels[0]]
    with pytest.raises(InvalidInstance, match=r"frames\[\d+\]: PixelData is truncated"):
        found.extend(frames)
    assert 15 < len(found) < 30
    assert np.array_equal(np.stack(found), pixels[: len(found)])


def test_a_bad_frame_comes_after_those_before_it():
    pixels = noise((4, 20, 20), "u2")
    good = [htj2k.encode(frame) for frame in pixels]
    for bad, kind in ((good[2][:-30], htj2k.TruncatedError), (htj2k.encode(pixels[2, :9]), htj2k.CodestreamError)):
        ds = htj2k_dataset(pixels, [good[0], good[1], bad, good[3]])
        found = []
        with pytest.raises(kind, match=r"frames\[2\]: "):
            found.extend(iter_frames(ds))
        assert np.array_equal(np.stack(found), pixels[:2])
        assert np.array_equal(read_frame(ds, 3), pixels[3])
        with pytest.raises(kind):
            read_frame(ds, 2)


def test_samples_in_the_other_sign():
    pixels = noise((3, 20, 20), "i2", bits=13)
    streams = [htj2k.encode((f.astype(int) & 0x1FFF).astype("u2"), bits_stored=13) for f in pixels]
    streams[1] = htj2k.encode(pixels[1], bits_stored=13)
    ds = htj2k_dataset(pixels, streams, BitsStored=13, HighBit=12)
    assert np.array_equal(np.stack(list(iter_frames(ds))), pixels)
    with pytest.raises(ValueError, match="reduce is 1, but"):
        read_frame(ds, reduce=1)
    with pytest.raises(ValueError, match=r"frames\[0\]: reduce is 1, but"):
        next(iter_frames(ds, reduce=1))
    narrow = htj2k_dataset(pixels, [htj2k.encode(pixels[0].astype("u2") & 0xFFF, bits_stored=12)] * 3)
    with pytest.raises(htj2k.CodestreamError, match=r"frames\[0\]: the samples can be read in two ways"):
        list(iter_frames(narrow))


# Uncompressed instances


@pytest.mark.parametrize(
    "syntax",
    [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian],
)
def test_uncompressed_instances_have_the_full_resolution(syntax, tmp_path):
    pixels = noise((2, 20, 31), "i2")
    ds = dataset(pixels, syntax=syntax)
    for source in sources(ds, tmp_path):
        assert np.array_equal(read_frame(source, 1), pixels[1])
        assert np.array_equal(np.stack(list(iter_frames(source))), pixels)
        assert disagreements(source) == []
        with pytest.raises(ValueError, match="reduce is 1, but uncompressed"):
            read_frame(source, reduce=1)


def test_other_syntaxes_are_refused():
    with pytest.raises(InvalidInstance, match=r"RLE Lossless \(1.2.840.10008.1.2.5\) is neither HTJ2K nor"):
        read_frame(dataset(noise((8, 8), "u1"), syntax=RLELossless))


# How frames lie in PixelData (IO-02, IO-03)

PIXELS = noise((3, 20, 22), "u1")
STREAMS = [htj2k.encode(frame) for frame in PIXELS]
HALVES = [part for stream in STREAMS for part in (stream[:80], stream[80:])]


def offsets(fragments: list[bytes], frames: list[int]) -> list[int]:
    ends = [0, *itertools.accumulate(len(fragment) + 8 for fragment in fragments)]
    return [ends[i] for i in frames]


@pytest.mark.parametrize(
    ("fragments", "table"),
    [
        pytest.param(STREAMS, None, id="one fragment a frame"),
        pytest.param([*STREAMS, b""], None, id="an empty one at the end"),
        pytest.param(HALVES, offsets(HALVES, [0, 2, 4]), id="split, with a table"),
        pytest.param(HALVES, None, id="split, no table"),
        pytest.param([*HALVES, b""], None, id="split, no table, an empty one"),
        pytest.param(HALVES, [0, 17, 99], id="split, a table of nonsense"),
        pytest.param(HALVES, [0, 0, 0], id="split, a table of zeros"),
        pytest.param(HALVES, offsets(HALVES, [0, 2]), id="split, a short table"),
        pytest.param(HALVES, offsets(HALVES, [1, 2, 4]), id="split, a table that starts late"),
        pytest.param([s + bytes(64) for s in STREAMS], None, id="padding that hides EOC"),
        pytest.param([p for s in STREAMS for p in (s + bytes(63), bytes(1))], None, id="split padding"),
        pytest.param([wrap_in_boxes(s) for s in STREAMS], None, id="boxes"),
        pytest.param([p for s in map(wrap_in_boxes, STREAMS) for p in (s[:90], s[90:])], None, id="split boxes"),
    ],
)  # fmt: skip
def test_frames_are_told_apart(fragments, table, tmp_path):
    for source in sources(htj2k_dataset(PIXELS, items(fragments, table)), tmp_path):
        assert np.array_equal(np.stack(list(iter_frames(source))), PIXELS)
        assert np.array_equal(read_frame(source, 2), PIXELS[2])


BROKEN = [STREAMS[0], b"broken" + STREAMS[1][6:], STREAMS[2]]
BROKEN_HALVES = [part for stream in BROKEN for part in (stream[:80], stream[80:])]


@pytest.mark.parametrize(
    ("fragments", "table", "extended"),
    [
        pytest.param(BROKEN_HALVES, offsets(BROKEN_HALVES, [0, 2, 4]), [], id="a table"),
        pytest.param(BROKEN_HALVES, None, offsets(BROKEN_HALVES, [0, 2, 4]), id="an extended table"),
        pytest.param(
            BROKEN_HALVES, offsets(BROKEN_HALVES, [0, 1, 4]), offsets(BROKEN_HALVES, [0, 2, 4]), id="both"
        ),
        pytest.param([*BROKEN, b""], None, [], id="one fragment a frame"),
    ],
)
def test_a_broken_frame_does_not_hide_the_others(fragments, table, extended):
    """Its beginning cannot be recognised."""
    more = {"ExtendedOffsetTable": b"".join(n.to_bytes(8, "little") for n in extended)} if extended else {}
    ds = htj2k_dataset(PIXELS, items(fragments, table), **more)
    for index in (0, 2):
        assert np.array_equal(read_frame(ds, index), PIXELS[index])
    with pytest.raises(htj2k.NotHTJ2KError):
        read_frame(ds, 1)
    with pytest.raises(InvalidInstance, match="and no offset table that tells the frames apart"):
        read_frame(htj2k_dataset(PIXELS, items(BROKEN_HALVES)))


@pytest.mark.parametrize("cuts", [[100], [100, 200], [100, 100], [9999]])
def test_one_frame_in_any_fragments(cuts):
    fragments = [STREAMS[0][a:b] for a, b in zip([0, *cuts], [*cuts, None], strict=True)]
    assert np.array_equal(read_frame(htj2k_dataset(PIXELS[0], items(fragments))), PIXELS[0])


def test_extended_offset_table(tmp_path):
    for source in sources(htj2k_dataset(PIXELS, [s + bytes(64) for s in STREAMS], extended=True), tmp_path):
        assert np.array_equal(np.stack(list(iter_frames(source))), PIXELS)


def test_no_delimiter_in_memory():
    value = item(b"") + b"".join(map(item, STREAMS))
    assert np.array_equal(read_frame(htj2k_dataset(PIXELS, value), 1), PIXELS[1])


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (items(STREAMS[:2]), "NumberOfFrames is 3, but PixelData has 2 fragments, 2 of which begin"),
        (items([*STREAMS, STREAMS[0]]), "NumberOfFrames is 3, but 4 fragments of PixelData begin a frame"),
        (items([]), "has 0 fragments"),
        (item(b""), "has 0 fragments"),
        (items(STREAMS)[:-40], "truncated: the item at byte"),
        (item(b"") + b"\xfe\xff\x00\xe0\x10\x00", "where an item should begin"),
        (item(b"") + item(STREAMS[0]) + b"12345678", "b'12345678' at byte .* where an item should begin"),
        (b"\xfe\xff\x00\xe0\xff\xff\xff\xff" + STREAMS[0], "truncated: the item at byte 8 has 4294967295 bytes"),
        (b"\x01" * 40, "has no items"),
        (b"", "has no items"),
    ],
)
def test_damaged_items(value, reason):
    with pytest.raises(InvalidInstance, match=reason):
        read_frame(htj2k_dataset(PIXELS, value))


# Codestreams stored as native samples (IO-09)


@pytest.mark.parametrize("syntax", [HTJ2KLossless, ExplicitVRLittleEndian])
@pytest.mark.parametrize("boxed", [False, True])
def test_a_codestream_as_native_samples_is_named(boxed, syntax, tmp_path):
    stream = wrap_in_boxes(STREAMS[0]) if boxed else STREAMS[0]
    ds = dataset(PIXELS[0], syntax=ExplicitVRLittleEndian, PixelData=stream + b"\0" * (len(stream) % 2))
    path = write(tmp_path / "f.dcm", ds)
    if syntax == HTJ2KLossless:  # pydicom does not write this
        data = path.read_bytes().replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.4.201\0", 1)
        path.write_bytes(data.replace(b"UI\x14\x001.2.840.10008.1.2.4.201", b"UI\x18\x001.2.840.10008.1.2.4.201"))
    with pytest.raises(InvalidInstance, match="HTJ2K codestream as if it were native samples") as caught:
        read_frame(path)
    assert ("1.2.840.10008.1.2.4.202" in str(caught.value)) == (not boxed)


# Arguments and files


@pytest.mark.parametrize("index", [-1, 3, 2**31 - 1])
def test_frames_that_are_not_there(index, tmp_path):
    for source in (*sources(htj2k_dataset(PIXELS), tmp_path), dataset(PIXELS)):
        for function in (read_frame, disagreements):
            with pytest.raises(IndexError, match=f"index is {index}; the instance has 3 frames"):
                function(source, index)


@pytest.mark.parametrize(
    ("options", "error", "reason"),
    [
        ({"reduce": -1}, ValueError, "reduce is -1"),
        ({"reduce": 2}, ValueError, "reduce is 2"),
        ({"clamp": "wrap"}, ValueError, "clamp is 'wrap'"),
        ({"max_pixels": 100}, htj2k.LimitError, "max_pixels"),
        ({"index": 1.5}, TypeError, "index must be an integer"),
    ],
)
def test_arguments_are_checked(options, error, reason):
    with pytest.raises(error, match=reason):
        read_frame(htj2k_dataset(PIXELS), **options)
    if "index" not in options:
        with pytest.raises(error, match=reason):
            list(iter_frames(htj2k_dataset(PIXELS), **options))


def test_clamp_is_passed_on():
    row = np.array([4095, 4095, 0, 4095] * 16, "u2")
    pixels = np.tile(row, (64, 1))
    ds = htj2k_dataset(pixels, [htj2k.encode(pixels, bits_stored=12)], BitsStored=12, HighBit=11)
    assert read_frame(ds, reduce=1).max() == 4095
    assert read_frame(ds, reduce=1, clamp="container").max() > 4095


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(InvalidInstance, match="No such file"):
        read_frame(tmp_path / "missing.dcm")
    (tmp_path / "text.dcm").write_text("nothing of the kind")
    with pytest.raises(InvalidInstance, match="DICM"):
        read_frame(tmp_path / "text.dcm")
    ds = htj2k_dataset(PIXELS)
    path = write(tmp_path / "f.dcm", ds)
    data = path.read_bytes()
    where = data.index(b"\xe0\x7f\x10\x00OB")
    for cut in (where, where + 6, where + 12, where + 30, where + 400):
        path.write_bytes(data[:cut])
        with pytest.raises(InvalidInstance):
            read_frame(path)
    for attribute in ("Rows", "BitsStored", "PhotometricInterpretation", "PixelData"):
        ds = htj2k_dataset(PIXELS)
        del ds[attribute]
        with pytest.raises(InvalidInstance, match=attribute):
            read_frame(ds)
    ds.file_meta.TransferSyntaxUID = ""
    with pytest.raises(InvalidInstance, match="TransferSyntaxUID does not exist"):
        read_frame(ds)
    ds = htj2k_dataset(PIXELS, NumberOfFrames=-1)
    with pytest.raises(InvalidInstance, match="NumberOfFrames is -1"):
        read_frame(ds)


# What dataset and codestream disagree on


@pytest.mark.parametrize(
    ("attributes", "encoding", "reasons"),
    [
        ({}, {}, []),
        ({"BitsStored": 7, "HighBit": 6}, {}, ["BitsStored is 7, but the codestream has 8 bits"]),
        ({"PixelRepresentation": 1}, {}, ["PixelRepresentation is 1, but the codestream has unsigned samples"]),
        ({"PhotometricInterpretation": "RGB"}, {}, ["PhotometricInterpretation: .*so RGB is wrong: YBR_RCT"]),
        ({"Rows": 21}, {}, ["Rows 21, Columns 22 and SamplesPerPixel 3 do not fit"]),
        ({"BitsAllocated": 1, "BitsStored": 1, "HighBit": 0}, {}, ["BitsStored is 1"]),
        ({}, {"tlm": False}, ["TransferSyntaxUID: there is no TLM"]),
        ({"syntax": HTJ2KLossless}, {"tlm": False}, []),
        ({"syntax": HTJ2KLossless}, {"qstep": 0.01}, ["YBR_RCT is wrong", *["TransferSyntaxUID: "] * 3]),
        (
            {"syntax": HTJ2K},
            {"container": "jph"},
            ["the frame is a JPH file", "TransferSyntaxUID: it is a JPH file"],
        ),
    ],
)
def test_disagreements(attributes, encoding, reasons):
    pixels = noise((20, 22, 3), "u1")
    found = disagreements(htj2k_dataset(pixels, [htj2k.encode(pixels, **encoding)], **attributes))
    assert len(found) == len(reasons), found
    for reason, text in zip(reasons, found, strict=True):
        assert re.search(reason, text)


@pytest.mark.parametrize(
    ("options", "uid"),
    [
        ({}, HTJ2KLosslessRPCL),
        ({"progression_order": "LRCP"}, HTJ2KLossless),
        ({"tlm": False}, HTJ2KLossless),
        ({"num_decompositions": 1}, HTJ2KLossless),
        ({"qstep": 0.001}, HTJ2K),
        ({"reversible": False}, HTJ2K),
    ],
)
def test_transfer_syntax_uid(options, uid):
    """IO-09: lossy is never .201 or .202."""
    stream = htj2k.encode(ct_like((200, 200)), **options)
    assert htj2k.dicom.transfer_syntax_uid(stream) == uid
    assert htj2k.dicom.transfer_syntax_uid(stream[:300]) == uid  # the headers are enough
    with pytest.raises(ValueError, match="is a JPH file; DICOM holds the bare codestream"):
        htj2k.dicom.transfer_syntax_uid(wrap_in_boxes(stream))


def test_transfer_syntax_of_something_else():
    with pytest.raises(htj2k.NotHTJ2KError):
        htj2k.dicom.transfer_syntax_uid(b"\xff\xd8\xff\xe0" + bytes(60))


def test_many_empty_fragments_cost_time_in_proportion() -> None:
    """300 000 of them took over two minutes."""
    codestream = htj2k.encode(np.zeros((8, 8), np.uint8))
    codestream += bytes(len(codestream) % 2)
    empty = b"\xfe\xff\x00\xe0" + bytes(4)
    items = [empty, empty[:4], len(codestream).to_bytes(4, "little"), codestream, empty * 300_000]
    begin = time.perf_counter()
    frames = EncapsulatedFrames(io.BytesIO(b"".join(items)), 1)
    assert time.perf_counter() - begin < 20
    assert frames[0] == codestream
