"""Writing files so that a crash or a full disk never leaves a half-written one under its final name."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO


@contextlib.contextmanager
def durable_file(path: Path) -> Iterator[BinaryIO]:
    """Open a new file for writing; on leaving, its bytes are on the disk."""
    with open(path, "xb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def write_file(path: Path, data: bytes) -> None:
    """Write one whole new file and wait until it is on the disk."""
    with durable_file(path) as file:
        file.write(data)


def replace_file(path: Path, data: bytes) -> None:
    """Write one whole file that may exist already: readers see the old content or the new, never a part."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        write_file(temporary, data)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Write a text file, one line after the other."""
    with durable_file(path) as file:
        for line in lines:
            file.write(line.encode("utf-8") + b"\n")


def sync_directory(path: Path) -> None:
    """Make the names in `path` durable, where the system can open directories (Windows cannot)."""
    if os.name != "posix":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
