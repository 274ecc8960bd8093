"""What is measured of each library, and which answer is right."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

import htj2k
from frames import ALL
from htj2k._threads import usable_cores
from libraries import Library, available

Pixels = NDArray[Any]
Call = Callable[[], Any]
BATCH = 32


@dataclass(frozen=True)
class Encoded:
    """A frame with everything that the operations start from."""

    pixels: Pixels
    bits: int
    codestream: bytes
    checksums: tuple[htj2k.ResolutionChecksum, ...]

    @property
    def levels(self) -> int:
        return len(self.checksums) - 1


@dataclass(frozen=True)
class Candidate:
    """A library's call for an operation, and what is wrong with its result (None: nothing)."""

    call: Call
    fault: Callable[[Any], str | None]


@cache
def encoded(name: str) -> Encoded:
    frame = ALL[name]
    pixels = frame.pixels()
    result = htj2k.encode_with_checksums(pixels, bits_stored=frame.bits_stored)
    assert np.array_equal(htj2k.decode(result.codestream), pixels)
    return Encoded(pixels, frame.bits_stored, result.codestream, result.checksums)


def _differs(expected: Pixels) -> Callable[[Any], str | None]:
    def fault(found: Any) -> str | None:
        if isinstance(found, int):  # OpenJPH alone tells how many lines it pulled
            return None if found == expected.size // expected.shape[1] else "wrong number of lines"
        return None if np.array_equal(found, expected) else "wrong samples"

    return fault


def _decodes_to(pixels: Pixels, library: Library) -> Callable[[Any], str | None]:
    def fault(found: Any) -> str | None:
        if isinstance(found, int):  # OpenJPH alone tells how many bytes it wrote
            return None if found else "no codestream"
        back = found[...] if hasattr(found, "schunk") else htj2k.decode(bytes(found))
        return None if np.array_equal(back, pixels) else "lossy"

    return fault


def encode(frame: Encoded, name: str, library: Library) -> Candidate:
    if library.encoder is None:
        raise NotImplementedError("does not encode HTJ2K")
    call = library.encoder(frame.pixels, frame.bits, frame.levels)
    return Candidate(call, _decodes_to(frame.pixels, library))


def decode(frame: Encoded, name: str, library: Library, reduce: int = 0) -> Candidate:
    expected = htj2k.decode(frame.codestream, reduce=reduce)
    return Candidate(library.decoder(frame.pixels, frame.codestream, reduce), _differs(expected))


def _checksum(decoded: Any) -> int:
    return zlib.crc32(np.ascontiguousarray(decoded))


def decode_and_verify(frame: Encoded, name: str, library: Library) -> Candidate:
    """Pixels whose CRC-32 at full size is right. With the others: decode, then zlib's CRC-32 of the array."""
    expected = frame.checksums[-1].checksum
    if name == "htj2k":
        call = partial(htj2k.decode_verified, frame.codestream, expected)
        return Candidate(call, _differs(frame.pixels))
    decoder = _returning_pixels(name, library)(frame.pixels, frame.codestream, 0)

    def verified() -> Pixels:
        pixels = decoder()
        if _checksum(pixels) != expected:
            raise ArithmeticError("wrong samples")
        return pixels

    return Candidate(verified, _differs(frame.pixels))


def checksums(frame: Encoded, name: str, library: Library) -> Candidate:
    """The CRC-32 of every resolution of a codestream. With the others: a decode and zlib's CRC-32 for each."""
    expected = [level.checksum for level in frame.checksums]

    def fault(found: Any) -> str | None:
        return None if [getattr(level, "checksum", level) for level in found] == expected else "wrong checksums"

    if name == "htj2k":
        return Candidate(partial(htj2k.codestream_checksums, frame.codestream), fault)
    make = _returning_pixels(name, library)
    calls = [make(frame.pixels, frame.codestream, reduce) for reduce in range(frame.levels, -1, -1)]
    return Candidate(lambda: [_checksum(call()) for call in calls], fault)


def encode_batch(frame: Encoded, name: str, library: Library) -> Candidate:
    """Many frames on all cores. With the others: a pool of threads."""
    frames = [frame.pixels] * BATCH
    if library.encoder is None:
        raise NotImplementedError("does not encode HTJ2K")
    if name == "htj2k":
        call: Call = partial(htj2k.encode_batch, frames, bits_stored=frame.bits, threads=usable_cores())
    else:
        call = _on_all_cores(library.encoder(frame.pixels, frame.bits, frame.levels))
    return Candidate(call, _first_of_each(_decodes_to(frame.pixels, library)))


def decode_batch(frame: Encoded, name: str, library: Library) -> Candidate:
    """Many frames on all cores, into new arrays. With the others: a pool of threads."""
    if name == "htj2k":
        call: Call = partial(htj2k.decode_batch, [frame.codestream] * BATCH, threads=usable_cores())
    else:
        call = _on_all_cores(library.decoder(frame.pixels, frame.codestream, 0))
    return Candidate(call, _first_of_each(_differs(frame.pixels)))


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(usable_cores())


def _on_all_cores(call: Call) -> Call:
    if isinstance(call, partial) and call.func.__module__ == "htj2k_raw":
        raise NotImplementedError("keeps one codestream object a process")
    return lambda: list(_pool().map(lambda _: call(), range(BATCH)))


def _first_of_each(fault: Callable[[Any], str | None]) -> Callable[[Any], str | None]:
    def of_all(found: Any) -> str | None:
        if len(found) != BATCH:
            return "frames are missing"
        return next((reason for one in found if (reason := fault(one)) is not None), None)

    return of_all


def _returning_pixels(name: str, library: Library) -> Callable[[Pixels, bytes, int], Call]:
    if name == "OpenJPH alone":
        raise NotImplementedError("returns no pixels")
    return library.decoder


OPERATIONS: dict[str, Callable[..., Candidate]] = {
    "encode": encode,
    "decode": decode,
    **{f"decode reduce={k}": partial(decode, reduce=k) for k in range(1, 8)},
    "decode and verify": decode_and_verify,
    "checksums of all levels": checksums,
    "encode batch": encode_batch,
    "decode batch": decode_batch,
}


def is_meaningful(operation: str, frame: str) -> bool:
    """No reduction below the base of a frame; batches of small frames."""
    if operation.startswith("decode reduce="):
        rows, columns = ALL[frame].shape
        return min(rows, columns) >> (int(operation[-1]) - 1) > 64  # as the default number of levels has it
    return not operation.endswith("batch") or ALL[frame].shape[0] <= 512


def prepared(operation: str, frame: str, name: str, library: Library) -> Candidate | str:
    """A call whose answer has been seen to be right, or why there is none. Of htj2k itself nothing is excused."""
    source = encoded(frame)
    try:
        candidate = OPERATIONS[operation](source, name, library)
        fault = candidate.fault(candidate.call())
    except Exception as error:
        if name == "htj2k":
            raise
        return f"{error}" or type(error).__name__
    assert fault is None or name != "htj2k", fault
    return fault or candidate


def candidates(operation: str, frame: str) -> Iterator[tuple[str, Candidate | str]]:
    for name, library in available().items():
        yield name, prepared(operation, frame, name, library)


def crc32_calls() -> dict[str, Callable[[bytes], int]]:
    """zlib's CRC-32 in the libraries that have it."""
    places = {
        "htj2k": ("htj2k", "crc32"),
        "zlib": ("zlib", "crc32"),
        "zlib-ng": ("zlib_ng.zlib_ng", "crc32"),
        "isal": ("isal.isal_zlib", "crc32"),
        "libdeflate": ("deflate", "crc32"),
    }
    found = {}
    for name, (module, function) in places.items():
        try:
            found[name] = getattr(import_module(module), function)
        except ImportError:
            continue
    return found
