"""Strict decodes name the codeblock that is missing, short or illegal, whatever decodes them."""

from __future__ import annotations

import contextlib
import re
from typing import Any

import numpy as np
import pytest

import htj2k
from damage import Codeblock, codeblocks, spoil
from images import noise
from streams import body_of, with_body

OPTIONS: dict[str, Any] = {"num_decompositions": 2, "block_size": (16, 16), "tile_size": (48, 64)}
STREAMS = {
    "5/3": htj2k.encode(noise((90, 100, 3), "u1"), **OPTIONS),
    "9/7": htj2k.encode(noise((90, 100, 3), "u1"), qstep=0.01, **OPTIONS),
}


def place(block: Codeblock) -> str:
    return f"tile {block.tile}, component {block.component}, resolution {block.resolution}, precinct 0"


def error_of(codestream: bytes, **options: Any) -> str:
    with pytest.raises(htj2k.HTJ2KError) as caught:
        htj2k.decode(codestream, **options)
    return str(caught.value)


@pytest.mark.parametrize("engine", ["native", "openjph", None])
@pytest.mark.parametrize("codestream", STREAMS.values(), ids=STREAMS)
def test_a_codeblock_that_does_not_decode(codestream: bytes, engine: str | None) -> None:
    blocks = codeblocks(codestream)
    for block in blocks[5::40]:
        text = error_of(spoil(codestream, [block]), engine=engine)
        assert f"{place(block)}, {block.name} is damaged: its bytes do not decode" in text


@pytest.mark.parametrize("codestream", STREAMS.values(), ids=STREAMS)
def test_of_several_threads_name_the_same_one(codestream: bytes) -> None:
    blocks = codeblocks(codestream)
    spoilt = spoil(codestream, blocks[3::7])
    texts = {error_of(spoilt, engine="native", threads=threads) for threads in (1, 2, 3, 8) for _ in range(5)}
    assert len(texts) == 1
    assert re.search(
        r"tile 0, component \d, resolution \d, precinct 0, .. codeblock \(\d, \d\) is damaged", *texts
    )


@pytest.mark.parametrize("codestream", STREAMS.values(), ids=STREAMS)
def test_a_codeblock_that_is_cut(codestream: bytes) -> None:
    for block in codeblocks(codestream)[4::30]:
        text = error_of(codestream[: block.stop - 1])
        assert f"the first that is missing: packet of {place(block)}: {block.name}" in text


def test_a_tile_part_whose_length_hides_a_cut() -> None:
    codestream = htj2k.encode(noise((40, 40), "u1"), num_decompositions=1, tile_parts=None, tlm=False)
    block = max(codeblocks(codestream), key=lambda b: b.stop)
    text = error_of(with_body(codestream, body_of(codestream)[:-3]))
    assert f"packet of {place(block)}: its codeblocks need" in text
    assert f"the {block.name} is the first that is cut" in text


def test_a_tile_part_that_is_missing() -> None:
    codestream = STREAMS["5/3"]
    part = htj2k.read_info(codestream).tile_parts[1]
    text = error_of(codestream[: part.byte_range[0]] + b"\xff\xd9")
    assert (
        "the first that is missing: packet of tile 0, component 0, resolution 1, precinct 0: HL codeblock (0, 0)"
        in text
    )


def test_illegal_fields_of_packet_headers() -> None:
    """Every bit of a packet header changed: what is refused names its codeblock, or else its packet."""
    codestream = htj2k.encode(noise((40, 40), "u1"), num_decompositions=1, tile_parts=None, tlm=False)
    start = htj2k.read_info(codestream).tile_parts[0].body_start
    texts = []
    for bit in range(8 * (codeblocks(codestream)[0].pieces[0][0] - start)):
        changed = bytearray(codestream)
        changed[start + bit // 8] ^= 0x80 >> bit % 8
        with contextlib.suppress(htj2k.HTJ2KError):
            htj2k.decode(bytes(changed))
            continue
        texts.append(error_of(bytes(changed)))
    place_of_fault = r"tile 0, component 0, resolution \d, precinct 0.*codeblock \(\d, \d\)|after its last packet"
    assert all(re.search(place_of_fault, text) for text in texts)
    assert len(texts) > 8


def test_a_field_of_a_codeblock() -> None:
    codestream = htj2k.encode(np.full((40, 50), 128, np.uint8), num_decompositions=1, tile_parts=None, tlm=False)
    # Not empty; HL: not included; LH: included, 1 missing plane, two passes, cleanup segment of 0 bytes.
    bits = "1" + "0" + "1" + "01" + "10" + "0" + "000"
    header = int(bits.ljust(16, "0"), 2).to_bytes(2, "big")
    text = error_of(with_body(codestream, b"\0" + header))
    assert "packet of tile 0, component 0, resolution 1, precinct 0: LH codeblock (0, 0): " in text
