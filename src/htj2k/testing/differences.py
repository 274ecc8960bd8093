"""Where two images differ, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_LISTED = 5


@dataclass(frozen=True)
class Differences:
    """The samples in which decoded pixels are not the expected ones; both have one shape."""

    expected: NDArray[Any]
    actual: NDArray[Any]
    differs: NDArray[np.bool_]

    @property
    def count(self) -> int:
        """How many samples differ."""
        return int(np.count_nonzero(self.differs))

    @property
    def pixels(self) -> NDArray[np.bool_]:
        """(rows, columns): where at least one component differs."""
        planes: NDArray[np.bool_] = np.atleast_3d(self.differs).any(axis=2)  # type: ignore[assignment]
        return planes

    def describe(self) -> list[str]:
        """The first samples with both values, how many there are, and the area they lie in."""
        where = np.argwhere(self.differs)
        lines = [f"{len(where)} of {self.differs.size} samples differ, the first of them:"]
        for index in (tuple(map(int, row)) for row in where[:_LISTED]):
            lines.append(f"  pixels{list(index)} is {self.actual[index]}, expected {self.expected[index]}")
        (top, left), (bottom, right) = where[:, :2].min(axis=0), where[:, :2].max(axis=0)
        lines.append(f"they lie in rows {top} to {bottom} and columns {left} to {right}")
        lines.append(f"the largest difference is {self._largest(where)}")
        return lines

    def _largest(self, where: NDArray[np.intp]) -> int:
        # Only the differing samples, as 64-bit integers, hold the difference of any two 32-bit ones.
        index = tuple(where.T)
        return int(np.abs(self.actual[index].astype(np.int64) - self.expected[index].astype(np.int64)).max())


def find_differences(expected: NDArray[Any], actual: NDArray[Any]) -> Differences | None:
    """None when all values are equal, whatever the dtypes."""
    differs = np.not_equal(expected, actual)
    return Differences(expected, actual, differs) if differs.any() else None
