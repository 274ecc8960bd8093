"""Work and memory stay in proportion to the bytes of a codestream and to the pixels that the caller allows."""

from __future__ import annotations

import re
import sys

import pytest

from limited import run_limited

MIB = 1 << 20
OUTCOMES = {
    "many layers over many codeblocks": "LimitError: packet of tile 0, .*: its codeblocks ask for more than",
    "many progressions over many precincts": "CodestreamError: the progressions of POC leave out 1000000 packets",
    "many progressions over many components": r"LimitError: the progression order changes \(POC\) of tile 0",
    "packets that are not there": "TruncatedError",
    "empty packets": "decoded",
    "a tile with many more codeblocks": "LimitError: decoding would take more than the 64 MiB",
    "a tile with many more levels": "LimitError: decoding would take more than the 64 MiB",
    "layers of many precincts": "LimitError: decoding would take more than the 64 MiB",
    "layers of many precincts in a tile": "LimitError: decoding would take more than the 64 MiB",
    "levels on the way": "levels: 33, on the way: 33",
    "levels of components of unequal size": "levels: 33, on the way: 33",
    "empty resolutions, levels_of": "LimitError: the tiles declare 132000 resolutions; 33 decodes",
    "empty resolutions, images_of": "LimitError: the tiles declare 132000 resolutions; 33 decodes",
    "empty resolutions, checksums_of": "LimitError: the tiles declare 132000 resolutions; 33 decodes",
    "tile-part headers in each other": r"whole up to \[-1\]: found 0x6E6F, which does not belong",
    "layers of many precincts behind damage": r"whole up to \[-1\]: found 0x6E6F",
    "large precincts of small codeblocks": "incomplete: packet of .*: what is to be known of its codeblocks",
    "an even larger one in two layers": "incomplete: packet of .*: what is to be known of its codeblocks",
    "layers of many large precincts": "incomplete: packet of .*: what is to be known of its codeblocks",
    "a kernel after many others": "incomplete: None",
    "many large precincts": "incomplete: packet of .*, precinct 16: its codeblocks ask for more than",
}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="measured in /proc")
def test_hostile_streams_are_refused_soon():
    """Each takes a fraction of a second and 80 MB; unbounded, some took minutes and others gigabytes."""
    found = run_limited("hostile.py", memory=8 << 30, seconds=60)
    assert found.keys() == OUTCOMES.keys()
    for name, (seconds, rise, outcome) in found.items():
        assert re.match(OUTCOMES[name], outcome), (name, outcome)
        assert seconds < 5, name
        assert rise < (300 if outcome.startswith("incomplete") else 200) * MIB, name
