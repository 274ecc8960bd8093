"""Writing files so that a crash or a full disk never leaves a half-written one under its final name."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from .ids import content_id


@contextlib.contextmanager
def durable_file(path: Path) -> Iterator[BinaryIO]:
    """Open a new file for writing; on leaving, its bytes are on the disk. An `OSError` names the file."""
    with _errors_about(path), open(path, "xb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


@contextlib.contextmanager
def _errors_about(path: Path) -> Iterator[None]:
    """Name the file in errors of calls that know only its descriptor: of a write to a full disk, for example."""
    try:
        yield
    except OSError as error:
        if error.filename is None and error.errno is not None:
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise


@contextlib.contextmanager
def errors_as_of(path: Path) -> Iterator[None]:
    """Name this file in errors about a temporary one, of which nobody else knows."""
    try:
        yield
    except OSError as error:
        if error.errno is None:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error


def read_file(path: Path) -> bytes:
    """The content of a regular file. A link to a pipe or a device would never end: that is an `OSError`."""
    with open(path, "rb", opener=_open_without_waiting) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        return file.read()


def _open_without_waiting(path: str, flags: int) -> int:
    """A pipe is opened only when somebody writes to it, unless it need not wait."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def write_file(path: Path, data: bytes) -> None:
    """Write one whole new file and wait until it is on the disk."""
    with durable_file(path) as file:
        file.write(data)


def replaceable(path: Path) -> Path:
    """The file that a write to `path` replaces or makes: what a link points to, not the link.

    An `OSError` if it cannot be: there is a folder, a pipe or a device, or no folder to write it into."""
    real = Path(os.path.realpath(path))
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        if not real.parent.is_dir():
            raise FileNotFoundError(errno.ENOENT, f"the folder {real.parent} does not exist", str(path)) from None
        return real
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "is a folder; give the name of a file", str(path))
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "not a regular file but a pipe, socket or device", str(path))
    return real


def keep_permissions(old: Path, new: Path) -> None:
    """Let a file that will replace another be read by those who may read that, and nobody else."""
    try:
        mode = stat.S_IMODE(old.stat().st_mode)
    except FileNotFoundError:
        return
    with contextlib.suppress(OSError):  # not every file system has permissions
        new.chmod(mode)


def replace_file(path: Path, data: bytes) -> None:
    """Write one whole file that may exist already: readers see the old content or the new, never a part."""
    target = replaceable(path)
    # Not longer than the names that the system allows, whatever the name of the file is. Not only the number of
    # this process: in a container a killed one often had the same.
    temporary = target.with_name(f".{content_id(target.name)}.{secrets.token_hex(8)}.tmp")
    try:
        with errors_as_of(path):
            write_file(temporary, data)
            keep_permissions(target, temporary)
            os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
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
        with _errors_about(path):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
