"""Sizes of resolution levels, and how many there should be."""

from __future__ import annotations

import operator

__all__ = ["default_num_decompositions", "level_size"]

_THUMBNAIL = 64


def level_size(n: int, k: int) -> int:
    """Return ``ceil(n / 2**k)``, the length of a side after ``k`` decompositions (T.800 equation B-15)."""
    return -(-n >> k)


def default_num_decompositions(width: int, height: int) -> int:
    """Return the fewest decompositions for which the base width or height is at most 64, at least 1.

    DICOM PS3.5 10.18 demands such a base resolution of transfer syntax 1.2.840.10008.1.2.4.202.

    Parameters
    ----------
    width, height : int
        Size of the image in samples, each at least 1.

    Returns
    -------
    int
        1 or more. Never 0, which OpenJPH does not decode losslessly.

    Raises
    ------
    ValueError
        If a side is smaller than 1.
    """
    smaller = min(operator.index(width), operator.index(height))
    if smaller < 1:
        raise ValueError(f"the image is {width}x{height}; each side must be at least 1")
    num_decompositions = 1
    while level_size(smaller, num_decompositions) > _THUMBNAIL:
        num_decompositions += 1
    return num_decompositions
