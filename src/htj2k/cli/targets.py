"""What commands write: names that may be written, apart from what they read."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from htj2k.healthimaging.files import replaceable


class TargetType(click.Path):
    """A path; ``-`` is refused, which elsewhere means stdout."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if os.fspath(value) == "-":
            self.fail("nothing is written to stdout; give a path (./- for a file of that name)", param, ctx)
        return super().convert(value, param, ctx)


#: The type of every argument and option that names an output.
TARGET = TargetType(path_type=Path)


def require_files(targets: Sequence[Path | None], sources: Sequence[Path]) -> None:
    """Before the work: each target can be a file, and none is a source or another target."""
    for target in targets:
        if target is not None:
            replaceable(target)
    require_apart(targets, sources)


def require_apart(targets: Sequence[Path | None], sources: Sequence[Path]) -> None:
    """Before the work: no target is the same file as a source or another target; links count."""
    known = [(source, "which is read") for source in sources]
    for target in targets:
        if target is None:
            continue
        for other, use in known:
            if _is_same(target, other):
                raise ValueError(f"{target} is the same file as {other}, {use}; write to another one")
        known.append((target, "which is written as well"))


def require_folder(target: Path) -> None:
    """Before the work: the target is a folder, or there is nothing of this name."""
    if os.path.lexists(target) and not target.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "is not a folder", str(target))


def require_no_device(target: Path) -> None:
    """Before the work: the target is a file or a folder, or there is nothing of this name."""
    if target.exists() and not (target.is_dir() or target.is_file()):
        raise OSError(errno.EINVAL, "not a regular file but a pipe, socket or device", str(target))


def _is_same(one: Path, other: Path) -> bool:
    if one.exists() and other.exists():
        return one.samefile(other)
    return os.path.realpath(one) == os.path.realpath(other)
