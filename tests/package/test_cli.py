"""The commands info, encode, decode, checksum and verify: their results, JSON, and exit codes 0, 1 and 2."""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from click.testing import CliRunner, Result

import htj2k
from dicom_files import dataset, write
from htj2k.cli.app import app
from images import ct_like, noise

CT = ct_like((90, 70))
COLOR = noise((20, 24, 3), "u1")


def run(*arguments: object) -> Result:
    result = CliRunner().invoke(app, [str(a) for a in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def run_json(*arguments: object, code: int = 0) -> Any:
    """The one JSON document on stdout."""
    result = run(*arguments, "--json")
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def run_error(*arguments: object, code: int = 2) -> str:
    """The message of a command that fails; --json has it too."""
    document = run_json(*arguments, code=code)
    assert document["ok"] is False
    result = run(*arguments)
    assert result.exit_code == code
    assert result.stdout == ""
    assert result.stderr == f"htj2k: error: {document['error']['message']}\n"
    return f"{document['error']['type']}: {document['error']['message']}"


@pytest.fixture
def npy(tmp_path: Path) -> Path:
    np.save(tmp_path / "ct.npy", CT)
    return tmp_path / "ct.npy"


# encode


def npy_file(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, pixels)
    return file.getvalue()


def test_encode_masks_unused_bits_when_told(npy, tmp_path):
    assert "mask_unused_bits" in run_error("encode", npy, tmp_path / "a.j2c", "--bits-stored", "4")
    run_json("encode", npy, tmp_path / "a.j2c", "--bits-stored", "4", "--mask-unused-bits")
    assert (tmp_path / "a.j2c").read_bytes() == htj2k.encode(CT, bits_stored=4, mask_unused_bits=True)


def test_encode_npy(npy, tmp_path):
    report = run_json("encode", npy, tmp_path / "a.j2c")
    stored = (tmp_path / "a.j2c").read_bytes()
    assert stored == htj2k.encode(CT)
    assert report == {
        "ok": True,
        "shape": [90, 70],
        "dtype": "int16",
        "bytesDecoded": CT.nbytes,
        "bytesStored": len(stored),
        "levels": [level.to_dict() for level in htj2k.pixel_checksums(CT)],
    }
    text = run("encode", npy, tmp_path / "b.j2c")
    assert text.exit_code == 0
    assert f"{CT.nbytes} -> {len(stored)} bytes" in text.stdout
    assert "verified" in text.stdout


@pytest.mark.parametrize(
    ("name", "options", "container"),
    [
        ("a.jph", [], "jph"),
        ("a.JPH", [], "jph"),
        ("a.j2c", [], "j2c"),
        ("a", [], "j2c"),
        ("a.j2c", ["--container", "jph"], "jph"),
        ("a.jph", ["--container", "j2c"], "j2c"),
    ],
)
def test_encode_container(npy, tmp_path, name, options, container):
    run_json("encode", npy, tmp_path / name, *options)
    assert (tmp_path / name).read_bytes() == htj2k.encode(CT, container=container)


def test_encode_raw_samples(tmp_path):
    (tmp_path / "a.raw").write_bytes(COLOR.astype(">u2").tobytes())
    run_json("encode", tmp_path / "a.raw", tmp_path / "a.j2c", "--shape", "20,24,3", "--dtype", ">u2",
             "--bits-stored", "8", "--num-decompositions", "2")  # fmt: skip
    stored = (tmp_path / "a.j2c").read_bytes()
    assert stored == htj2k.encode(COLOR.astype("u2"), bits_stored=8, num_decompositions=2)


def test_encode_dicom_frame(tmp_path):
    frames = noise((3, 12, 10), "u2")
    write(tmp_path / "a.dcm", dataset(frames, NumberOfFrames=3))
    run_json("encode", tmp_path / "a.dcm", tmp_path / "a.j2c", "--frame", "2")
    assert np.array_equal(htj2k.decode((tmp_path / "a.j2c").read_bytes()), frames[2])
    assert "ValueError: --frame 3" in run_error("encode", tmp_path / "a.dcm", tmp_path / "b.j2c", "--frame", "3")


@pytest.mark.parametrize(
    ("content", "options", "text"),
    [
        (b"hello", [], "is neither .npy nor DICOM; for raw samples give --shape and --dtype"),
        (b"", [], "is neither .npy nor DICOM"),
        (bytes(12), ["--shape", "3,4"], "need both --shape"),
        (bytes(12), ["--dtype", "u1"], "need both --shape"),
        (bytes(12), ["--shape", "3,5", "--dtype", "u1"], "the file has 12 bytes, but .* make 15"),
        (bytes(12), ["--shape", "3,x", "--dtype", "u1"], "--shape 3,x"),
        (bytes(12), ["--shape", "12", "--dtype", "u1"], "--shape 12: give ROWS,COLUMNS"),
        (bytes(12), ["--shape", "3x4", "--dtype", "u1"], "--shape 3x4: give ROWS,COLUMNS"),
        (bytes(12), ["--shape", "-3,-4", "--dtype", "u1"], "--shape -3,-4"),
        (bytes(12), ["--shape", "3,4", "--dtype", "no"], "no"),
        (bytes(12), ["--shape", "1,3", "--dtype", "f4"], "TypeError: .*float32"),
        (bytes(12), ["--shape", "3,4", "--dtype", "u1", "--bits-stored", "9"], "bits_stored is 9"),
        (bytes(12), ["--shape", "1,3", "--dtype", "u4", "--num-decompositions", "0"], "num_decompositions=0"),
        (bytes(12), ["--shape", "3,4", "--dtype", "u1", "--frame", "0"], "in: --frame is for DICOM files"),
        (npy_file(CT), ["--frame", "5"], "in: --frame is for DICOM files"),
        (npy_file(np.array([[None]])), [], "in cannot be read as .npy: it holds Python objects; store samples"),
        (b"\x93NUMPY", [], "ValueError: .*in cannot be read as .npy"),
        (npy_file(CT)[:-1], [], "in cannot be read as .npy"),
        (npy_file(CT).replace(b"}", b" "), [], "in cannot be read as .npy"),
        (
            npy_file(CT).replace(b"(90, 70), }" + 28 * b" ", b"(90" + 28 * b"0" + b", 70), }"),
            [],
            "in cannot be read as .npy",
        ),
    ],
)
def test_encode_refuses(tmp_path, content, options, text):
    (tmp_path / "in").write_bytes(content)
    message = run_error("encode", tmp_path / "in", tmp_path / "out.j2c", *options)
    assert re.search(text, message), message
    assert [p.name for p in tmp_path.iterdir()] == ["in"]


def test_encode_that_does_not_verify_ends_with_1(npy, tmp_path, monkeypatch):
    wrong = htj2k.encode_with_checksums(CT[::-1])
    right = htj2k.encode_with_checksums(CT)
    broken = type(right)(wrong.codestream, right.checksums, right.min_value, right.max_value)
    monkeypatch.setattr(htj2k, "encode_with_checksums", lambda *_, **__: broken)
    assert run_error("encode", npy, tmp_path / "a.j2c", code=1).startswith("ChecksumMismatch")
    assert not (tmp_path / "a.j2c").exists()


# decode


@pytest.fixture
def frame(tmp_path: Path) -> Path:
    (tmp_path / "ct.j2c").write_bytes(htj2k.encode(CT))
    return tmp_path / "ct.j2c"


def test_decode_npy_and_raw(frame, tmp_path):
    report = run_json("decode", frame, tmp_path / "a.npy")
    assert report == {"ok": True, "shape": [90, 70], "dtype": "int16"}
    assert np.array_equal(np.load(tmp_path / "a.npy"), CT)
    assert run_json("decode", frame, tmp_path / "a.raw", "--reduce", "1")["shape"] == [45, 35]
    reduced = htj2k.decode(frame.read_bytes(), reduce=1)
    assert (tmp_path / "a.raw").read_bytes() == reduced.astype("<i2").tobytes()
    assert "90 x 70 int16" in run("decode", frame, tmp_path / "b.npy").stdout


@pytest.mark.parametrize("pixels", [COLOR, noise((5, 7), "u1"), noise((9, 3), "u2"), noise((4, 5, 3), "u2")])
def test_decode_png(tmp_path, pixels):
    (tmp_path / "a.jph").write_bytes(htj2k.encode(pixels, container="jph"))
    assert run("decode", tmp_path / "a.jph", tmp_path / "a.png").exit_code == 0
    assert np.array_equal(imagecodecs.png_decode((tmp_path / "a.png").read_bytes()), pixels)


@pytest.mark.parametrize(
    ("target", "options", "text"),
    [
        ("a.png", [], "PNG cannot hold 1 component(s) of int16"),
        ("a.tif", [], "the suffix must be one of .npy, .raw, .png"),
        ("a.npy", ["--reduce", "7"], "reduce is 7"),
        ("no/such/folder/a.npy", [], "no/such/folder does not exist"),
    ],
)
def test_decode_refuses(frame, tmp_path, target, options, text):
    assert text in run_error("decode", frame, tmp_path / target, *options)
    assert [p.name for p in tmp_path.iterdir()] == ["ct.j2c"]


def test_decode_partial(tmp_path):
    codestream = htj2k.encode(CT, tile_size=(64, 64), num_decompositions=2)
    (tmp_path / "whole.j2c").write_bytes(codestream)
    (tmp_path / "cut.j2c").write_bytes(codestream[: len(codestream) * 3 // 4])
    whole = ("decode", tmp_path / "whole.j2c", tmp_path / "a.npy", "--partial")
    assert run_json(*whole)["pixels_whole_up_to"] == {"2": CT.size}
    assert run(*whole).stdout == f"{tmp_path / 'a.npy'}: 90 x 70 int16, complete\n"
    cut = ("decode", tmp_path / "cut.j2c", tmp_path / "a.npy", "--partial", "--mask", tmp_path / "mask.npy")
    report = run_json(*cut, code=1)
    image = htj2k.decode_partial((tmp_path / "cut.j2c").read_bytes())
    assert np.array_equal(np.load(tmp_path / "a.npy"), image.pixels)
    assert np.array_equal(np.load(tmp_path / "mask.npy"), image.whole_up_to)
    levels, counts = np.unique(image.whole_up_to, return_counts=True)
    assert report == {
        "ok": False,
        "shape": [90, 70],
        "dtype": "int16",
        "complete_resolution": None,
        "pixels_whole_up_to": {str(level): int(count) for level, count in zip(levels, counts, strict=True)},
        "reason": image.reason,
    }
    told = run(*cut)
    assert told.exit_code == 1
    share = np.mean(image.whole_up_to == 2)
    assert f"int16, not complete ({share:.1%} whole up to resolution 2, " in told.stdout
    assert told.stdout.endswith(f" lost): {image.reason}\n")
    assert "--mask needs --partial" in run_error("decode", *cut[1:3], "--mask", tmp_path / "mask.npy")


BAD_INPUT = {
    "cut": (htj2k.encode(CT)[:-100], "TruncatedError"),
    "JPEG": (b"\xff\xd8\xff\xe0" + bytes(60), "NotHTJ2KError: .*JPEG"),
    "Part 1": (imagecodecs.jpeg2k_encode(COLOR, codecformat="j2k"), "NotHTJ2KError: .*Part 1"),
    "empty": (b"", "NotHTJ2KError: .*empty"),
    "text": (b'{"message": "AccessDenied"}', "NotHTJ2KError: .*JSON"),
}


@pytest.mark.parametrize("command", ["decode", "checksum"])
@pytest.mark.parametrize(("content", "text"), BAD_INPUT.values(), ids=BAD_INPUT)
def test_bad_codestreams(tmp_path, command, content, text):
    (tmp_path / "in").write_bytes(content)
    target = [tmp_path / "out.npy"] if command == "decode" else []
    assert re.match(text, run_error(command, tmp_path / "in", *target))
    assert not (tmp_path / "out.npy").exists()


@pytest.mark.parametrize("command", ["info", "decode", "checksum", "encode", "verify"])
def test_input_that_is_not_there(tmp_path, command):
    target = [tmp_path / "out.npy"] if command in ("decode", "encode") else []
    message = run_error(command, tmp_path / "missing", *target)
    assert str(tmp_path / "missing") in message
    if command != "verify":
        assert str(tmp_path) in run_error(command, tmp_path, *target)  # a folder


# info


def test_info(frame, tmp_path):
    document = run_json("info", frame)
    info = htj2k.read_info(frame.read_bytes())
    expected = json.loads(json.dumps(info.to_dict()))
    assert document == {**expected, "htj2kLosslessRpcl": True, "reasons": []}
    text = run("info", frame).stdout
    for part in ("RPCL", "1 of 16 bit signed", "OpenJPH", "...4.202", "yes"):
        assert part in text
    (tmp_path / "rgb.jph").write_bytes(
        htj2k.encode(COLOR, container="jph", progression_order="LRCP", comment=["\u20ac", b"\0\xff"])
    )
    document = run_json("info", tmp_path / "rgb.jph")
    assert document["color_label"] == "YBR_RCT"
    assert document["comments"][1:] == ["\u20ac", "00ff"]
    assert document["htj2kLosslessRpcl"] is False
    assert any("LRCP" in reason for reason in document["reasons"])
    assert "85 to " in run("info", tmp_path / "rgb.jph").stdout


def test_info_of_a_prefix_tells_what_is_missing(frame, tmp_path):
    stop = htj2k.read_info(frame.read_bytes()).main_header[1]
    (tmp_path / "prefix").write_bytes(frame.read_bytes()[: stop + 2])
    document = run_json("info", tmp_path / "prefix")
    assert document["incomplete"]
    assert document["resolutions"][-1]["byte_range"][1] == frame.stat().st_size
    (tmp_path / "less").write_bytes(frame.read_bytes()[: stop - 1])
    assert run_error("info", tmp_path / "less").startswith("TruncatedError")


# checksum


def levels(pixels: np.ndarray) -> list[dict[str, int]]:
    return [level.to_dict() for level in htj2k.pixel_checksums(pixels)]


def test_checksum_of_codestream_and_pixels(frame, npy, tmp_path):
    (tmp_path / "ct.raw").write_bytes(CT.tobytes())
    write(tmp_path / "ct.dcm", dataset(CT))
    raw = ["--shape", "90,70", "--dtype", "<i2"]
    for arguments in ([frame], [npy], [tmp_path / "ct.raw", *raw], [tmp_path / "ct.dcm"]):
        assert run_json("checksum", *arguments) == {"levels": levels(CT)}
    text = run("checksum", frame).stdout
    assert all(str(level["Checksum"]) in text for level in levels(CT))


def test_checksum_expected(frame, tmp_path):
    right = levels(CT)
    full = right[-1]["Checksum"]
    (tmp_path / "list.json").write_text(json.dumps(right[::-1]))
    (tmp_path / "frame.json").write_text(
        json.dumps({"ID": "1", "PixelDataChecksumFromBaseToFullResolution": right[-1:], "MinPixelValue": None})
    )
    for expected in (full, hex(full), full - 2**32, tmp_path / "list.json", tmp_path / "frame.json"):
        document = run_json("checksum", frame, "--expected", expected)
        assert document == {"ok": True, "levels": right, "differences": []}


@pytest.mark.parametrize("beyond", [2**32, -(2**32)])
def test_an_expected_checksum_of_more_bits_is_refused(frame, beyond):
    expected = levels(CT)[-1]["Checksum"] + beyond
    if -(2**31) <= expected < 2**32:  # the signed form of the same bits
        expected -= 2**32
    assert "no 32-bit value" in run_error("checksum", frame, "--expected", expected)


def test_checksum_that_differs_ends_with_1(frame, tmp_path):
    right = levels(CT)
    wrong = [{**level, "Checksum": level["Checksum"] ^ (i == 0)} for i, level in enumerate(right)]
    (tmp_path / "wrong.json").write_text(json.dumps(wrong))
    document = run_json("checksum", frame, "--expected", tmp_path / "wrong.json", code=1)
    assert document["ok"] is False
    assert len(document["differences"]) == 1
    assert document["differences"][0].startswith(f"{right[0]['Width']}x{right[0]['Height']}: expected")
    (tmp_path / "size.json").write_text(json.dumps([{**right[-1], "Width": 71}]))
    result = run("checksum", frame, "--expected", tmp_path / "size.json")
    assert result.exit_code == 1
    assert "71x90: expected" in result.stdout
    assert "no such resolution" in result.stdout
    assert run("checksum", frame, "--expected", "5").exit_code == 1


def test_checksum_of_a_codestream_has_no_frames(frame):
    assert "ct.j2c: --frame is for DICOM files" in run_error("checksum", frame, "--frame", "3")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"not json", "is no JSON document"),
        (b"\xff\xfe", "is no JSON document"),
        (b"[]", r"no list of {Width, Height, Checksum}"),
        (b"{}", r"no list of {Width, Height, Checksum}"),
        (b"7", r"no list of {Width, Height, Checksum}"),
        (b'[{"Width": 1}]', r"no list of {Width, Height, Checksum}"),
        (b'[{"Width": "a", "Height": 1, "Checksum": 1}]', r"no list of {Width, Height, Checksum}"),
        (b'[{"Width": Infinity, "Height": 1, "Checksum": 1}]', r"no list of {Width, Height, Checksum}"),
        (b'[{"Width": 1.5, "Height": 1, "Checksum": 1}]', r"no list of {Width, Height, Checksum}"),
        (b'"text"', r"no list of {Width, Height, Checksum}"),
        (b"[" * 100_000, "is no JSON document"),
        (b'{"Width": 1, "Height": 1, "Checksum": 1, "Checksum": 2}', "stands twice"),
    ],
)
def test_checksum_refuses_what_holds_no_checksums(frame, tmp_path, content, text):
    (tmp_path / "e.json").write_bytes(content)
    message = run_error("checksum", frame, "--expected", tmp_path / "e.json")
    assert text in message
    assert str(tmp_path / "e.json") in message


# usage


@pytest.mark.parametrize(
    "arguments",
    [
        ["no-such-command"],
        ["info"],
        ["info", "a", "b"],
        ["encode", "a"],
        ["encode", "a", "b", "--bits-stored", "33"],
        ["encode", "a", "b", "--num-decompositions", "-1"],
        ["encode", "a", "b", "--container", "jp2"],
        ["decode", "a"],
        ["decode", "a", "b", "--reduce", "-1"],
        ["decode", "a", "b", "--reduce", "x"],
        ["checksum"],
        ["checksum", "a", "--frame", "-1"],
        ["verify"],
        ["verify", "a", "b"],
        ["verify", "a", "--threads", "0"],
        ["verify", "a", "--no-such-option"],
    ],
    ids=" ".join,
)
def test_usage_errors_end_with_2(arguments):
    result = run(*arguments)
    assert result.exit_code == 2
    assert "Usage: " in result.stderr
    assert result.stdout == ""


def test_verify_of_what_is_no_output_of_ingest(tmp_path, frame):
    assert "NotADirectory" in run_error("verify", frame)
    (tmp_path / "empty").mkdir()
    assert run_json("verify", tmp_path / "empty", code=1)["ok"] is False


def test_help_names_every_command_with_examples():
    text = run("--help").stdout
    for command in app.commands:
        assert command in text
        told = run(command, "--help").stdout
        assert told.startswith("Usage: ")
        # Each example is a line of its own, and a call that the command itself would take.
        examples = re.findall(rf"^    htj2k ({command}.*)$", told, flags=re.MULTILINE)
        assert examples, f"{command} has no example"
        for example in examples:
            words = shlex.split(re.split(r"[|>]", example)[0])
            app.commands[command].make_context(command, words[1:])


def test_completion_script():
    """What README tells a shell to evaluate."""
    result = CliRunner().invoke(app, [], prog_name="htj2k", env={"_HTJ2K_COMPLETE": "bash_source"})
    assert "complete" in result.output


def test_colours_only_on_terminals(frame):
    assert "\x1b[" not in run("info", frame).stdout + run("show", frame).stdout
    pty = pytest.importorskip("pty")  # not on Windows
    command = [sys.executable, "-m", "htj2k.cli", "info", str(frame)]
    seen = bytearray()
    pty.spawn(command, lambda fd: seen.extend(data := os.read(fd, 4096)) or data)
    assert b"\x1b[" in seen


def test_version():
    assert htj2k.__version__ in run("--version").stdout


def test_as_a_process(frame, tmp_path):
    """What a shell sees: one JSON document on stdout, the message on stderr, the code."""
    command = [sys.executable, "-m", "htj2k.cli", "checksum", "--json"]
    good = subprocess.run([*command, frame], capture_output=True, text=True, check=True)
    assert json.loads(good.stdout) == {"levels": levels(CT)}
    assert good.stderr == ""
    bad = subprocess.run([*command, tmp_path], capture_output=True, text=True, check=False)
    assert bad.returncode == 2
    assert json.loads(bad.stdout)["ok"] is False
    assert bad.stderr.startswith("htj2k: error: ")
