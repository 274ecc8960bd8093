"""What the headers say, against what was asked of the encoder, other libraries' streams, and DICOM's rules."""

from __future__ import annotations

import csv
import json
import mmap
import os
import re
from pathlib import Path

import numpy as np
import pytest

import htj2k
import streams
from images import ct_like, noise

CT = ct_like((512, 375))
CORPUS = Path(os.environ.get("HTJ2K_TEST_DATA", "")) / "corpus"
needs_corpus = pytest.mark.skipif("HTJ2K_TEST_DATA" not in os.environ, reason="HTJ2K_TEST_DATA is not set")


def test_what_was_asked_for():
    pixels = noise((61, 47, 3), "u2", bits=12)
    data = htj2k.encode(
        pixels, bits_stored=12, num_decompositions=2, progression_order="PCRL", block_size=(32, 16),
        precinct_sizes=[(64, 32), (128, 64)], tile_size=(40, 32), comment="\xe9cho", tlm=True,
    )  # fmt: skip
    info = htj2k.read_info(data)
    assert (info.width, info.height) == (47, 61)
    assert [(c.bit_depth, c.is_signed, c.subsampling, c.width, c.height) for c in info.components] == [
        (12, False, (1, 1), 47, 61)
    ] * 3
    assert (info.num_decompositions, info.num_layers, info.progression_order) == (2, 1, "PCRL")
    assert (info.reversible, info.color_transform, info.color_label) == (True, True, "YBR_RCT")
    assert info.block_size == info.components[0].block_size == (32, 16)
    assert info.precinct_sizes == ((64, 32), (128, 64), (128, 64))
    assert (info.tile_size, info.num_tiles, info.origin, info.extent) == ((40, 32), 4, (0, 0), (47, 61))
    assert (info.container, info.codestream, info.has_tlm, info.has_eoc) == ("j2c", (0, len(data)), True, True)
    assert "\xe9cho" in [c.text for c in info.comments]
    assert [(r.width, r.height, r.reduce) for r in info.resolutions] == [(12, 16, 2), (24, 31, 1), (47, 61, 0)]
    assert {t.tile for t in info.tile_parts} == {0, 1, 2, 3}
    assert info.tile_parts[0].byte_range[0] == info.main_header[1]
    assert all(
        a.byte_range[1] == b.byte_range[0] for a, b in zip(info.tile_parts, info.tile_parts[1:], strict=False)
    )
    assert info.tile_parts[-1].byte_range[1] + 2 == len(data)
    assert info.undecodable is None
    assert info.incomplete is None


@pytest.mark.parametrize(("options", "label"), [({}, "YBR_RCT"), ({"reversible": False}, "YBR_ICT")])
def test_color_label(options, label):
    pixels = noise((20, 24, 3), "u1")
    assert htj2k.read_info(htj2k.encode(pixels, **options)).color_label == label
    assert htj2k.read_info(htj2k.encode(pixels, color_transform=False, **options)).color_label is None


def test_to_dict_is_json():
    data = streams.insert(
        htj2k.encode(CT, comment="text"), streams.COD, streams.segment(streams.COM, b"\0\0\xff\x10")
    )
    plain = json.loads(json.dumps(htj2k.read_info(data).to_dict()))
    assert plain["width"] == 375
    assert {"text", "ff10"} <= set(plain["comments"])
    assert plain["components"][0]["bit_depth"] == 16
    assert plain["resolutions"][0]["byte_range"][0] == 0
    assert plain["color_label"] is None


def test_any_buffer(tmp_path):
    data = htj2k.encode(CT)
    expected = htj2k.read_info(data)
    (tmp_path / "f.j2c").write_bytes(data)
    with (tmp_path / "f.j2c").open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        for buffer in (bytearray(data), memoryview(data), np.frombuffer(data, np.uint8), mapped):
            assert htj2k.read_info(buffer) == expected
    for wrong in ("text", None, 3):
        with pytest.raises(TypeError):
            htj2k.read_info(wrong)
    with pytest.raises(ValueError, match="contiguous"):
        htj2k.read_info(np.frombuffer(data + data, np.uint8)[::2])


@pytest.mark.parametrize("tlm", [True, False])
def test_ranges_from_a_prefix(tlm):
    data = htj2k.encode(CT, num_decompositions=3, tlm=tlm)
    whole = htj2k.read_info(data)
    assert [r.byte_range for r in whole.resolutions] == [
        (0 if i == 0 else t.byte_range[0], t.byte_range[1] + 2 * (i == 3)) for i, t in enumerate(whole.tile_parts)
    ]
    header = htj2k.read_info(data[: whole.main_header[1] + 2])
    if tlm:  # all there is to know, from the main header alone
        assert header.resolutions == whole.resolutions
    else:
        assert [r.byte_range for r in header.resolutions] == [None] * 4
        second = htj2k.read_info(data[: whole.tile_parts[1].body_start])
        assert second.resolutions[:2] == whole.resolutions[:2]  # Psot tells before the body is there
    assert header.incomplete


def test_a_prefix_needs_the_whole_main_header():
    data = htj2k.encode(CT)
    stop = htj2k.read_info(data).main_header[1]
    for cut in range(1, stop + 2):
        with pytest.raises(htj2k.TruncatedError) as caught:
            htj2k.read_info(data[:cut])
        assert caught.value.bytes_present == cut
        assert caught.value.bytes_needed is None or cut < caught.value.bytes_needed <= stop + 2
        assert caught.value.resolutions_complete == 0


def test_a_tile_part_count_alone_proves_nothing():
    """Two tile-parts for two resolutions, but the base's last packet is in the second."""
    data = htj2k.encode(
        noise((64, 64), "u1"), num_decompositions=1, precinct_sizes=[(16, 16)], block_size=(16, 16), tlm=False
    )
    info = htj2k.read_info(data)
    first, second = info.tile_parts
    base = data[first.body_start : first.byte_range[1]]
    rest = data[second.body_start : second.byte_range[1]]
    start = info.main_header[1]

    def cut_at(where: int) -> bytes:
        parts = streams.tile_part(0, 0, 2, base[:where]) + streams.tile_part(0, 1, 2, base[where:] + rest)
        return data[:start] + parts + b"\xff\xd9"

    whole = [where for where in range(1, len(base)) if htj2k.read_info(cut_at(where)).incomplete is None]
    assert len(whole) == 3  # between the four packets of the base
    for where in whole:
        stream = cut_at(where)
        assert np.array_equal(htj2k.decode(stream), htj2k.decode(data))
        first_part = start + 14 + where
        base_range = htj2k.read_info(stream).resolutions[0].byte_range
        assert base_range == (0, first_part + 14 + len(base) - where)
        assert htj2k.read_info(stream[:first_part]).resolutions[0].byte_range is None
        with pytest.raises(htj2k.TruncatedError):
            htj2k.decode(stream[:first_part], reduce=1)
    broken = htj2k.read_info(cut_at(len(base) // 2))
    assert broken.resolutions[0].byte_range is None, "a packet that crosses tile-parts is a fault"
    assert broken.incomplete


def test_rules_of_202_and_201():
    good = htj2k.encode(CT)
    assert htj2k.read_info(good).check_htj2k_lossless_rpcl() == []
    assert htj2k.read_info(htj2k.encode(noise((70, 80, 3), "u1"))).check_htj2k_lossless_rpcl() == []
    cases = {
        "not RPCL": htj2k.encode(CT, progression_order="RLCP"),
        "no TLM": htj2k.encode(CT, tlm=False),
        "the base resolution is 188 x 256": htj2k.encode(CT, num_decompositions=1),
        "tile-part a resolution": htj2k.encode(CT, tile_parts=None),
        "it is a JPH file": streams.wrap_in_boxes(good),
    }
    for reason, data in cases.items():
        reasons = htj2k.read_info(data).check_htj2k_lossless_rpcl()
        assert len(reasons) == 1, reasons
        assert reason in reasons[0]
        assert (htj2k.read_info(data).check_htj2k_lossless() == []) == (reason != "it is a JPH file")
    lossy = htj2k.read_info(htj2k.encode(CT, reversible=False)).check_htj2k_lossless()
    assert any("9/7" in r for r in lossy)
    assert any("quantisation" in r for r in lossy)
    assert htj2k.read_info(htj2k.encode(noise((90, 90), "u1"), tile_size=(50, 50))).check_htj2k_lossless_rpcl()


def rows(name: str) -> list[dict[str, str]]:
    if "HTJ2K_TEST_DATA" not in os.environ:
        return []
    with (CORPUS / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def noted(description: str) -> dict[str, object]:
    """What another parser noted: "HT/HTONLY Ccap15=0x0024 9/7 L3 LRCP lay6 mct0 cb64x64 cbs0x40 ..."."""
    found: dict[str, object] = {}
    if m := re.search(r"\bL(\d+) ([LRCP]{4}) lay(\d+) mct(\d) cb(\d+)x(\d+) cbs(0x..)", description):
        found |= {
            "num_decompositions": int(m[1]),
            "progression_order": m[2],
            "num_layers": int(m[3]),
            "color_transform": m[4] == "1",
            "block_style": int(m[7], 16),
        }
        found["block_area"] = sorted((int(m[5]), int(m[6])))
    if m := re.search(r"HT/(?:HTONLY|MIXED) Ccap15=(0x....)", description):
        found["ccap15"] = int(m[1], 16)
    if m := re.search(r"tiles(\d+)x(\d+)", description):
        found["tile_size"] = (int(m[2]), int(m[1]))
    found["has_tlm"] = "TLM" in description
    return found


@needs_corpus
def test_every_htj2k_stream_of_the_corpus_is_read():
    count = 0
    expected = {row["path"]: row for row in rows("EXPECTED.tsv")}
    for row in rows("MANIFEST.tsv"):
        if row["kind"] != "htj2k":
            continue
        info = htj2k.read_info((CORPUS / row["path"]).read_bytes())
        assert info.width, row["path"]
        note = noted(expected[row["path"]]["description"])
        seen = info.to_dict() | {
            "block_style": info.components[0].block_style if "COC" not in row["note"] else note.get("block_style"),
            "block_area": sorted(info.block_size),
        }
        assert {k: seen[k] for k in note} == note, row["path"]
        count += 1
    assert count > 100


# What only some other decoder can decode must be refused by name, and nothing else.
UNSUPPORTED = re.compile(r"SOP or EPH together with a COC|quality layers|mixture of HT and Part 1|Part 2")


@needs_corpus
def test_what_openjph_decodes_is_not_refused():
    column = "imagecodecs_htj2k(OpenJPH 0.26.3)"
    for row in rows("EXPECTED.tsv"):
        if row["kind"] != "htj2k":
            continue
        info = htj2k.read_info((CORPUS / row["path"]).read_bytes())
        if row[column].startswith("ok") and "DFS" not in row["description"]:
            assert info.undecodable is None, row["path"]
            assert info.incomplete is None, row["path"]
        elif info.undecodable:
            assert UNSUPPORTED.search(info.undecodable), (row["path"], info.undecodable)


def outcome_of(data: bytes) -> str:
    try:
        htj2k.read_info(data, max_pixels=htj2k.DEFAULT_MAX_PIXELS)
    except htj2k.HTJ2KError as e:
        return type(e).__name__
    return "read"


@needs_corpus
def test_part_1_and_damaged_files_raise_what_they_should():
    outcomes: dict[str, int] = {}
    for row in rows("MANIFEST.tsv"):
        if row["kind"] not in ("j2k", "bad"):
            continue
        data = (CORPUS / row["path"]).read_bytes()
        outcome = outcome_of(data)
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
        assert row["kind"] == "bad" or outcome == "NotHTJ2KError", row["path"]
        if outcome == "read":  # damage inside the packets, for the decoder to find
            assert "ht" in row["path"].lower(), row["path"]
        assert not htj2k.is_htj2k(data) or "ht" in row["path"].lower()
    assert outcomes["NotHTJ2KError"] > 47 + 100


@needs_corpus
def test_the_frame_of_healthimaging():
    data = (CORPUS.parent / "golden" / "ahi_frame_truncated.jph").read_bytes()
    info = htj2k.read_info(data)
    assert (info.container, info.codestream[0], info.has_tlm) == ("jp2", 85, False)
    assert (info.width, info.height) == (512, 512)
    assert (info.components[0].bit_depth, info.components[0].is_signed) == (16, True)
    assert (info.progression_order, info.num_decompositions, info.num_layers) == ("RPCL", 3, 1)
    assert info.precinct_sizes == ((128, 128), (256, 256), (256, 256), (256, 256))
    assert [t.num_parts for t in info.tile_parts] == [0, 0]
    assert [r.byte_range for r in info.resolutions] == [(0, 6469), (6469, 19729), None, None]
    assert htj2k.decode(data, reduce=3).shape == (64, 64)
    assert htj2k.decode(htj2k.extract_resolution(data, reduce=3), reduce=3).tobytes() == (
        htj2k.decode(data, reduce=3).tobytes()
    )
    with pytest.raises(htj2k.TruncatedError) as caught:
        htj2k.decode(data, reduce=2)
    assert (caught.value.bytes_needed, caught.value.resolutions_complete) == (19729, 1)


def test_a_damaged_tile_part_header_ends_where_it_was_left():
    data = htj2k.encode(CT, num_decompositions=1, tile_parts=None, tlm=False)
    damaged = streams.insert_in_tile(data, streams.segment(streams.SIZ, b"not here"))
    info = htj2k.read_info(damaged)
    assert "SIZ" in info.incomplete
    (part,) = info.tile_parts
    assert part.byte_range[0] < part.body_start <= part.byte_range[1]
