"""OpenHTJ2K (BSD licence), a codec apart from OpenJPH and OpenJPEG, out of the wheel of blosc2-htj2k (AGPL).

Only for tests: nothing of either is distributed, and blosc2-htj2k's own code is not run.
"""

from __future__ import annotations

import ctypes
import functools
import math
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from . import Cannot, Missing, Options
from ._files import interleaved, planar, read_siz, reduced

NAME = "OpenHTJ2K"
CODEC = "OpenHTJ2K"
REQUIRES = ("blosc2-htj2k==0.4.2",)  # as openhtj2k.cpp declares what is in this one
_ORDERS = ("LRCP", "RLCP", "RPCL", "PCRL", "CPRL")


@functools.cache
def _library() -> ctypes.CDLL:
    """openhtj2k.cpp, compiled beside the environment."""
    wheel = metadata.distribution("blosc2-htj2k").locate_file("blosc2_htj2k/plugins/htj2k/openhtj2k")
    if shutil.which("c++") is None:
        raise Missing("needs a C++ compiler")
    built = Path(sys.prefix) / "openhtj2k_peer.so"
    source = Path(__file__).with_suffix(".cpp")
    if not built.exists() or built.stat().st_mtime < source.stat().st_mtime:
        command = ["c++", "-std=c++17", "-O1", "-shared", "-fPIC", str(source), "-o", str(built)]
        command += [f"-L{wheel}", "-l:libopen_htj2k_R.so.0.4.0", f"-Wl,-rpath,{wheel}"]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise Missing(f"openhtj2k.cpp does not compile: {done.stderr.splitlines()[0]}")
    return ctypes.CDLL(str(built))


def version() -> str:
    try:
        _library()
    except metadata.PackageNotFoundError:
        raise ImportError("No module named 'blosc2_htj2k'") from None
    return "OpenHTJ2K 0.4.0"


def _check(failed: int, message: Any) -> None:
    if failed:
        raise RuntimeError(message.value.decode(errors="replace"))


def decode(data: bytes, reduce: int) -> Any:
    siz = read_siz(data)
    rows, columns = reduced(siz, reduce)
    samples = np.zeros(siz.components * rows * columns, np.int32)
    width, height, message = ctypes.c_uint32(), ctypes.c_uint32(), ctypes.create_string_buffer(256)
    failed = _library().htj2k_peer_decode(
        data,
        ctypes.c_size_t(len(data)),
        ctypes.c_uint8(reduce),
        samples.ctypes,
        ctypes.c_size_t(samples.size),
        ctypes.byref(width),
        ctypes.byref(height),
        message,
    )
    _check(failed, message)
    if (height.value, width.value) != (rows, columns):
        raise RuntimeError(f"gives {height.value}x{width.value} samples")
    return interleaved(samples.reshape(siz.components, rows, columns))


def encode(pixels: Any, options: Options) -> bytes:
    options.must_be_default("tlm")
    if options.bits_stored > 31:
        raise Cannot("samples are of 32 bits with sign")
    planes = np.ascontiguousarray(planar(pixels), np.int32)
    tile = options.tile_size or pixels.shape[:2]
    parameters = [
        options.bits_stored,
        pixels.dtype.kind == "i",
        options.num_decompositions,
        options.color_transform,
        _ORDERS.index(options.progression_order),
        *(int(math.log2(side)) - 2 for side in options.block_size),
        *tile,
        options.qstep is None,
    ]
    precincts = bytes(int(math.log2(side)) for size in options.precincts_from_full_size() for side in size)
    out = ctypes.create_string_buffer(planes.nbytes * 2 + 65536)
    size, message = ctypes.c_size_t(len(out)), ctypes.create_string_buffer(256)
    failed = _library().htj2k_peer_encode(
        planes.ctypes,
        (ctypes.c_uint32 * 3)(*pixels.shape[:2], len(planes)),
        (ctypes.c_uint32 * len(parameters))(*parameters),
        ctypes.c_double(options.qstep or 1.0),
        precincts,
        ctypes.c_uint32(len(precincts) // 2),
        out,
        ctypes.byref(size),
        message,
    )
    _check(failed, message)
    return out.raw[: size.value]
