"""Codeblocks with several HT sets: each codes a bit-plane more than the one before, and replaces it."""

from __future__ import annotations

import numpy as np
import pytest

import htj2k
from ht_sets import FINE, PIXELS, STREAM, block_of, first_set, layers, without_planes
from packets import Part, bit_planes
from streams import QCD, find, patch


def check(codestream: bytes, pixels: np.ndarray) -> None:
    assert np.array_equal(htj2k.decode(codestream), pixels)
    assert htj2k.read_info(codestream).undecodable is None


def test_the_first_set_alone_lacks_planes():
    """What it does not code is set to the middle."""
    assert bit_planes(STREAM) == [FINE.zero_planes + 1]
    coarse = without_planes(1)
    check(layers(first_set(1)), (np.sign(coarse) * (2 * np.abs(coarse) + 1)).astype("i2"))


@pytest.mark.parametrize("refinement", [0, 5])
def test_a_second_set(refinement):
    rest = Part(3, ((refinement, 1), (len(FINE.data), 0)), bytes(refinement) + FINE.data)
    check(layers(first_set(1), rest), PIXELS)


def test_a_second_set_in_layers():
    size = len(FINE.data)
    propagation, refinement = Part(1, ((7, 0),), bytes(7)), Part(1, ((2, 0),), bytes(2))
    check(layers(first_set(1), propagation, refinement, Part(1, ((size, 0),), FINE.data)), PIXELS)
    check(layers(first_set(1), propagation, Part(2, ((2, 0), (size, 0)), bytes(2) + FINE.data)), PIXELS)


def test_several_sets_in_a_layer():
    middle = block_of(without_planes(1)).data
    lengths = ((3, 1), (len(middle), 0), (2, 1), (len(FINE.data), 0))
    rest = Part(6, lengths, bytes(3) + middle + bytes(2) + FINE.data)
    check(layers(first_set(2), rest), PIXELS)


def test_a_set_without_bytes_counts_as_a_plane():
    lengths = ((3, 1), (0, 0), (0, 1), (len(FINE.data), 0))
    check(layers(first_set(2), Part(6, lengths, bytes(3) + FINE.data)), PIXELS)


def test_a_layer_may_hold_a_placeholder_pass_alone():
    """Of a set that stands for a plane without significant coefficients: the second layer has the rest of it."""
    first = Part(1, ((0, 0),), b"", FINE.zero_planes - 1)
    check(layers(first, Part(3, ((len(FINE.data), 1),), FINE.data)), PIXELS)


def test_a_last_set_without_bytes_leaves_the_one_before():
    """That one is refined, in a plane which the encoder did not think of."""
    lengths = ((3, 1), (len(FINE.data), 0), (2, 1))
    data = bytes(3) + FINE.data + bytes(2)
    guard_bits = STREAM[find(STREAM, QCD) + 4] >> 5
    one, empty = (
        patch(layers(first_set(1), rest), QCD, 4, (guard_bits + 1) << 5)
        for rest in (Part(5, lengths, data), Part(6, (*lengths, (0, 0)), data))
    )
    expected = htj2k.decode(one)
    assert np.array_equal(np.abs(expected) >> 1, np.abs(PIXELS))
    check(empty, expected)


def test_bytes_of_a_set_without_cleanup_pass_are_refused():
    lengths = ((3, 1), (0, 0), (4, 1), (len(FINE.data), 0))
    with pytest.raises(htj2k.CodestreamError, match="refinement bytes after an empty cleanup pass"):
        htj2k.decode(layers(first_set(2), Part(6, lengths, bytes(7) + FINE.data)))


def test_what_cap_rules_out_is_refused():
    rest = Part(3, ((0, 1), (len(FINE.data), 0)), FINE.data)
    with pytest.raises(htj2k.CodestreamError, match="more than one HT set, which Ccap15 bit 13"):
        htj2k.decode(layers(first_set(1), rest, ccap15=0x000F))
    with pytest.raises(htj2k.UnsupportedError):
        htj2k.decode(layers(first_set(1), rest), engine="openjph")


def test_skipped_bytes_that_are_missing_are_not_let_pass():
    rest = Part(3, ((600, 1), (len(FINE.data), 0)), bytes(600) + FINE.data)
    whole = layers(first_set(1), rest)
    check(whole, PIXELS)
    with pytest.raises(htj2k.TruncatedError):
        htj2k.decode(whole[:-3])
