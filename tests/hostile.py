"""Small codestreams that ask for much work or memory, for test_hostile.py.

Prints one JSON object: name -> [CPU seconds, bytes that resident memory rose, what came of it].
"""

from __future__ import annotations

import json
import struct
import time
from collections.abc import Callable
from functools import partial

import htj2k
from peak_memory import STATUS, status
from streams import COD, COM, POC, QCC, QCD, SOT, main_header, remove, segment, tile_part

FEW_PIXELS = 1 << 22  # 64 MiB go with them
Size = tuple[int, int]


def cod(
    levels: int = 0, *, layers: int = 1, block: Size = (2, 2), precinct: Size | None = None, order: int = 0
) -> bytes:
    """Sizes are log2 of (rows, columns)."""
    y, x = precinct or (0, 0)
    style = struct.pack(
        ">BBHBBBBBB", precinct is not None, order, layers, 0, levels, block[1] - 2, block[0] - 2, 64, 1
    )
    return segment(COD, style + bytes([y << 4 | x] * (levels + 1) if precinct else []))


def stream(size: Size, coding: bytes, packets: bytes, *, own: bytes = b"", components: int = 1) -> bytes:
    """One tile; `own` is in its header."""
    header = remove(remove(main_header(size=size, components=components), COD), QCD)
    steps = segment(QCD, b"\x20" + b"\x48" * 97)
    sot = segment(SOT, struct.pack(">HIBB", 0, 14 + len(own) + len(packets), 0, 1))
    return header + coding + steps + sot + own + b"\xff\x93" + packets + b"\xff\xd9"


def useless_changes(components: int) -> bytes:
    """Progressions of a resolution that is not there."""
    change = struct.pack(">BBHBBB" if components < 257 else ">BHHBHB", 32, 0, 1, 33, 0, 0)
    return segment(POC, change * 7000)


NOTHING_NEW = b"\x80"  # a packet that is not empty and says that no codeblock is included as yet

STREAMS = {
    "many layers over many codeblocks": stream((2048, 2048), cod(layers=65535), NOTHING_NEW * 65535),
    "many progressions over many precincts": stream(
        (1000, 1000), cod(precinct=(0, 0)) + useless_changes(1), bytes(1)
    ),
    "many progressions over many components": stream(
        (4, 4), cod(32) + useless_changes(16384), bytes(1), components=16384
    ),
    "packets that are not there": stream((1000, 1000), cod(precinct=(0, 0)), bytes(1)),
    "empty packets": stream((64, 64), cod(layers=65535), bytes(65535)),
}

# Within 64 MiB by their main headers and the sizes that one layer takes.
STREAMS_OF_FEW_PIXELS = {
    "a tile with many more codeblocks": stream(
        (2048, 2048), cod(block=(6, 6)), NOTHING_NEW * 2048, own=cod(precinct=(15, 0))
    ),
    "a tile with many more levels": stream((1, 1), cod(), bytes(33 * 4000), own=cod(32), components=4000),
    "layers of many precincts": stream((500, 500), cod(layers=2, precinct=(0, 0)), NOTHING_NEW * 500000),
    "layers of many precincts in a tile": stream(
        (500, 500), cod(precinct=(0, 0)), NOTHING_NEW * 500000, own=cod(layers=2, precinct=(0, 0))
    ),
}


def headers_in_headers(count: int) -> bytes:
    """Each comment holds a SOT, and what follows all further comments is no segment of its tile-part header."""
    sot = segment(SOT, struct.pack(">HIBB", 0, 1 << 30, 0, 1))
    return main_header() + sot + segment(COM, bytes(2) + sot) * count + b"no segment"


def behind_damage(size: Size, own: bytes, packets: bytes) -> bytes:
    """Two tiles, of which the header of the first is damaged."""
    header = main_header(size=(size[0], 2 * size[1]), tile_size=size)
    sot = segment(SOT, struct.pack(">HIBB", 1, 14 + len(own) + len(packets), 0, 1))
    return header + tile_part(0)[:12] + b"no segment" + sot + own + b"\xff\x93" + packets + b"\xff\xd9"


LAYERS = stream((1024, 1024), cod(32, layers=300), NOTHING_NEW * (33 * 300))
SUBSAMPLED = stream((1024, 512), cod(32, layers=300), NOTHING_NEW * (2 * 33 * 300), components=2)

# Every layer of every resolution must be read for the lowest one.
STREAMS_OF_LEVELS = {
    "levels on the way": LAYERS,
    "levels of components of unequal size": SUBSAMPLED.replace(b"\x07\1\1\x07\1\1", b"\x07\1\1\x07\2\1"),
}


def empty_resolutions(tiles: int, components: int, levels: int = 32) -> bytes:
    """Tiles of a pixel, transformed with 9/7: OpenJPH decodes them a resolution at a time."""
    header = remove(remove(main_header(size=(tiles, 1), tile_size=(1, 1), components=components), COD), QCD)
    coding = cod(levels)[:-1] + b"\0" + segment(QCD, b"\x22" + b"\x48\0" * 97)
    parts = []
    for t in range(tiles):
        packets = bytes(components * sum(t >> k << k == t for k in range(levels + 1)))
        parts.append(tile_part(t, body=packets))
    return header + coding + b"".join(parts) + b"\xff\xd9"


EMPTY_RESOLUTIONS = empty_resolutions(tiles=200, components=20)

# `decode_partial` goes on behind damage.
STREAMS_WITH_DAMAGE = {
    "tile-part headers in each other": headers_in_headers(50000),
    "layers of many precincts behind damage": behind_damage(
        (500, 500), cod(layers=2, precinct=(0, 0)), NOTHING_NEW * 500000
    ),
}


def kernels(count: int, tiles: int, components: int) -> bytes:
    """Each component of each tile is transformed with the last of the kernels (ATK segments)."""
    header = main_header(size=(tiles, 1), tile_size=(1, 1), components=components)
    segments = b"".join(segment(0xFF79, struct.pack(">H", 2 + i // (count - 1))) for i in range(count))
    own = cod()[:-1] + b"\x03"
    parts = [segment(SOT, struct.pack(">HIBB", t, 14 + len(own), 0, 1)) + own + b"\xff\x93" for t in range(tiles)]
    return header + segments + segment(QCC, b"\0\0\x20\x48") + b"".join(parts) + b"\xff\xd9"


# `read_info` takes images of any size.
STREAMS_OF_ANY_SIZE = {
    "large precincts of small codeblocks": stream((1 << 17, 1 << 17), cod(), NOTHING_NEW * 16),
    "an even larger one in two layers": stream((1 << 15, 1 << 15), cod(layers=2), NOTHING_NEW * 2),
    "layers of many large precincts": stream(
        (1 << 17, 1 << 17), cod(layers=2, precinct=(12, 12)), NOTHING_NEW * 2048
    ),
    "a kernel after many others": kernels(16000, tiles=128, components=4000),
    "many large precincts": stream((1 << 17, 1 << 17), cod(precinct=(13, 13)), NOTHING_NEW * 2048),
}


def decoded(data: bytes, **options: int) -> str:
    return f"decoded {htj2k.decode(data, **options).shape}"


def reason_of(data: bytes) -> str:
    return f"incomplete: {htj2k.read_info(data).incomplete}"


def levels_of(data: bytes) -> str:
    return f"levels: {len(htj2k.decode_levels(data))}, on the way: {len(htj2k.ProgressiveDecoder().feed(data))}"


def images_of(data: bytes) -> str:
    return f"images: {len(htj2k.ProgressiveDecoder().feed(data))}"


def checksums_of(data: bytes) -> str:
    return f"checksums: {len(htj2k.codestream_checksums(data))}"


EACH_SIZE = (levels_of, images_of, checksums_of)


def what_is_whole(data: bytes) -> str:
    image = htj2k.decode_partial(data, max_pixels=FEW_PIXELS)
    return f"whole up to {sorted({int(level) for level in image.whole_up_to.flat})}: {image.reason}"


def outcome_of(data: bytes, call: Callable[[bytes], str]) -> tuple[float, int, str]:
    STATUS.with_name("clear_refs").write_text("5")
    before, start = status("VmRSS"), time.process_time()
    try:
        outcome = call(data)
    except htj2k.HTJ2KError as error:
        outcome = f"{type(error).__name__}: {error}"
    return time.process_time() - start, status("VmHWM") - before, outcome


if __name__ == "__main__":
    htj2k.decode(STREAMS["empty packets"])  # what is made once is there
    found = {name: outcome_of(data, decoded) for name, data in STREAMS.items()}
    few = partial(decoded, max_pixels=FEW_PIXELS)
    found |= {name: outcome_of(data, few) for name, data in STREAMS_OF_FEW_PIXELS.items()}
    found |= {name: outcome_of(data, levels_of) for name, data in STREAMS_OF_LEVELS.items()}
    found |= {f"empty resolutions, {call.__name__}": outcome_of(EMPTY_RESOLUTIONS, call) for call in EACH_SIZE}
    found |= {name: outcome_of(data, what_is_whole) for name, data in STREAMS_WITH_DAMAGE.items()}
    found |= {name: outcome_of(data, reason_of) for name, data in STREAMS_OF_ANY_SIZE.items()}
    print(json.dumps(found))  # noqa: T201
