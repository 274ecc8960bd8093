"""Coding passes without bytes: refinement (ds1_ht_06 of ISO has it, and OpenJPH warns), and placeholders."""

from __future__ import annotations

import imagecodecs
import numpy as np
import pytest

import htj2k
from images import noise
from streams import CAP, QCD, SOT, find, patch

PIXELS = noise((4, 4), "u1") | 1  # without levels, the least sample would not be exact


def bits_of(header: bytes) -> str:
    return "".join(f"{byte:08b}" for byte in header)


def with_passes(passes: str, refinement_bits: int = 0, placeholders: int = 0) -> bytes:
    """One codeblock of one bit-plane less than its subband has, whose coding passes are spelled so (Table B.4).

    Each three placeholder passes stand for a bit-plane that is then not called missing, and the length of the
    cleanup segment has more bits (T.814 B.3)."""
    stream = htj2k.encode(PIXELS, num_decompositions=0, tlm=False, tile_parts=None)
    exponent = stream[find(stream, QCD) + 5]
    stream = patch(patch(stream, QCD, 5, exponent + 8), CAP, 8, 12, 2)
    start = stream.index(b"\xff\x93") + 2
    before, _, after = bits_of(stream[start : start + 8]).partition("1")[2].partition("1")[2].partition("1")
    assert after[0] == "0"  # one pass
    lblock = after[1:].index("0")
    length = int(after[2 + lblock : 5 + 2 * lblock], 2)
    body = stream[-2 - length : -2]
    assert placeholders // 3 <= len(before)
    bits = (
        "11"
        + before[placeholders // 3 :]
        + "1"
        + passes
        + after[1 : 2 + lblock]
        + "0" * ((placeholders + 1).bit_length() - 1)
        + after[2 + lblock : 5 + 2 * lblock]
        + "0" * (refinement_bits and refinement_bits + lblock)
    )
    assert "11111111" not in bits  # nothing to be stuffed
    bits += "0" * (-len(bits) % 8)
    packet = bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8)) + body
    result = stream[:start] + packet + b"\xff\xd9"
    return patch(result, SOT, 6, len(packet) + 14, 4)


def test_two_passes_without_bytes_are_one():
    one, two = with_passes("0"), with_passes("10", 3)
    assert len(one) <= len(two)
    expected = htj2k.decode(one)
    assert len(np.unique(expected)) > 8
    assert np.array_equal(htj2k.decode(two), expected)
    assert np.array_equal(imagecodecs.jpeg2k_decode(two), expected)
    assert htj2k.decode_partial(two).complete


def test_three_passes_without_bytes_are_refused():
    with pytest.raises(htj2k.UnsupportedError, match="three passes without refinement bytes"):
        htj2k.decode(with_passes("1100", 4))


@pytest.mark.parametrize(("passes", "placeholders"), [("1101", 3), ("111100001", 6)])
def test_placeholder_passes_stand_for_empty_bit_planes(passes, placeholders):
    one, many = with_passes("0"), with_passes(passes, placeholders=placeholders)
    expected = htj2k.decode(one)
    assert np.array_equal(htj2k.decode(many), expected)
