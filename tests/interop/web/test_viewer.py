"""Cornerstone's codec in a browser shows our frames: each resolution from its bytes, and only if it verifies."""

from __future__ import annotations

import json
import zlib

import numpy as np
import pytest
from browser import Browser
from drawing import draw
from range_server import Site, serve
from viewer_frames import Frame
from viewer_site import site_files

import htj2k
from image_sets import KEY as CHECKSUM_KEY

INTACT = ("mr", "us", "ct", "edges")


def expected_levels(frame: Frame) -> list[tuple[int, int]]:
    """CRC-32 of samples and of drawn pixels at each resolution, base to full, by our decoder and numpy."""
    levels = len(htj2k.read_info(frame.codestream).resolutions)
    decoded = [htj2k.decode(frame.codestream, reduce=k, clamp="container") for k in reversed(range(levels))]
    np.testing.assert_array_equal(decoded[-1], frame.pixels)
    return [(zlib.crc32(p.tobytes()), zlib.crc32(draw(p, frame.window).tobytes())) for p in decoded]


def assert_every_byte_was_sent_once(site: Site, frames: dict[str, Frame], name: str) -> None:
    """One request a resolution, for its byte range, in order."""
    resolutions = htj2k.read_info(frames[name].codestream).resolutions
    assert site.ranges == [(f"frames/{name}", *(r.byte_range or ())) for r in resolutions]
    assert [start for _, start, _ in site.ranges] == [0, *(stop for _, _, stop in site.ranges[:-1])]
    assert site.ranges[-1][2] == len(frames[name].codestream)


@pytest.mark.parametrize("name", INTACT)
def test_every_resolution_is_exact_in_the_page(
    browser: Browser, site: Site, frames: dict[str, Frame], name: str
) -> None:
    site.ranges.clear()
    shown = browser.show(site.url, name)
    assert shown.complaints == []
    assert [(level["checksum"], level["drawn"]) for level in shown.levels] == expected_levels(frames[name])
    assert len(shown.levels) >= 3
    assert set(shown.verdicts) == {"verified"}
    count = len(shown.levels)
    assert shown.summary.startswith(f"{count} of {count} resolutions verified")
    assert "not drawn" not in shown.summary
    assert_every_byte_was_sent_once(site, frames, name)


def test_the_window_of_the_form_is_drawn(browser: Browser, site: Site, frames: dict[str, Frame]) -> None:
    shown = browser.show(site.url, "ct", center=-600, width=1501)
    pixels = draw(frames["ct"].pixels, (-600, 1501))
    assert shown.levels[-1]["drawn"] == zlib.crc32(pixels.tobytes())
    assert pixels.tobytes() != draw(frames["ct"].pixels, frames["ct"].window).tobytes()


def test_the_clamp_convention_matters(frames: dict[str, Frame]) -> None:
    """Otherwise "edges" would not show that the page clamps to the container."""
    frame = frames["edges"]
    precision = htj2k.pixel_checksums(frame.pixels, bits_stored=12, clamp="precision")
    container = htj2k.pixel_checksums(frame.pixels, bits_stored=12, clamp="container")
    assert [a == b for a, b in zip(precision, container, strict=True)] == [False, False, False, True]


def test_checksums_are_found_by_size(browser: Browser, frames: dict[str, Frame]) -> None:
    """Lists may be shorter than the codestream's, and in any order."""
    files = site_files({"mr": frames["mr"]})
    metadata = json.loads(files["metadata.json"])
    entry = metadata["mr"]["imageFrame"]
    entry[CHECKSUM_KEY] = entry[CHECKSUM_KEY][:0:-1]
    with serve({**files, "metadata.json": json.dumps(metadata).encode()}) as site:
        shown = browser.show(site.url, "mr")
    assert shown.verdicts == ["does not verify: no checksum is listed"] + ["verified"] * 3
    assert shown.levels[0]["drawn"] is None


def test_a_changed_bit_does_not_verify(browser: Browser, site: Site, frames: dict[str, Frame]) -> None:
    """The codec decodes it without an error; the resolutions below the changed one are still good."""
    shown = browser.show(site.url, "ct-changed")
    assert shown.verdicts == ["verified", "verified", "does not verify", "does not verify"]
    assert shown.summary.startswith("2 of 4 resolutions verified")
    assert shown.summary.endswith("The others are not drawn.")
    assert [level["drawn"] is not None for level in shown.levels] == [True, True, False, False]
    assert shown.levels[-1]["checksum"] not in (None, shown.levels[-1]["listed"])
    assert shown.levels[-1]["listed"] == zlib.crc32(frames["ct"].pixels.tobytes())


def test_a_frame_that_is_not_there_is_an_error(browser: Browser, site: Site) -> None:
    with pytest.raises(RuntimeError, match="there is no frame other"):
        browser.show(site.url, "other")


def test_missing_bytes_do_not_verify(browser: Browser, site: Site) -> None:
    shown = browser.show(site.url, "ct-cut")
    assert shown.verdicts[:3] == ["verified"] * 3
    assert shown.verdicts[3].startswith("does not verify: ")
    assert shown.levels[3]["drawn"] is None
