"""The reversible 5/3 and component transforms in plain numpy, as ITU-T T.800 Annexes F and G write them.

Written from the standard and apart from the C++: whole arrays, 64-bit integers, index arithmetic for the
symmetric extension, no lifting tricks. Slow and obvious, to be the oracle of every test that needs expected
pixels.
"""

from __future__ import annotations

import zlib

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.int64]


def _mirror(index: npt.NDArray[np.int64], length: int) -> npt.NDArray[np.int64]:
    """Equation F-4: whole-sample symmetric extension about both ends."""
    period = 2 * (length - 1)
    folded = index % period
    return np.minimum(folded, period - folded)


def low_pass(x: Array, axis: int) -> Array:
    """1D_SD's low-pass half (F.4.8.1) along an axis of a signal that starts at an even coordinate."""
    x = np.moveaxis(x, axis, 0)
    length = x.shape[0]
    if length == 1:  # F.4.6: passes unchanged
        return np.moveaxis(x.copy(), 0, axis)

    def at(i: npt.NDArray[np.int64]) -> Array:
        return x[_mirror(i, length)]

    def high(n: npt.NDArray[np.int64]) -> Array:
        return at(2 * n + 1) - (at(2 * n) + at(2 * n + 2)) // 2

    n = np.arange((length + 1) // 2)
    low = at(2 * n) + (high(n - 1) + high(n) + 2) // 4
    return np.moveaxis(low, 0, axis)


def low_pass_2d(x: Array) -> Array:
    """2D_SD (F.4.2): VER_SD first, then HOR_SD. The order matters, as each rounds."""
    return low_pass(low_pass(x, 0), 1)


def forward_rct(x: Array) -> Array:
    """Equations G-3 to G-5 on the first three components of (rows, columns, components)."""
    r, g, b = (x[..., i] for i in range(3))
    return np.concatenate([np.stack([(r + 2 * g + b) // 4, b - g, r - g], axis=-1), x[..., 3:]], axis=-1)


def inverse_rct(x: Array) -> Array:
    """Equations G-6 to G-8."""
    y, u, v = (x[..., i] for i in range(3))
    g = y - (u + v) // 4
    return np.concatenate([np.stack([v + g, g, u + g], axis=-1), x[..., 3:]], axis=-1)


def decoded_dtype(bits: int, signed: bool) -> np.dtype[np.signedinteger | np.unsignedinteger]:
    size = 1 if bits <= 8 else 2 if bits <= 16 else 4
    return np.dtype(f"<{'i' if signed else 'u'}{size}")


def default_bits(dtype: npt.DTypeLike) -> int:
    dtype = np.dtype(dtype)
    return 1 if dtype.kind == "b" else 8 * dtype.itemsize


def pyramid(
    pixels: npt.NDArray[np.generic],
    num_decompositions: int,
    *,
    bits_stored: int | None = None,
    color_transform: bool = False,
    clamp: str = "precision",
) -> list[npt.NDArray[np.generic]]:
    """What a decoder gives at every resolution, base to full, of a lossless codestream of these pixels."""
    signed = pixels.dtype.kind == "i"
    bits = default_bits(pixels.dtype) if bits_stored is None else bits_stored
    dtype = decoded_dtype(bits, signed)
    range_bits = bits if clamp == "precision" else 8 * dtype.itemsize
    low, high = (-(1 << range_bits - 1), (1 << range_bits - 1) - 1) if signed else (0, (1 << range_bits) - 1)
    x = pixels.astype(np.int64)
    if color_transform:
        x = forward_rct(x)
    levels = []
    for level in range(num_decompositions + 1):
        if level:
            x = low_pass_2d(x)
        seen = inverse_rct(x) if color_transform else x
        levels.append(np.clip(seen, low, high).astype(dtype))
    return levels[::-1]


def checksum(pixels: npt.NDArray[np.generic]) -> int:
    """zlib's CRC-32 over packed little-endian samples, row-major, interleaved."""
    return zlib.crc32(np.ascontiguousarray(pixels, dtype=pixels.dtype.newbyteorder("<")).tobytes())


def checksums(
    pixels: npt.NDArray[np.generic], num_decompositions: int, **options: object
) -> list[tuple[int, int, int]]:
    """(width, height, checksum) of every resolution, base to full."""
    levels = pyramid(pixels, num_decompositions, **options)  # type: ignore[arg-type]
    return [(level.shape[1], level.shape[0], checksum(level)) for level in levels]
