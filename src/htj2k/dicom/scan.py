"""Every file below a folder, once, in an order that does not depend on the file system."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class InputFile:
    """A file to import: `name` is how the job's output calls it; `obstacle` why it cannot even be opened."""

    path: Path
    name: str
    obstacle: str = ""


def scan(source: Path) -> list[InputFile]:
    """List `source`, a file or a folder of any depth.

    Links are followed, a folder that was already seen is not entered again. Broken links, folders that may
    not be read, pipes and devices are listed with the obstacle, so that the job can report them.

    Raises
    ------
    OSError
        `source` itself does not exist or cannot be read.
    """
    source = Path(source)
    if not stat.S_ISDIR(source.stat().st_mode):
        return [_input_file(source, source.name)]
    with os.scandir(source):  # raises, rather than being one line among the failures
        pass
    name = source.resolve().name
    return list(_walk(source, name, set()))


def _walk(folder: Path, name: str, seen: set[tuple[int, int]]) -> Iterator[InputFile]:
    """Depth first and without recursion: import folders may be nested thousands deep."""
    pending = [(folder, name)]
    while pending:
        path, shown = pending.pop()
        try:
            status = path.stat()
            if not stat.S_ISDIR(status.st_mode):
                yield _input_file(path, shown)
                continue
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            entries = sorted(entry.name for entry in os.scandir(path))
        except OSError as error:
            kind = "a broken link" if path.is_symlink() else "not readable"
            yield InputFile(path, printable(shown), f"{kind}: {error.strerror or error}")
            continue
        pending += [(path / entry, f"{shown}/{entry}") for entry in reversed(entries)]


def _input_file(path: Path, shown: str) -> InputFile:
    if not stat.S_ISREG(path.stat().st_mode):
        return InputFile(path, printable(shown), "not a regular file but a pipe, socket or device")
    return InputFile(path, printable(shown))


def printable(name: str) -> str:
    """File names may hold bytes that are no UTF-8; reports must be able to print them."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")
