"""A server on loopback that speaks HealthImaging's REST wire format for GetImageSetMetadata and GetImageFrame."""

from __future__ import annotations

import contextlib
import json
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from image_sets import MemoryStore
from loopback import serve_loopback

DATASTORE = "d" * 32
_PATH = re.compile(r"/datastore/(\w+)/imageSet/(\w+)/(getImageSetMetadata|getImageFrame)(?:\?version=(\w+))?\Z")

ERRORS = {
    "throttle": (429, "ThrottlingException"),
    "conflict": (409, "ConflictException"),
    "internal": (500, "InternalServerException"),
    "denied": (403, "AccessDeniedException"),
    "missing": (404, "ResourceNotFoundException"),
    "invalid": (400, "ValidationException"),
    # From a proxy, with a body that is no JSON:
    "unavailable": (503, None),
    "busy": (429, None),
}


@dataclass
class Service:
    """What the server serves, and which answers go wrong.

    `fault` is asked with (operation, frame ID or "", how often this was asked before) and names one of `ERRORS`,
    "cut" (the body ends early), "drop" (no answer), "slow", or None.
    """

    store: MemoryStore
    fault: Callable[[str, str, int], str | None] = lambda *_: None
    asked: Counter[tuple[str, str]] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    versions: list[str | None] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    url: str = ""

    def next_fault(self, operation: str, frame_id: str) -> str | None:
        with self.lock:
            before = self.asked[operation, frame_id]
            self.asked[operation, frame_id] += 1
            fault = self.fault(operation, frame_id, before)
            if fault is not None:
                self.faults[fault] += 1
            return fault


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    service: Service

    def log_message(self, *_: Any) -> None:
        pass

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        match = _PATH.match(self.path)
        if match is None or "AWS4-HMAC-SHA256" not in self.headers.get("Authorization", ""):
            self._fail(403, "UnrecognizedClientException")
            return
        operation = match[3]
        frame_id = json.loads(body)["imageFrameId"] if "Frame" in operation else ""
        fault = self.service.next_fault(operation, frame_id)
        document = self.service.store.document
        if (match[1], match[2]) != (document["DatastoreID"], document["ImageSetID"]):
            fault = "missing"
        if fault in ERRORS:
            self._fail(*ERRORS[fault])
        elif fault == "drop":
            self.close_connection = True
        elif operation == "getImageSetMetadata":
            self.service.versions.append(match[4])
            self._send(self.service.store.read_metadata(), "application/json", fault, encoding="gzip")
        elif frame_id in self.service.store.frames:
            self._send(self.service.store.read(frame_id), "application/octet-stream", fault)
        else:
            self._fail(404, "ResourceNotFoundException")

    def _fail(self, status: int, kind: str | None) -> None:
        content = b"<html>no" if kind is None else json.dumps({"message": f"injected {kind}"}).encode()
        self.send_response(status)
        if kind is not None:
            self.send_header("x-amzn-ErrorType", kind)
        self._finish(content, "application/json", len(content))

    def _send(self, content: bytes, kind: str, fault: str | None, encoding: str | None = None) -> None:
        if fault == "slow":
            time.sleep(0.3)
        self.send_response(200)
        if encoding is not None:
            self.send_header("Content-Encoding", encoding)
        if fault == "cut":
            self.close_connection = True
            self._finish(content[: len(content) // 2], kind, len(content))
        else:
            self._finish(content, kind, len(content))

    def _finish(self, content: bytes, kind: str, length: int) -> None:
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        with contextlib.suppress(ConnectionError):  # a client that did not wait
            self.wfile.write(content)


@contextlib.contextmanager
def serve(store: MemoryStore) -> Iterator[Service]:
    """Run the server while the block runs."""
    service = Service(store)
    with serve_loopback(type("Handler", (_Handler,), {"service": service})) as service.url:
        yield service
