"""What the library takes as bytes."""

from __future__ import annotations

import mmap
from typing import Any, TypeAlias

from numpy.typing import NDArray

Buffer: TypeAlias = bytes | bytearray | memoryview | mmap.mmap | NDArray[Any]


def contiguous_view(data: object) -> memoryview:
    """The bytes of `data`, where the core would take it, else its error. `bytes` makes zeros of an int."""
    try:
        view = memoryview(data)  # type: ignore[arg-type]
    except TypeError:
        raise TypeError(f"a bytes-like object is required, not {type(data).__name__!r}") from None
    if view.format == "O":
        raise TypeError("data is an array of Python objects, not of bytes")
    if not view.c_contiguous:
        raise ValueError("data is not C-contiguous; pass a contiguous copy, such as numpy.ascontiguousarray(data)")
    return view
