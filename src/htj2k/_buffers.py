"""What the library takes as bytes."""

from __future__ import annotations

import mmap
from typing import Any, TypeAlias

from numpy.typing import NDArray

Buffer: TypeAlias = bytes | bytearray | memoryview | mmap.mmap | NDArray[Any]
