"""htj2k.testing: what its assertions accept, and what they say when they fail."""

from __future__ import annotations

import re
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest

import htj2k
from htj2k.testing import ImageFrameVerifier, assert_checksums, assert_lossless
from images import ct_like, hard_edges, noise
from oracle import checksum, pyramid
from streams import wrap_in_boxes

pytest_plugins = ["pytester"]


def failure(*args, function=assert_lossless, **options) -> str:
    with pytest.raises(AssertionError) as caught:
        function(*args, **options)
    return str(caught.value)


@pytest.mark.parametrize("shape", [(1, 1), (37, 53), (20, 24, 1), (9, 7, 3), (8, 9, 5)])
@pytest.mark.parametrize("dtype", ["bool", "u1", "i1", "u2", "i2", "u4", "i4", ">i2"])
def test_what_was_encoded_is_lossless(shape, dtype):
    pixels = noise(shape, "u1", bits=1).astype(bool) if dtype == "bool" else noise(shape, dtype)
    assert_lossless(pixels, htj2k.encode(pixels))


def test_values_count_not_dtypes():
    pixels = noise((40, 30), "u2", bits=8)
    stream = htj2k.encode(pixels, bits_stored=8)
    assert_lossless(pixels.astype("i4"), stream)
    assert_lossless(pixels, wrap_in_boxes(stream))
    # -1 and 2**32 - 1 have the same bits and are not the same value.
    assert "is 4294967295, expected -1" in failure(
        np.full((4, 4), -1, "i4"), htj2k.encode(np.full((4, 4), 2**32 - 1, "u4"))
    )


def test_differences_are_counted_listed_and_located():
    pixels = ct_like((120, 100))
    changed = pixels.copy()
    changed[10, 5] += 1
    changed[70:72, 40:90] = -1024
    text = failure(pixels, htj2k.encode(changed))
    assert f"{np.count_nonzero(pixels != changed)} of 12000 samples differ" in text
    assert f"pixels[10, 5] is {changed[10, 5]}, expected {pixels[10, 5]}" in text
    assert text.count("pixels[") == 5
    assert "rows 10 to 71 and columns 5 to 89" in text
    largest = np.abs(pixels.astype(int) - changed).max()
    assert f"largest difference is {largest}" in text
    full = (
        f"100x120 has checksum {zlib.crc32(changed.tobytes())}, expected {zlib.crc32(pixels.tobytes())}: differs"
    )
    assert full in text
    assert "50x60 has checksum" in text


def test_the_largest_difference_of_any_two_samples():
    low, high = np.full((2, 2), -(2**31), "i4"), np.full((2, 2), 2**31 - 1, "i4")
    assert "largest difference is 4294967295" in failure(low, htj2k.encode(high))


def test_a_component_is_named():
    pixels = noise((9, 7, 3), "u1")
    changed = pixels.copy()
    changed[3, 2, 1] ^= 255
    text = failure(pixels, htj2k.encode(changed))
    assert f"pixels[3, 2, 1] is {changed[3, 2, 1]}, expected {pixels[3, 2, 1]}" in text
    assert "rows 3 to 3 and columns 2 to 2" in text
    for made, word in ((pixels, "expected"), (changed, "has checksum")):  # the component transform counts
        assert f"{word} {checksum(pyramid(made, 1, color_transform=True)[0])}" in text


def test_levels_that_are_equal_are_said_to_be():
    """A change that the base resolution does not see: high-pass samples only."""
    pixels = np.zeros((256, 256), np.uint8)
    changed = pixels.copy()
    changed[101, 101] = 1
    text = failure(pixels, htj2k.encode(changed))
    assert re.search(r"64x64 has checksum (\d+), expected \1: equal", text)
    assert re.search(r"256x256 has checksum .*: differs", text)


def test_why_lossy_and_deeper_samples_differ():
    assert "lossy (irreversible 9/7 transform)" in failure(
        ct_like((64, 64)), htj2k.encode(ct_like((64, 64)), qstep=0.01)
    )
    deep = np.full((4, 4), 4095, np.uint16)
    text = failure(deep, htj2k.encode(deep >> 4, bits_stored=8))
    assert "declares 8 bits: sample 4095 at index (0, 0) does not fit" in text
    wide = noise((40, 40), "u4", bits=32)
    assert "20x20 has checksum" in failure(wide, htj2k.encode(wide ^ 1))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\xff\xd8\xff\xe0" + bytes(40), "NotHTJ2KError: .*JPEG"),
        (htj2k.encode(ct_like((64, 64)))[:-9], "TruncatedError: "),
        (htj2k.encode(ct_like((65, 64))), r"shape \(65, 64\), expected \(64, 64\)"),
    ],
)
def test_what_cannot_be_compared_fails(data, reason):
    assert re.search(reason, failure(ct_like((64, 64)), data))


@pytest.mark.parametrize("pixels", [np.zeros((4, 4)), np.zeros(4, "u1"), np.zeros((0, 4), "u1")])
def test_pixels_that_are_no_image_are_the_callers_mistake(pixels):
    with pytest.raises((TypeError, ValueError), match="pixels have"):
        assert_lossless(pixels, htj2k.encode(np.zeros((4, 4), "u1")))


# Pictures


def read_picture(path: Path) -> np.ndarray:
    if path.suffix == ".png":
        return pytest.importorskip("imagecodecs").png_decode(path.read_bytes())
    magic, size, largest, samples = path.read_bytes().split(b"\n", 3)
    assert (magic, largest) == (b"P5", b"255")
    columns, rows = map(int, size.split())
    return np.frombuffer(samples, np.uint8).reshape(rows, columns)


@pytest.mark.parametrize("shape", [(33, 50), (33, 50, 3)])
@pytest.mark.parametrize("name", ["d.png", "new/folder/d.pgm"])
def test_picture_shows_where(tmp_path, name, shape):
    pixels = noise(shape, "i2")
    changed = pixels.copy()
    changed[5:9, 30:44] ^= 1
    text = failure(pixels, htj2k.encode(changed), picture=tmp_path / name)
    assert str(tmp_path / name) in text
    picture = read_picture(tmp_path / name)
    assert picture.shape == (33, 50)
    white = np.zeros((33, 50), bool)
    white[5:9, 30:44] = True
    assert np.array_equal(picture == 255, white)
    assert len(np.unique(picture[~white])) > 50  # the image itself can be recognised


def test_picture_of_a_constant_image_and_none_when_equal(tmp_path):
    flat = np.full((8, 8), 7, np.uint8)
    assert_lossless(flat, htj2k.encode(flat), picture=tmp_path / "equal.png")
    assert list(tmp_path.iterdir()) == []
    failure(flat, htj2k.encode(flat + 1), picture=tmp_path / "all.pgm")
    assert (tmp_path / "all.pgm").read_bytes() == b"P5\n8 8\n255\n" + b"\xff" * 64


def test_picture_formats():
    with pytest.raises(ValueError, match=r"'d\.jpg'; its name must end in \.png or \.pgm"):
        assert_lossless(np.zeros((4, 4), "u1"), b"", picture="d.jpg")


# Checksums


def test_checksums_that_match():
    pixels = ct_like((200, 150))
    assert_checksums(htj2k.encode(pixels), htj2k.pixel_checksums(pixels))
    assert_checksums(htj2k.encode(pixels), zlib.crc32(pixels.tobytes()))


def test_every_resolution_is_reported_with_both_checksums():
    pixels = ct_like((200, 150))
    right = htj2k.pixel_checksums(pixels)
    wrong = [right[0].to_dict(), {**right[-1].to_dict(), "Checksum": 99}, {"Width": 7, "Height": 8, "Checksum": 1}]
    text = failure(htj2k.encode(pixels), wrong, function=assert_checksums)
    assert "2 of 3 expected resolutions do not match" in text
    assert f"38x50 has checksum {right[0].checksum}, as expected (clamped to the precision)" in text
    assert f"150x200 has checksum {right[-1].checksum}, expected 99" in text
    assert "7x8 is no resolution of the codestream, which has 38x50, 75x100, 150x200" in text


def test_the_other_clamp_convention_is_named():
    pixels = hard_edges((128, 128), "u2") >> 4
    stream = htj2k.encode(pixels, bits_stored=12)
    expected = htj2k.codestream_checksums(stream, clamp="container")
    assert_checksums(stream, expected)
    text = failure(stream, expected, function=assert_checksums, clamp="precision")
    assert "which it has when clamped to the container" in text
    assert "128x128 has checksum" in text


def test_extremes_and_nothing_expected():
    pixels = ct_like((64, 64))
    frame = {
        "PixelDataChecksumFromBaseToFullResolution": [r.to_dict() for r in htj2k.pixel_checksums(pixels)],
        "MinPixelValue": -7,
    }
    text = failure(htj2k.encode(pixels), frame, function=assert_checksums)
    assert text.startswith("every checksum matches, but\n")
    assert text.endswith(f"\n  MinPixelValue is {pixels.min()}, expected -7")
    frame["PixelDataChecksumFromBaseToFullResolution"][0]["Checksum"] = 5
    text = failure(htj2k.encode(pixels), frame, function=assert_checksums)
    assert "1 of 2" in text
    assert text.count("MinPixelValue") == text.count("expected 5") == 1
    assert "nothing to verify" in failure(htj2k.encode(pixels), [], function=assert_checksums)
    assert "TruncatedError" in failure(htj2k.encode(pixels)[:-5], 1, function=assert_checksums)


# The verifier, and pytest


def test_verifier_counts_and_draws(tmp_path):
    verifier = ImageFrameVerifier(tmp_path / "pictures")
    pixels = ct_like((64, 64))
    stream, expected = htj2k.encode(pixels), htj2k.pixel_checksums(pixels)
    verifier(stream, expected)
    verifier(stream, expected, pixels=pixels)
    assert verifier.verified == 2
    assert "frame-3.png" in failure(stream, expected, function=verifier, pixels=pixels + 1)
    assert "do not match" in failure(stream, 1, function=verifier, pixels=pixels)
    assert verifier.verified == 2
    assert [path.name for path in (tmp_path / "pictures").iterdir()] == ["frame-3.png"]
    with pytest.raises(TypeError, match="nothing would be verified"):
        verifier(stream)


PYTEST_FILE = """
    import htj2k, numpy as np
    pixels = np.arange(64 * 64, dtype="u2").reshape(64, 64)

    def test_right(image_frame_verifier):
        image_frame_verifier(htj2k.encode(pixels), htj2k.pixel_checksums(pixels), pixels=pixels)

    def test_wrong(image_frame_verifier):
        image_frame_verifier(htj2k.encode(pixels ^ 1), pixels=pixels)
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makepyfile(PYTEST_FILE)
    return pytester


def test_fixture_fails_with_the_difference_and_no_internals(project):
    result = project.runpytest_subprocess("-q", f"--basetemp={project.path / 'tmp'}")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*4096 of 4096 samples differ*",
            "*pixels[[]0, 0] is 1, expected 0*",
            "*picture of the differing pixels: *",
        ]
    )
    result.stdout.no_fnmatch_line("*assertions.py*")
    (picture,) = Path(project.path / "tmp").rglob("frame-1.png")
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_plugin_loads_nothing_into_other_suites(pytester):
    pytester.makepyfile("import sys\ndef test_it(): assert not {'htj2k', 'numpy'} & set(sys.modules)")
    pytester.runpytest_subprocess("-q").assert_outcomes(passed=1)
    result = pytester.runpytest_subprocess("--fixtures", "-q")
    result.stdout.fnmatch_lines(["image_frame_verifier *"])


def test_assertions_need_no_pytest():
    code = "import sys; sys.modules['pytest'] = None; import htj2k.testing; print('imported')"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout.strip() == b"imported"
    )
