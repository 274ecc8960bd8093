"""Known crash recipes of the field, one changed field each, for test_faults.py, which runs this under limits.

Prints one JSON object: fault -> list of [case, outcome], where an outcome is an exception's name, "exact", or
"wrong but refused by its checksum".
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator

import numpy as np

import htj2k
from images import noise
from streams import COD, patch

GREY = noise((80, 96), "u2")
RGB = noise((33, 40, 3), "u1")


def fields(stream: bytes, marker: int, size: int, changes: dict[int, list[int]]) -> Iterator[tuple[str, bytes]]:
    for offset, values in changes.items():
        for value in values:
            yield f"+{offset}={value}", patch(stream, 0xFF00 | marker, 2 + offset, value, size)


def geometry(stream: bytes) -> Iterator[tuple[str, bytes]]:  # BI-01
    extremes = [0, 1 << 31, (1 << 32) - 1]
    yield from fields(stream, 0x51, 4, {4: extremes, 8: extremes, 12: [96, 97, (1 << 32) - 1], 16: [80, 81]})
    yield from fields(stream, 0x51, 4, {20: [0], 24: [0], 28: [1, 97], 32: [1, 81]})


def counts(stream: bytes) -> Iterator[tuple[str, bytes]]:  # BI-02
    yield from fields(stream, 0x51, 2, {36: [0, 2, 16384, 16385, 65535]})
    yield from fields(stream, 0x51, 1, {38: [0x26, 0x7F, 0xFF], 39: [0], 40: [0]})
    yield from fields(stream, 0x90, 2, {2: [1, 65535]})


def quantization(stream: bytes) -> Iterator[tuple[str, bytes]]:  # BI-03
    yield from fields(stream, 0x5C, 2, {0: [0, 1, 2, 3, 4, 4000, 65535]})
    levels = stream[stream.index(b"\xff\x52") + 9]
    yield "one level more", patch(stream, COD, 9, levels + 1)


def coding_style(stream: bytes) -> Iterator[tuple[str, bytes]]:  # BI-04, BI-12
    yield from fields(stream, 0x52, 1, {7: [33, 127, 128, 255], 8: [5, 8, 9, 255], 9: [5, 8, 9, 255]})
    yield from fields(stream, 0x52, 1, {10: [0, 8, 9, 33, 127, 128, 255], 11: [2, 9, 255], 3: [5, 9, 255]})


def small_blocks_in_coc(stream: bytes) -> Iterator[tuple[str, bytes]]:  # BI-06
    levels = stream[stream.index(b"\xff\x52") + 9]
    coc = bytes([0xFF, 0x53, 0, 9, 1, 0, levels, 0, 0, 0x40, 1])
    qcd = stream.index(b"\xff\x5c")
    end = qcd + 2 + int.from_bytes(stream[qcd + 2 : qcd + 4], "big")
    yield "4x4 blocks", stream[:end] + coc + stream[end:]


def subsampling(stream: bytes) -> Iterator[tuple[str, bytes]]:  # BI-07
    siz = stream.index(b"\xff\x51") + 2
    components = int.from_bytes(stream[siz + 36 : siz + 38], "big")
    for factor in (2, 255):
        for which in (range(components), range(components - 1, components)):
            data = bytearray(stream)
            for c in which:
                data[siz + 39 + 3 * c : siz + 41 + 3 * c] = bytes([factor, factor])
            yield f"{factor} in {list(which)}", bytes(data)


def bodies(stream: bytes) -> Iterator[tuple[str, bytes]]:  # BI-10
    start = stream.index(b"\xff\x93") + 2
    length = len(stream) - start
    for seed in range(20):
        yield f"random {seed}", stream[:start] + np.random.default_rng(seed).bytes(length)
    for byte in (b"\0", b"\xff"):
        yield f"all {byte!r}", stream[:start] + byte * length
    for bit in range(1600):
        data = bytearray(stream)
        data[start + bit // 8] ^= 1 << bit % 8
        yield f"bit {bit}", bytes(data)


def outcome(data: bytes, pixels: np.ndarray) -> str:
    with contextlib.suppress(htj2k.HTJ2KError):
        htj2k.decode_partial(data, max_pixels=1 << 24)
    try:
        decoded = htj2k.decode(data, max_pixels=1 << 24)
    except htj2k.HTJ2KError as e:
        return type(e).__name__
    if np.array_equal(decoded, pixels):
        return "exact"
    refused = not htj2k.verify(data, htj2k.pixel_checksums(pixels)[-1].checksum, max_pixels=1 << 24).ok
    return "wrong but refused by its checksum" if refused else "wrong"


def main() -> None:
    grey, rgb = htj2k.encode(GREY), htj2k.encode(RGB, color_transform=False)
    result = {}
    for make in (geometry, counts, quantization, coding_style, small_blocks_in_coc, subsampling, bodies):
        cases = (
            [(case, outcome(data, GREY)) for case, data in make(grey)] if make is not small_blocks_in_coc else []
        )
        if make in (small_blocks_in_coc, subsampling, bodies):
            cases += [(f"RGB {case}", outcome(data, RGB)) for case, data in make(rgb)]
        result[make.__name__] = cases
    print(json.dumps(result))  # noqa: T201


if __name__ == "__main__":
    main()
