"""The numbers in a packet header at their bounds, and what refuses those beyond."""

from __future__ import annotations

import numpy as np
import pytest

import htj2k
from images import noise
from packet_headers import BitWriter
from packets import Block, bit_planes, read_packets
from streams import with_body

PIXELS = noise((16, 16), np.uint8)
STREAM = htj2k.encode(PIXELS, num_decompositions=0)
[[FOUND]] = read_packets(STREAM, [1])
assert FOUND is not None
BLOCK: Block = FOUND
(PLANES,) = bit_planes(STREAM)  # M_b


def stream(*, zero_planes: int = BLOCK.zero_planes, length_bits: int = 16, size: int = len(BLOCK.data)) -> bytes:
    """A packet of one codeblock with a cleanup pass."""
    header = BitWriter()
    header.put(0b11, 2)  # the packet is not empty, the block is in it
    header.put(1, zero_planes + 1)
    header.put(0)  # a single pass
    header.put((1 << length_bits - 2) - 2, length_bits - 2)  # Lblock, from 3 on
    header.put(size & (1 << length_bits) - 1, length_bits)
    return with_body(STREAM, header.finish() + BLOCK.data)


@pytest.mark.parametrize("length_bits", [16, 17, 31, 32])
def test_lengths_of_any_number_of_bits(length_bits: int) -> None:
    assert np.array_equal(htj2k.decode(stream(length_bits=length_bits)), PIXELS)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"length_bits": 33}, "Lblock of a codeblock is over 32"),
        ({"length_bits": 200}, "Lblock of a codeblock is over 32"),
        ({"size": 0}, "has 0 bytes; 2 to 65534 are legal"),
        ({"size": 1}, "has 1 bytes; 2 to 65534 are legal"),
        ({"size": 65535}, "has 65535 bytes; 2 to 65534 are legal"),
        ({"size": 1 << 31, "length_bits": 32}, "has 2147483648 bytes; 2 to 65534 are legal"),
        ({"size": 65534}, "its codeblocks need 65534 bytes"),
        (
            {"zero_planes": PLANES},
            f"has {PLANES} missing bit-planes and 1 coding passes, which do not fit the {PLANES}",
        ),
        ({"zero_planes": 127}, "has 127 missing bit-planes and 1 coding passes"),
        ({"zero_planes": 128}, "it has over 127 missing bit-planes"),
        ({"zero_planes": 500}, "it has over 127 missing bit-planes"),
    ],
)
def test_numbers_beyond_their_bounds_are_refused_by_name(given: dict[str, int], message: str) -> None:
    with pytest.raises(htj2k.CodestreamError) as caught:
        htj2k.decode(stream(**given))
    assert message in str(caught.value)
    assert "LL codeblock (0, 0)" in str(caught.value)


@pytest.mark.parametrize("fill", [0x00, 0xFF])
def test_a_header_that_does_not_end(fill: int) -> None:
    with pytest.raises(htj2k.CodestreamError, match="runs over the end of its tile-part"):
        htj2k.decode(with_body(STREAM, bytes([0xC0 | fill & 0x3F])))
