"""What peers need that are command-line tools: headers of codestreams, and raw files of samples."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from . import Missing


class Siz(NamedTuple):
    shape: tuple[int, int]
    components: int
    bits: int
    is_signed: bool


def read_siz(data: bytes) -> Siz:
    """Image size and the first component's depth (T.800 A.5.1); no offset and no subsampling."""
    columns, rows = struct.unpack_from(">II", data, 8)
    components, ssiz = struct.unpack_from(">HB", data, 40)
    return Siz((rows, columns), components, (ssiz & 0x7F) + 1, ssiz >> 7 == 1)


def decompositions(data: bytes) -> int:
    """N_L (T.800 A.6.1)."""
    return data[data.index(b"\xff\x52") + 9]


def container(siz: Siz) -> str:
    """The dtype that holds the samples."""
    size = 1 if siz.bits <= 8 else 2 if siz.bits <= 16 else 4
    return f"<{'i' if siz.is_signed else 'u'}{size}"


def reduced(siz: Siz, reduce: int) -> tuple[int, int]:
    rows, columns = (-(-n // 2**reduce) for n in siz.shape)
    return rows, columns


def interleaved(planes: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """(components, rows, columns) as decode gives it."""
    return planes[0] if len(planes) == 1 else np.moveaxis(planes, 0, -1)


def planar(pixels: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.moveaxis(pixels.reshape(*pixels.shape[:2], -1), -1, 0)


def tool(name: str, package: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise Missing(f"no {name} on this machine ({package})")
    return path


def run(folder: str | Path, *command: object) -> str:
    """What a tool prints. Raises RuntimeError with its last words when it fails."""
    done = subprocess.run([str(c) for c in command], cwd=folder, capture_output=True, text=True, errors="replace")
    said = (done.stdout + done.stderr).strip()
    if done.returncode < 0:
        raise RuntimeError(f"the tool died of signal {-done.returncode}")
    if done.returncode:
        raise RuntimeError(" ".join(said.splitlines()[-1:]) or f"exit code {done.returncode}")
    return said


def debian_version(package: str) -> str:
    """The upstream version of a Debian package; tools that tell it themselves are rare."""
    if shutil.which("dpkg-query") is None:
        return "of unknown version"
    query = subprocess.run(["dpkg-query", "-W", "-f=${Version}", package], capture_output=True, text=True)
    return query.stdout.split("-")[0] or "of unknown version"


def raw_planes(data: bytes, siz: Siz, reduce: int) -> np.ndarray[Any, Any]:
    """The samples of a raw file of whole components, one after the other."""
    return interleaved(np.frombuffer(data, container(siz)).reshape(siz.components, *reduced(siz, reduce)))
