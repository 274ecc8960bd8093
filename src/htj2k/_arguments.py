"""Checks of what callers pass in, with errors that name the argument. Data are checked in the core."""

from __future__ import annotations

import operator
import reprlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAX_COMPONENTS = 16384  # Csiz, T.800 table A.9
CLAMPS = ("precision", "container")
ENGINES = ("openjph", "native")
_ITEM_BITS = {"b": (1,), "u": (8, 16, 32), "i": (8, 16, 32)}


def integer(name: str, value: object, low: int, high: int) -> int:
    """`value` as an int within [low, high]; bool and float are refused."""
    number = value if type(value) is int else _index(name, value)
    if not low <= number <= high:
        raise ValueError(f"{name} is {number}; expected {low} to {high}")
    return number


def _index(name: str, value: object) -> int:
    if isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} must be an integer, not {reprlib.repr(value)}")
    try:
        return operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise TypeError(f"{name} must be an integer, not {type(value).__name__}") from None


def positive_float(name: str, value: object) -> float:
    """`value` as a finite float above zero; bool is refused."""
    if isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} must be a number, not {reprlib.repr(value)}")
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be a number, not {type(value).__name__}") from None
    except OverflowError:  # of an int
        number = float("inf")
    if not 0 < number < float("inf"):
        raise ValueError(f"{name} is {number}; expected a finite number above 0")
    return number


def pair(name: str, value: object, low: int, high: int) -> tuple[int, int]:
    """`value` as (rows, columns)."""
    given = _as_list(value)
    if not isinstance(given, Sequence) or len(given) != 2:
        raise TypeError(f"{name} must be a pair (rows, columns), not {reprlib.repr(value)}")
    rows, columns = given
    return integer(f"{name}[0]", rows, low, high), integer(f"{name}[1]", columns, low, high)


def sequence(name: str, value: object) -> Sequence[Any]:
    """`value` if it is a sequence, such as a list, a tuple or an array."""
    given = _as_list(value)
    if not isinstance(given, Sequence) or isinstance(given, (str, bytes)):
        raise TypeError(f"{name} must be a sequence, not {reprlib.repr(value)}")
    return given


def _as_list(value: object) -> object:
    """An array as lists of its numbers, which numpy does not count as sequences; anything else as it is."""
    return value.tolist() if isinstance(value, np.ndarray) else value


def choice(name: str, value: object, allowed: tuple[str, ...]) -> str:
    """`value` if it is one of the allowed words."""
    if not isinstance(value, str) or value not in allowed:
        raise ValueError(f"{name} is {reprlib.repr(value)}; expected one of {', '.join(map(repr, allowed))}")
    return str(value)


def boolean(name: str, value: object) -> bool:
    """`value` if it is a bool; numbers and words, whose truth may surprise, are refused."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} must be True or False, not {reprlib.repr(value)}")
    return bool(value)


def pixel_limit(max_pixels: object) -> int | None:
    """`max_pixels` as the core takes it; None is no limit."""
    return None if max_pixels is None else integer("max_pixels", max_pixels, 1, 2**63 - 1)


def clamps_to_container(clamp: object) -> bool:
    """Whether `clamp` names the dtype's range instead of the bit depth's; ValueError for other words."""
    return choice("clamp", clamp, CLAMPS) == "container"


def engine(name: object) -> str | None:
    """The name of a decode engine; None is the default's."""
    return None if name is None else choice("engine", name, ENGINES)


def region(given: object) -> tuple[int, int, int, int] | None:
    """(row start, row stop, column start, column stop); whether the image has it shows later."""
    if given is None:
        return None
    edges = [integer("region", edge, 0, 2**32 - 1) for edge in sequence("region", given)]
    if len(edges) != 4:
        raise ValueError(
            f"region has {len(edges)} numbers; expected (row_start, row_stop, column_start, column_stop)"
        )
    return edges[0], edges[1], edges[2], edges[3]


def dtype_bits(dtype: np.dtype[Any], where: str = "pixels have dtype") -> int:
    """Sample width in bits of a supported dtype (bool: 1); TypeError for every other one."""
    bits = 1 if dtype.kind == "b" else 8 * dtype.itemsize
    if bits not in _ITEM_BITS.get(dtype.kind, ()):
        hint = {"f": "; convert to integers first", "i": "; narrow it with astype", "u": "; narrow it with astype"}
        raise TypeError(
            f"{where} {dtype}; supported are bool, uint8, int8, uint16, int16, uint32 and int32"
            f"{hint.get(dtype.kind, '')}"
        )
    return bits


def pixel_array(pixels: object) -> NDArray[Any]:
    """`pixels` as an array of a supported dtype and shape, never copied if it is an array already."""
    if np.ma.is_masked(pixels):
        raise TypeError(
            "pixels have masked samples, which a codestream cannot hold; give them a value with filled()"
        )
    try:
        array = np.asarray(pixels)
    except ValueError as e:
        raise ValueError(f"pixels are no array: {e}") from None
    dtype_bits(array.dtype)
    if array.ndim not in (2, 3):
        raise ValueError(
            f"pixels have shape {array.shape}; expected (rows, columns) or (rows, columns, components)"
        )
    if 0 in array.shape:
        raise ValueError(f"pixels have shape {array.shape}: no axis may be empty")
    if array.ndim == 3 and array.shape[2] > MAX_COMPONENTS:
        raise ValueError(
            f"pixels have shape {array.shape}: {array.shape[2]} components, at most {MAX_COMPONENTS} are allowed"
            " (a planar stack enters as np.moveaxis(a, 0, -1))"
        )
    return array


def stored_bits(bits_stored: object, dtype: np.dtype[Any]) -> int:
    """The precision that SIZ declares: `bits_stored`, by default the dtype's width."""
    width = dtype_bits(dtype)
    if bits_stored is None:
        return width
    return integer("bits_stored", bits_stored, 1, width)


def out_array(out: NDArray[Any] | None) -> NDArray[Any] | None:
    if out is not None and not isinstance(out, np.ndarray):
        raise TypeError(f"out must be an ndarray, not {type(out).__name__}")
    return out
