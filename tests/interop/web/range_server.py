"""Hands out files that are in memory, whole or by a byte range (RFC 9110, clause 14), and notes the ranges."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import PurePosixPath
from typing import Any

from loopback import serve_loopback

_RANGE = re.compile(r"bytes=(\d+)-(\d*)")
# The system's own table may lack some; a browser runs neither modules nor WebAssembly of another type.
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".wasm": "application/wasm",
    ".json": "application/json",
}


@dataclass
class Site:
    """Files by their path without the first slash, and the ranges that were served, as (path, start, stop)."""

    files: Mapping[str, bytes]
    ranges: list[tuple[str, int, int]] = field(default_factory=list)
    url: str = ""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    site: Site

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        path = self.path.split("?", 1)[0].lstrip("/") or "index.html"
        content = self.site.files.get(path)
        asked = _RANGE.fullmatch(self.headers.get("Range", ""))
        if content is None:
            self._answer(404, path)
        elif asked is None:
            self._answer(200, path, content)
        else:
            self._answer_range(path, content, int(asked[1]), int(asked[2]) + 1 if asked[2] else len(content))

    def _answer_range(self, path: str, content: bytes, start: int, stop: int) -> None:
        stop = min(stop, len(content))
        if start >= stop:
            self._answer(416, path, content_range=f"bytes */{len(content)}")
            return
        self.site.ranges.append((path, start, stop))
        self._answer(206, path, content[start:stop], f"bytes {start}-{stop - 1}/{len(content)}")

    def _answer(self, status: int, path: str, body: bytes = b"", content_range: str | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", _TYPES.get(PurePosixPath(path).suffix, "application/octet-stream"))
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Cache-Control", "no-store")
        if content_range is not None:
            self.send_header("Content-Range", content_range)
        self.end_headers()
        with contextlib.suppress(ConnectionError):  # a page that was closed
            self.wfile.write(body)


@contextlib.contextmanager
def serve(files: Mapping[str, bytes]) -> Iterator[Site]:
    """Serve while the block runs."""
    site = Site(files)
    with serve_loopback(type("Handler", (_Handler,), {"site": site})) as site.url:
        yield site
