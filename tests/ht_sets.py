"""A codeblock in several HT sets, layer by layer: no encoder at hand writes them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from images import noise
from mixed_blocks import encode_ht
from packets import Block, Part, announce, read_packets, write_packet
from streams import COD, patch, with_body

SEVERAL = 0x200F  # Ccap15
PIXELS = noise((30, 40), "i2", bits=9)
STREAM = encode_ht(PIXELS, 0)


def block_of(pixels: NDArray[Any]) -> Block:
    block = read_packets(encode_ht(pixels, 0), [1])[0][0]
    assert block
    return block


def without_planes(planes: int) -> NDArray[Any]:
    coarse: NDArray[Any] = (np.sign(PIXELS) * (np.abs(PIXELS) >> planes)).astype("i2")
    return coarse


FINE = block_of(PIXELS)


def first_set(planes: int) -> Part:
    """The cleanup pass of a set that lacks the lowest bit-planes, as the first layer has it."""
    coarse = block_of(without_planes(planes))
    return Part(1, ((len(coarse.data), 0),), coarse.data, FINE.zero_planes - planes)


def layers(*parts: Part, ccap15: int = SEVERAL) -> bytes:
    """Lblock goes on from layer to layer."""
    packets, length_bits = [], 3
    for part in parts:
        packets.append(write_packet([replace(part, length_bits=length_bits)]))
        length_bits = replace(part, length_bits=length_bits).length_bits_after
    header = patch(announce(STREAM, ccap15), COD, 6, len(parts), 2)
    return with_body(header, b"".join(packets))
