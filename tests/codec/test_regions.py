"""Regions of codestreams with refinement passes, which our encoder does not write; others: test_engines.py."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import htj2k

# A refinement pass goes through stripes of four rows, so a block that is cut would come out otherwise.
STREAMS = [
    "iso_htj2k_conformance/ds0_ht_08_b11.j2k",
    "iso_htj2k_conformance/hifi_ht1_02.j2k",
    "openjph_codestreams/simple_dec_irv97_64x64.jph",
]


@pytest.mark.parametrize("name", STREAMS)
def test_a_region_is_the_crop_of_the_whole(name: str, test_data: Path) -> None:
    stream = (test_data / "corpus" / name).read_bytes()
    whole = htj2k.decode(stream, engine="native")
    random = np.random.default_rng(1)
    for _ in range(8):
        (top, bottom), (left, right) = (np.sort(random.choice(n + 1, 2, replace=False)) for n in whole.shape[:2])
        part = htj2k.decode(stream, region=(top, bottom, left, right))
        assert np.array_equal(part, whole[top:bottom, left:right]), (top, bottom, left, right)
