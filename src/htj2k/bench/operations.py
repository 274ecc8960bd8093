"""What is measured. Each operation knows its right answer, so that a wrong one never becomes a number."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

import htj2k
from htj2k._checksum import checksum_of_array

from .frames import FRAMES, Frame, Pixels, ct, enlarged


class WrongAnswer(Exception):
    """An operation did not give the pixels, bytes or checksums that it has to give."""


@dataclass(frozen=True)
class Operation:
    """A call, and whether a result of it is right."""

    call: Callable[[], Any]
    is_right: Callable[[Any], bool]


@dataclass(frozen=True)
class Case:
    """The operations on the same pixels, by (name, threads)."""

    operations: dict[tuple[str, int], Operation]
    num_bytes: int
    num_pixels: int
    fingerprint: int  # of all answers: SIMD paths must agree


def frame_case(name: str) -> Case:
    """Everything that can be done with one of `FRAMES`."""
    frame = FRAMES[name]
    pixels = frame.pixels()
    encoded = _proven(pixels, frame.bits_stored)
    operations = _encoding(pixels, frame, encoded) | _decoding(encoded) | _sums(pixels, frame, encoded)
    return _case(pixels, encoded, operations)


def size_case(rows: int, columns: int) -> Case:
    """Encoding, decoding and verification of a frame of any size."""
    frame = Frame(lambda shape, seed: enlarged(ct(seed=seed), shape), (rows, columns), 16)
    pixels = frame.pixels()
    encoded = _proven(pixels, frame.bits_stored)
    operations = _encoding(pixels, frame, encoded) | _decoding(encoded)
    return _case(pixels, encoded, {name: operations[name] for name in ("encode", "decode", "verify")})


def batch_case(count: int, threads: Sequence[int]) -> Case:
    """Batches of CT frames on several threads."""
    series = np.stack([ct(seed=seed) for seed in range(8)])[np.arange(count) % 8]
    encoded = [_proven(frame, 16) for frame in series[:8]]
    streams = [encoded[i % 8].codestream for i in range(count)]
    expected = [encoded[i % 8].checksums for i in range(count)]
    out = np.empty_like(series)

    def decoded(found: Pixels) -> bool:
        is_right = np.array_equal(found, series)
        out.fill(0)  # what this call has written must not make the next one right
        return is_right

    operations: dict[tuple[str, int], Operation] = {}
    for n in threads:
        encode = partial(htj2k.encode_batch, series, threads=n)
        operations["encode_batch", n] = Operation(encode, lambda found: found == streams)
        decode = partial(htj2k.decode_batch, streams, out=out, threads=n)
        operations["decode_batch", n] = Operation(decode, decoded)
        verify = partial(htj2k.verify_batch, streams, expected, threads=n)
        operations["verify_batch", n] = Operation(verify, lambda found: len(found) == count and all(found))
    fingerprint = zlib.crc32(b"".join(streams))
    return Case(operations, series.nbytes, series.size, fingerprint)


def _proven(pixels: Pixels, bits_stored: int) -> htj2k.EncodedImage:
    """Codestream and checksums that agree with each other, with zlib and with the pixels, at every resolution."""
    encoded = htj2k.encode_with_checksums(pixels, bits_stored=bits_stored)
    for reduce, level in enumerate(reversed(encoded.checksums)):
        found = htj2k.decode(encoded.codestream, reduce=reduce)
        if zlib.crc32(found.astype(found.dtype.newbyteorder("<"), copy=False).data) != level.checksum:
            raise WrongAnswer(f"decode reduce={reduce}: the pixels have another checksum than the samples' own")
        if reduce == 0 and not np.array_equal(found, pixels):
            raise WrongAnswer("decode: the pixels are not those that were encoded")
    return encoded


def _case(pixels: Pixels, encoded: htj2k.EncodedImage, operations: dict[str, Operation]) -> Case:
    sums = repr([level.checksum for level in encoded.checksums]).encode()
    by_threads = {(name, 1): operation for name, operation in operations.items()}
    rows, columns = pixels.shape[:2]
    return Case(by_threads, pixels.nbytes, rows * columns, zlib.crc32(sums, zlib.crc32(encoded.codestream)))


def _encoding(pixels: Pixels, frame: Frame, encoded: htj2k.EncodedImage) -> dict[str, Operation]:
    encode = partial(htj2k.encode, pixels, bits_stored=frame.bits_stored)
    with_checksums = partial(htj2k.encode_with_checksums, pixels, bits_stored=frame.bits_stored)
    return {
        "encode": Operation(encode, lambda found: found == encoded.codestream),
        "encode_with_checksums": Operation(with_checksums, lambda found: found == encoded),
    }


def _decoding(encoded: htj2k.EncodedImage) -> dict[str, Operation]:
    stream, expected = encoded.codestream, encoded.checksums
    base = len(expected) - 1
    operations = {
        f"decode reduce={k}" if k else "decode": _decode(stream, k, expected[-1 - k].checksum)
        for k in sorted({0, 1, 2, base})
        if k <= base
    }
    operations["decode_verified"] = Operation(
        partial(htj2k.decode_verified, stream, expected), operations["decode"].is_right
    )
    operations["verify"] = Operation(
        partial(htj2k.verify, stream, expected), lambda found: found.ok and len(found.levels) == len(expected)
    )
    return operations


def _decode(stream: bytes, reduce: int, checksum: int) -> Operation:
    return Operation(
        partial(htj2k.decode, stream, reduce=reduce),
        lambda found: checksum_of_array(found) == checksum,
    )


def _sums(pixels: Pixels, frame: Frame, encoded: htj2k.EncodedImage) -> dict[str, Operation]:
    checksums = partial(htj2k.pixel_checksums, pixels, bits_stored=frame.bits_stored)
    crc32 = zlib.crc32(pixels.data)
    return {
        "pixel_checksums": Operation(checksums, lambda found: tuple(found) == encoded.checksums),
        "crc32": Operation(partial(htj2k.crc32, pixels), lambda found: found == crc32),
    }
