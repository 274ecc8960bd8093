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


SOC, CAP, SIZ, COD, COC, TLM, PLT, QCD, QCC, RGN, POC, PPM, PPT, CRG, COM, NLT, SOT, SOD, EOC = (
    0xFF4F, 0xFF50, 0xFF51, 0xFF52, 0xFF53, 0xFF55, 0xFF58, 0xFF5C, 0xFF5D, 0xFF5E,
    0xFF5F, 0xFF60, 0xFF61, 0xFF63, 0xFF64, 0xFF76, 0xFF90, 0xFF93, 0xFFD9,
)  # fmt: skip


def segment(code: int, payload: bytes = b"", length: int | None = None) -> bytes:
    """A marker segment; `length` overrides its length field."""
    return struct.pack(">HH", code, len(payload) + 2 if length is None else length) + payload


def coc(component: int, levels: int = 3, *, style: int = 0x40, wavelet: int = 1, components: int = 256) -> bytes:
    """A COC segment with 64x64 blocks; from 257 components on their index takes two bytes."""
    index = struct.pack(">B" if components < 257 else ">H", component)
    return segment(COC, index + struct.pack(">BBBBBB", 0, levels, 4, 4, style, wavelet))


def segments(codestream: bytes, start: int = 2) -> list[tuple[int, int, int]]:
    """(code, start, stop) of the segments of the main header, or of a tile-part header that starts at `start`."""
    found: list[tuple[int, int, int]] = []
    while start + 4 <= len(codestream):
        code, length = struct.unpack_from(">HH", codestream, start)
        if code == SOD or (code == SOT and (found or start == 2)):
            break
        found.append((code, start, start + 2 + length))
        start += 2 + length
    return found


def without_comments(codestream: bytes) -> bytes:
    """The same without COM segments in its main header."""
    kept, end = b"", 0
    for code, start, stop in segments(codestream):
        if code == COM:
            kept += codestream[end:start]
            end = stop
    return kept + codestream[end:]


def find(codestream: bytes, code: int) -> int:
    """Where the first segment of that code starts in the main header or in the first tile-part header."""
    main = segments(codestream)
    for found, start, _ in [*main, *segments(codestream, main[-1][2])]:
        if found == code:
            return start
    raise LookupError(hex(code))


def patch(codestream: bytes, code: int, at: int, value: int, size: int = 1) -> bytes:
    """Overwrite a field of a segment; `at` counts from its marker."""
    where = find(codestream, code) + at
    return codestream[:where] + value.to_bytes(size, "big") + codestream[where + size :]


def insert(codestream: bytes, before: int, extra: bytes) -> bytes:
    """Put bytes before the first segment of that code; Psot and TLM are not adjusted."""
    where = find(codestream, before)
    return codestream[:where] + extra + codestream[where:]


def remove(codestream: bytes, code: int) -> bytes:
    """Drop the first segment of that code."""
    start = find(codestream, code)
    length = struct.unpack_from(">H", codestream, start + 2)[0]
    return codestream[:start] + codestream[start + 2 + length :]


def lower_exponents(codestream: bytes, by: int) -> bytes:
    """Reversible exponents in QCD, lowered."""
    start = find(codestream, QCD)
    length = struct.unpack_from(">H", codestream, start + 2)[0]
    lowered = bytes(byte - (by << 3) for byte in codestream[start + 5 : start + 2 + length])
    return codestream[: start + 5] + lowered + codestream[start + 2 + length :]


def insert_in_tile(codestream: bytes, extra: bytes, *, part: int = 0) -> bytes:
    """Put a segment behind SOT of a tile-part; Psot is adjusted, TLM dropped."""
    codestream = remove(codestream, TLM) if any(s[0] == TLM for s in segments(codestream)) else codestream
    where = segments(codestream)[-1][2]
    for _ in range(part):
        where += struct.unpack_from(">I", codestream, where + 6)[0]
    length = struct.unpack_from(">I", codestream, where + 6)[0] + len(extra)
    return (
        codestream[: where + 6]
        + struct.pack(">I", length)
        + codestream[where + 10 : where + 12]
        + extra
        + codestream[where + 12 :]
    )


def main_header(
    *,
    size: tuple[int, int] = (8, 8),
    origin: tuple[int, int] = (0, 0),
    tile_size: tuple[int, int] | None = None,
    tile_origin: tuple[int, int] = (0, 0),
    components: int = 1,
    levels: int = 0,
    more: bytes = b"",
) -> bytes:
    """SOC to the last main header segment of an 8-bit reversible stream, made by hand."""
    grid = struct.pack(">HIIII", 0x4000, *size, *origin)
    tiles = struct.pack(">IIII", *(tile_size or size), *tile_origin)
    siz = grid + tiles + struct.pack(">H", components) + b"\x07\x01\x01" * components
    cod = struct.pack(">BBHBBBBBB", 0, 2, 1, 0, levels, 4, 4, 0x40, 1)
    qcd = b"\x20" + b"\x48" * (3 * levels + 1)
    return (
        b"\xff\x4f"
        + segment(SIZ, siz)
        + segment(CAP, struct.pack(">IH", 0x20000, 2))
        + segment(COD, cod)
        + segment(QCD, qcd)
        + more
    )


def tile_part(
    tile: int = 0, index: int = 0, parts: int = 1, body: bytes = b"\x00", psot: int | None = None
) -> bytes:
    """SOT, SOD and a body; one empty packet by default."""
    length = 14 + len(body) if psot is None else psot
    return segment(SOT, struct.pack(">HIBB", tile, length, index, parts)) + b"\xff\x93" + body


def with_body(codestream: bytes, body: bytes) -> bytes:
    """The codestream with another body in its only tile-part; TLM dropped."""
    codestream = remove(codestream, TLM) if any(s[0] == TLM for s in segments(codestream)) else codestream
    sot = segments(codestream)[-1][2]
    return codestream[:sot] + tile_part(body=body) + b"\xff\xd9"


def body_of(codestream: bytes) -> bytes:
    """The packets of a codestream of one tile-part."""
    return codestream[codestream.index(b"\xff\x93", segments(codestream)[-1][2]) + 2 : -2]
