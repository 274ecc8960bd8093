"""The server of the page: byte ranges as RFC 9110 has them."""

from __future__ import annotations

import urllib.error
import urllib.request

import pytest
from range_server import serve

CONTENT = bytes(range(100))


@pytest.mark.parametrize(
    ("asked", "status", "body", "content_range"),
    [
        (None, 200, CONTENT, None),
        ("bytes=0-9", 206, CONTENT[:10], "bytes 0-9/100"),
        ("bytes=90-", 206, CONTENT[90:], "bytes 90-99/100"),
        ("bytes=95-200", 206, CONTENT[95:], "bytes 95-99/100"),
        ("bytes=100-120", 416, b"", "bytes */100"),
        ("pages=1-2", 200, CONTENT, None),
    ],
)
def test_ranges(asked: str | None, status: int, body: bytes, content_range: str | None) -> None:
    with serve({"a": CONTENT}) as site:
        request = urllib.request.Request(f"{site.url}/a?x=1", headers={} if asked is None else {"Range": asked})
        try:
            response = urllib.request.urlopen(request, timeout=10)
        except urllib.error.HTTPError as error:
            response = error
        with response:
            assert (response.status, response.read(), response.headers["Content-Range"]) == (
                status,
                body,
                content_range,
            )


def test_other_paths_are_not_found() -> None:
    with serve({"a": CONTENT}) as site, pytest.raises(urllib.error.HTTPError, match="404") as raised:
        urllib.request.urlopen(f"{site.url}/b", timeout=10)
    raised.value.close()
