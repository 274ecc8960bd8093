"""What is asked of every lossless codestream, whatever it was made from."""

from __future__ import annotations

import struct
from typing import Any

import imagecodecs
import numpy as np

import htj2k
import oracle
from htj2k import _core, _encode
from streams import QCD, find

# Above this many bits reduced sizes are refused.
MAX_REDUCED_BITS = 28


def encodes_natively(pixels: np.ndarray[Any, Any], **options: Any) -> bool:
    """Whether `encode` takes the library's own encoder, which has bits enough for all pixels."""
    return _core.encodes_natively(_encode.core_options_of(pixels, options)[1])


def magnitude_bits(codestream: bytes) -> int:
    """The most bits that a coefficient may have (T.800 equation E-2, and the bit that the guard bits add)."""
    start = find(codestream, QCD)
    length, sqcd = struct.unpack_from(">HB", codestream, start + 2)
    return max(byte >> 3 for byte in codestream[start + 5 : start + 2 + length]) + (sqcd >> 5)


def openjpeg_can_read(codestream: bytes) -> bool:
    """OpenJPEG's HT block decoder works in 32 bits, one of which is the sign's; it refuses more with an error."""
    return magnitude_bits(codestream) <= 31


def check_decodes(codestream: bytes, pixels: np.ndarray[Any, Any]) -> None:
    """Our decoder and OpenJPEG's give exactly these pixels, in the dtype that SIZ tells."""
    component = htj2k.read_info(codestream).components[0]
    decoded = htj2k.decode(codestream)
    assert decoded.dtype == oracle.decoded_dtype(component.bit_depth, pixels.dtype.kind == "i")
    assert component.is_signed == (pixels.dtype.kind == "i")
    expected = pixels[..., 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels
    assert np.array_equal(decoded, expected)
    if openjpeg_can_read(codestream):
        other = imagecodecs.jpeg2k_decode(codestream)
        assert np.array_equal(other.reshape(expected.shape), expected)


def check_levels(
    codestream: bytes, pixels: np.ndarray[Any, Any], *, bits: int, color_transform: bool, clamp: str = "precision"
) -> None:
    """Every level is the oracle's, decoded by itself and computed from the full size; and verify agrees."""
    levels = htj2k.read_info(codestream).num_decompositions
    pyramid = oracle.pyramid(pixels, levels, bits_stored=bits, color_transform=color_transform, clamp=clamp)
    expected = [htj2k.ResolutionChecksum(p.shape[1], p.shape[0], oracle.checksum(p)) for p in pyramid]
    own = htj2k.pixel_checksums(
        pixels, bits_stored=bits, num_decompositions=levels, color_transform=color_transform, clamp=clamp
    )
    assert own == expected
    assert htj2k.codestream_checksums(codestream, clamp=clamp) == expected
    verification = htj2k.verify(codestream, expected, clamp=clamp)
    assert verification.ok, verification.reason
    if bits <= MAX_REDUCED_BITS:
        assert htj2k.codestream_checksums(codestream, clamp=clamp, decode_each_level=True) == expected


def check_lossless(pixels: np.ndarray[Any, Any], **options: Any) -> bytes:
    """All of the above for what `encode` makes of the pixels; returns the codestream."""
    codestream = htj2k.encode(pixels, **options)
    bits = options.get("bits_stored") or oracle.default_bits(pixels.dtype)
    info = htj2k.read_info(codestream)
    assert {component.bit_depth for component in info.components} == {bits}
    plain = pixels.astype("u1") if pixels.dtype.kind == "b" else pixels
    check_decodes(codestream, plain)
    if options.get("tile_size") is None:
        for clamp in ("precision", "container"):
            check_levels(codestream, plain, bits=bits, color_transform=info.color_transform, clamp=clamp)
    return codestream
