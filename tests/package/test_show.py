"""``htj2k show`` and what ``htj2k info`` tells a person."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image
from rich.console import Console

import htj2k
from dicom_files import dataset, write
from htj2k.cli.app import app
from htj2k.cli.info_report import facts, resolution_rows
from htj2k.cli.terminal_picture import draw, size_for
from htj2k.cli.window import default_window, to_shades
from images import ct_like, noise

CT = ct_like((200, 160))


def run(*arguments: object, code: int = 0) -> Result:
    result = CliRunner().invoke(app, [str(a) for a in arguments], env={"COLUMNS": "40", "LINES": "20"})
    assert result.exit_code == code, result.output
    return result


@pytest.fixture
def frame(tmp_path: Path) -> Path:
    path = tmp_path / "ct.j2c"
    path.write_bytes(htj2k.encode(CT))
    return path


# windows


def test_window_is_that_of_dicom():
    """PS3.3 C.11.2.1.2 by hand: black at center - 0.5 - (width - 1) / 2, white at the other end."""
    samples = np.array([-161, -160, 39, 40, 239, 240, 3000])
    assert to_shades(samples, 40, 400).tolist() == [0, 0, 127, 128, 255, 255, 255]
    assert to_shades(np.array([9, 10]), 10, 1).tolist() == [0, 255]
    with pytest.raises(ValueError, match="width is 0"):
        to_shades(samples, 40, 0)


@pytest.mark.parametrize("window", [("nan", "5"), ("5", "nan"), ("5", "inf"), ("-inf", "5"), ("5", "-3")])
def test_what_is_no_window(frame, tmp_path, window):
    assert "--window: " in run("show", frame, "--output", tmp_path / "a.png", "--window", *window, code=2).stderr
    assert not (tmp_path / "a.png").exists()


def test_default_window_leaves_out_few_samples():
    shades = to_shades(CT, *default_window(CT))
    assert shades.min() == 0
    assert shades.max() == 255
    assert 0.9 < np.mean((shades > 0) | (CT.min() == CT)) <= 1
    flat = np.full((4, 4), 7, np.int16)
    assert len(np.unique(to_shades(flat, *default_window(flat)))) == 1


# pictures in files


def test_what_is_not_whole_is_tinted(tmp_path):
    codestream = htj2k.encode(CT, num_decompositions=2, tile_size=(100, 100))
    path = tmp_path / "cut.j2c"
    path.write_bytes(codestream[: len(codestream) * 2 // 3])
    told = run("show", path, "--partial", "--window", "40", "400", "--output", tmp_path / "a.png", code=1).stdout
    image = htj2k.decode_partial(path.read_bytes())
    right = image.whole_up_to == 2
    shades, found = to_shades(image.pixels, 40, 400), np.asarray(Image.open(tmp_path / "a.png"))
    assert np.array_equal(found[..., 0], shades)
    assert np.array_equal(found[right, 1:], np.stack(2 * [shades[right]], -1))
    assert np.array_equal(found[~right, 1:], np.stack(2 * [shades[~right] // 2], -1))
    assert "not complete (" in told
    assert 0 < right.mean() < 1
    path.write_bytes(codestream)
    run("show", path, "--partial", "--window", "40", "400", "--output", tmp_path / "a.png")
    assert np.array_equal(np.asarray(Image.open(tmp_path / "a.png")), to_shades(CT, 40, 400))


def test_png_holds_the_windowed_samples(frame, tmp_path):
    run("show", frame, "--window", "40", "400", "--output", tmp_path / "a.png")
    assert np.array_equal(np.asarray(Image.open(tmp_path / "a.png")), to_shades(CT, 40, 400))


def test_every_level_becomes_a_file_with_one_window(frame, tmp_path):
    document = json.loads(run("show", frame, "--levels", "--output", tmp_path / "a.png", "--json").stdout)
    levels = htj2k.codestream_checksums(frame.read_bytes())
    assert [(p["width"], p["height"], p["checksum"]) for p in document["pictures"]] == [
        (level.width, level.height, level.checksum) for level in levels
    ]
    center, width = default_window(CT)
    assert document["window"] == [center, width]
    for picture in document["pictures"]:
        expected = to_shades(htj2k.decode(frame.read_bytes(), reduce=picture["reduce"]), center, width)
        assert picture["file"] == str(tmp_path / f"a_{picture['width']}x{picture['height']}.png")
        assert np.array_equal(np.asarray(Image.open(picture["file"])), expected)


def test_rgb_is_shown_as_it_is(tmp_path):
    color = noise((20, 24, 3), "u1")
    np.save(tmp_path / "a.npy", color)
    run("show", tmp_path / "a.npy", "--output", tmp_path / "a.png")
    assert np.array_equal(np.asarray(Image.open(tmp_path / "a.png")), color)


def test_frame_of_a_dicom_file(tmp_path):
    frames = noise((3, 12, 10), "u2")
    write(tmp_path / "a.dcm", dataset(frames, NumberOfFrames=3))
    document = json.loads(run("show", tmp_path / "a.dcm", "--frame", "2", "--json").stdout)
    assert document["pictures"][0]["checksum"] == htj2k.crc32(frames[2])


# pictures in the terminal


def test_without_colours_the_picture_is_ink(frame):
    text = run("show", frame).stdout
    *picture, caption = text.splitlines()
    assert caption == (f"160 x 200, reduce 0, samples {CT.min()} to {CT.max()}, CRC-32 {htj2k.crc32(CT)}")
    assert len(picture) == 18
    assert {len(line) for line in picture} == {29}
    assert "@" in text


def test_with_colours_a_cell_holds_two_pixels():
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, color_system="truecolor", width=80, height=40)
    draw(console, np.array([[[1, 2, 3]], [[4, 5, 6]], [[7, 8, 9]]], np.uint8))
    cell = "\x1b[38;2;{};48;2;{}m\u2580\x1b[0m\n"
    assert stream.getvalue() == cell.format("1;2;3", "4;5;6") + cell.format("7;8;9", "0;0;0")


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (1, 10_000), (10_000, 1), (3000, 2000), (5, 4)])
def test_a_picture_fits_the_terminal(rows, columns):
    console = Console(width=60, height=30)
    height, width = size_for(console, rows, columns)
    assert 1 <= height <= min(rows, 56)
    assert 1 <= width <= min(columns, 60)


# bad input


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--output", "a.jpg"], "a.jpg: the name of a picture ends with .png"),
        (["--window", "1", "0"], "--window: the width is 0"),
        (["--frame", "1"], "--frame is for DICOM files"),
        (["--reduce", "9"], "reduce is 9"),
    ],
)
def test_bad_arguments(frame, options, text):
    assert text in run("show", frame, *options, code=2).stderr


def test_pictures_that_cannot_be_drawn(tmp_path):
    np.save(tmp_path / "a.npy", noise((5, 5, 2), "u1"))
    assert "this image 2" in run("show", tmp_path / "a.npy", code=2).stderr
    assert "are for codestreams" in run("show", tmp_path / "a.npy", "--levels", code=2).stderr


# the report of info


def test_the_report_tells_what_each_resolution_costs():
    data = htj2k.encode(CT)
    info = htj2k.read_info(data)
    rows = resolution_rows(info)
    assert [row[:3] for row in rows] == [[r.width, r.height, r.reduce] for r in info.resolutions]
    assert rows[-1][3:] == [f"{info.resolutions[-1].byte_range[0]} to {len(data)}", "100.0%"]
    assert rows[0][4] == f"{info.resolutions[0].byte_range[1] / len(data):.1%}"
    # Of a prefix only the headers are known; what is a share of it says nothing.
    assert resolution_rows(htj2k.read_info(data[: len(data) * 7 // 10]))[-1][4] == ""


def test_the_report_names_what_is_unusual():
    data = htj2k.encode(
        noise((90, 70, 3), "u1"),
        container="jph",
        tile_size=(40, 30),
        progression_order="CPRL",
        precinct_sizes=[(64, 32)],
        tlm=False,
        tile_parts=None,
        comment=[b"\0\1", "text"],
    )
    told = facts(htj2k.read_info(data))
    text = "\n".join(f"{subject}: {sentence}" for subject, sentence in told)
    for part in (
        "file: JPH file, codestream in bytes 85 to ",
        "components: 3 of 8 bit unsigned",
        "5/3 (reversible), 1 decomposition level, HT codeblocks of 64 x 64, 1 quality layer, colour transform",
        "order: CPRL, no TLM, precincts of 64 x 32",
        "tiles: 9 tiles of 40 x 30, 9 tile-parts",
        "comment: 2 bytes, binary",
        "comment: text",
        "...4.202: no: ",
    ):
        assert part in text
    cut = facts(htj2k.read_info(data[:-100]))
    assert "incomplete" in dict(cut)
