"""What a verification has proven so far, on disk, so that an interrupted one can go on."""

from __future__ import annotations

import errno
import json
import os
import re
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import htj2k

from .files import read_file
from .ids import content_id
from .judge import FrameTask, Levels
from .report import Outcome
from .writing import canonical_json

#: Part of every key: entries of another format are not found.
_FORMAT = "htj2k verify 2"
#: How a line begins, and so many bytes of it tell.
_LINE = re.compile(rb"^[0-9a-f]{8} ", re.MULTILINE)
_LEAST = len("\n01234567 ")
#: Seconds of work that a loss of power may cost. A killed process loses nothing that was written.
_SYNC_EVERY = 0.2


def task_key(task: FrameTask, levels: Levels, place: str) -> str:
    """Names a frame, where it is stored, and all that was expected of it: what changes is verified again."""
    return content_id(_FORMAT, place, levels, canonical_json(asdict(task)))


class Journal:
    """A file with one line for each frame that verified; a context manager.

    Parameters
    ----------
    path : path
        The file. Only its owner may read it.
    resume : bool
        True: go on with what the file holds, if it exists. False: begin a new one.

    Notes
    -----
    Only verified frames are remembered: all others are looked at again. A line counts only if it is whole and
    its checksum fits, so the torn end that a crash leaves is worth nothing and does no harm. A frame that is
    replaced between interruption and resumption keeps its verdict; begin anew to look at everything again. Frames
    of another folder, URL or data store have verdicts of their own; of a store of yours the class alone is known,
    so each such store needs a journal of its own.

    Raises
    ------
    OSError
        The file cannot be read or written; FileExistsError if it is no journal, which is left as it is.
    """

    def __init__(self, path: str | os.PathLike[str], *, resume: bool) -> None:
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._known = _read_lines(self.path)
        if not resume:
            self._known = {}
            # A verification that still runs keeps its own, nameless file.
            self.path.unlink(missing_ok=True)
        self._file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._synced = time.monotonic()
        # Ends a torn line, if there is one, and begins a new journal.
        os.write(self._file, b"\n")

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __len__(self) -> int:
        return len(self._known)

    def get(self, key: str) -> Outcome | None:
        """What was proven of a frame, if anything.

        Parameters
        ----------
        key : str
            The frame and everything that was expected of it.

        Returns
        -------
        Outcome or None
        """
        return self._known.get(key)

    def add(self, key: str, outcome: Outcome) -> None:
        """Remember a frame that verified.

        Parameters
        ----------
        key : str
            As in `get`.
        outcome : Outcome
            Its verdict.

        Raises
        ------
        OSError
            The journal cannot be written.
        """
        self._known[key] = outcome
        os.write(self._file, _line({"key": key, "outcome": asdict(outcome)}))
        if time.monotonic() - self._synced >= _SYNC_EVERY:
            os.fsync(self._file)
            self._synced = time.monotonic()

    def clear(self) -> None:
        """Forget everything: the verification has come to its end."""
        self._known.clear()

    def close(self) -> None:
        """Make all of it durable; a journal that holds nothing is deleted."""
        if self._file < 0:
            return
        os.fsync(self._file)
        is_ours = self._is_at_path()
        os.close(self._file)
        self._file = -1
        if not self._known and is_ours:
            self.path.unlink(missing_ok=True)

    def _is_at_path(self) -> bool:
        """Another verification that began anew keeps its journal there by now."""
        try:
            return os.path.samestat(os.fstat(self._file), os.stat(self.path))
        except OSError:
            return False


def _line(entry: dict[str, Any]) -> bytes:
    text = canonical_json(entry)
    return f"{htj2k.crc32(text.encode('ascii')):08x} {text}\n".encode("ascii")


def _read_lines(path: Path) -> dict[str, Outcome]:
    known = {}
    try:
        data = read_file(path)
    except FileNotFoundError:
        return {}
    if not _is_journal(data):
        raise FileExistsError(errno.EEXIST, "not a journal of htj2k verify; give another name", str(path))
    for line in data.split(b"\n")[:-1]:  # what follows the last line end is torn
        entry = _parse(line)
        if entry is not None:
            known[entry[0]] = entry[1]
    return known


def _is_journal(data: bytes) -> bool:
    """Whether it begins with the line end that a journal begins with, and has a line of one if it has any."""
    return not data or (data.startswith(b"\n") and (len(data) < _LEAST or _LINE.search(data) is not None))


def _parse(line: bytes) -> tuple[str, Outcome] | None:
    checksum, _, text = line.partition(b" ")
    try:
        if int(checksum, 16) != htj2k.crc32(text):
            return None
        entry = json.loads(text)
        fields = entry["outcome"]
        for name in ("levels", "notes"):
            fields[name] = tuple(fields[name])
        outcome = Outcome(**fields)
        return (entry["key"], outcome) if outcome.ok else None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
