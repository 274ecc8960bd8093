"""What host and worker say to each other: JSON behind its length. Not pickle, which would let a worker that was
taken over run code in the host."""

from __future__ import annotations

import json
import os
import struct
from typing import Any

from htj2k import errors

LENGTH = struct.Struct("<I")
#: Replies are small: pixels go through shared memory. More is no reply of ours.
MOST_BYTES = 1 << 20

LONGEST_TEXT = 4000
#: Of the log, for each call.
MOST_MESSAGES = 32
_CLASSES: dict[str, type[Exception]] = {
    **{name: getattr(errors, name) for name in errors.__all__},
    **{kind.__name__: kind for kind in (ValueError, TypeError, MemoryError)},
}
_NUMBERS = ("offset", "bytes_present", "bytes_needed", "resolutions_complete")


def pack(message: dict[str, Any]) -> bytes:
    """The bytes of a message."""
    text = json.dumps(message).encode("ascii")
    return LENGTH.pack(len(text)) + text


def unpack(text: bytes) -> dict[str, Any]:
    """The message of some bytes, without their length; ValueError if they are none."""
    message = json.loads(text)
    if not isinstance(message, dict):
        raise ValueError("no JSON object")
    return message


def write_all(descriptor: int, data: bytes) -> None:
    """Write to a pipe."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def describe_error(error: BaseException) -> dict[str, Any]:
    """An exception as JSON: its class, its text, and the numbers that it carries."""
    kind = next((k.__name__ for k in type(error).__mro__ if k.__name__ in _CLASSES), "HTJ2KError")
    text = str(error) if kind == type(error).__name__ else f"{type(error).__name__}: {error}"
    numbers = {name: value for name in _NUMBERS if type(value := getattr(error, name, None)) is int}
    return {"class": kind, "text": text[:LONGEST_TEXT], "numbers": numbers}


def make_error(described: dict[str, Any]) -> Exception:
    """The exception again. Only classes that are listed here are made, whatever the worker says."""
    kind = _CLASSES.get(str(described.get("class")), errors.HTJ2KError)
    error = kind(str(described.get("text", ""))[:LONGEST_TEXT])
    numbers = described.get("numbers")
    if isinstance(numbers, dict) and isinstance(error, errors.HTJ2KError):
        for name in _NUMBERS:
            if type(numbers.get(name)) is int:
                setattr(error, name, numbers[name])
    return error
