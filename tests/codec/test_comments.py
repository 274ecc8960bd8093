"""COM marker segments: written with exact lengths, read back byte for byte."""

from __future__ import annotations

import numpy as np
import pytest

import htj2k
import streams
from streams import COM

PIXELS = np.arange(48, dtype=np.uint8).reshape(6, 8)
LATIN = "".join(map(chr, range(0x20, 0x7F))) + "\u20ac\u0160\u017d\u0152\xe9\xff"


def own_segments(codestream: bytes) -> list[tuple[int, bytes]]:
    """(Rcom, Ccom) of what the caller gave, by a walk over the markers; the encoder's own comes first."""
    found = [codestream[start + 4 : stop] for code, start, stop in streams.segments(codestream) if code == COM]
    assert found[0].startswith(b"\0\1")
    assert b"OpenJPH Ver " in found[0]
    return [(int.from_bytes(body[:2], "big"), body[2:]) for body in found[1:]]


@pytest.mark.parametrize("size", [1, 2, 3, 255, 256, 257, 65530, 65531])
@pytest.mark.parametrize("kind", [str, bytes])
def test_every_length(kind, size):
    comment = "x" * size if kind is str else bytes(range(256)) * (size // 256) + bytes(size % 256)
    codestream = htj2k.encode(PIXELS, comment=comment)
    data = comment.encode() if kind is str else comment
    assert own_segments(codestream) == [(int(kind is str), data)]
    found = htj2k.read_info(codestream).comments[-1]
    assert (found.registration, found.data) == (int(kind is str), data)
    assert found.text == (comment if kind is str else None)
    assert np.array_equal(htj2k.decode(codestream), PIXELS)


def test_several_of_both_kinds():
    given = ["first", b"\xff\x4f\xff\x90\0", LATIN, b"\0", "\tlines\r\nof text\n", b"x" * 65531, "last"]
    codestream = htj2k.encode(PIXELS, comment=given)
    expected = [(1, c.encode("iso-8859-15")) if isinstance(c, str) else (0, c) for c in given]
    assert own_segments(codestream) == expected
    info = htj2k.read_info(codestream)
    assert [(c.registration, c.data) for c in info.comments[1:]] == expected
    assert [c.text if c.text is not None else c.data for c in info.comments[1:]] == given
    assert np.array_equal(htj2k.decode(codestream), PIXELS)
    assert htj2k.encode(PIXELS, comment=iter(given)) == codestream
    assert info.check_htj2k_lossless_rpcl() == []


def test_none_and_no_comments():
    assert htj2k.encode(PIXELS, comment=[]) == htj2k.encode(PIXELS)
    assert own_segments(htj2k.encode(PIXELS)) == []


@pytest.mark.parametrize(
    ("comment", "error", "text"),
    [
        ("", ValueError, "comment has 0 bytes; a COM marker segment holds 1 to 65531"),  # Lcom is 5 to 65535
        (b"", ValueError, "comment has 0 bytes"),
        ("x" * 65532, ValueError, "comment has 65532 bytes"),
        ("\xa4", ValueError, "comment has a character outside ISO 8859-15"),  # its place is taken by the euro
        ("a\0b", ValueError, "comment has a NUL"),
        (["fine", 5], TypeError, "comment must be str or bytes, not int"),
        (7, TypeError, "comment must be str or bytes, not int"),
        (bytearray(b"x"), TypeError, "comment must be str or bytes, not bytearray"),
    ],
)
def test_refused_comments(comment, error, text):
    with pytest.raises(error, match=text):
        htj2k.encode(PIXELS, comment=comment)
