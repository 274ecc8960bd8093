"""Byte-level tools for making and changing codestreams."""

from __future__ import annotations

import struct


def box(kind: bytes, payload: bytes = b"", length: int | None = None) -> bytes:
    """A JP2 box; `length` overrides LBox (0: to the end of the file)."""
    return struct.pack(">I4s", len(payload) + 8 if length is None else length, kind) + payload


def wrap_in_boxes(codestream: bytes, *, length: int | None = None, brand: bytes = b"jph ") -> bytes:
    """A minimal JPH file around a codestream, followed by another box unless the jp2c box runs to the end."""
    siz = codestream[4:]
    width, height = struct.unpack(">II", siz[4:12])
    components = struct.unpack(">H", siz[36:38])[0]
    ihdr = box(b"ihdr", struct.pack(">IIHBBBB", height, width, components, siz[38], 7, 1, 0))
    colr = box(b"colr", struct.pack(">BBBI", 1, 0, 0, 17))
    return (
        box(b"jP  ", b"\r\n\x87\n")
        + box(b"ftyp", brand + bytes(4) + brand)
        + box(b"jp2h", ihdr + colr)
        + box(b"jp2c", codestream, length)
        + (b"" if length == 0 else box(b"xml ", b"<a/>"))
    )
