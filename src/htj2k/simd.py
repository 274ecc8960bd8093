"""Which SIMD implementation of the kernels is used.

The fastest one that the CPU and the operating system can run is chosen once, when htj2k is imported. The
environment variable ``HTJ2K_SIMD`` forces another: a name from `available`. An unknown or unavailable name
makes the import of htj2k fail with ``ValueError``; an empty value counts as unset.
"""

from __future__ import annotations

from . import _core

__all__ = ["active", "available"]

_active: str = _core.simd_active()  # at import, so that a wrong HTJ2K_SIMD is told at once


def available() -> list[str]:
    """Return the implementations that this machine can run, fastest first.

    Returns
    -------
    list of str
        Names of instruction sets: on x86 ``"avx512"`` (its F, BW, DQ and VL, with VPCLMULQDQ), ``"avx2"`` (with
        BMI2, PCLMULQDQ, and VPCLMULQDQ where it is there) and ``"sse41"`` (with PCLMULQDQ), on ARM ``"neon"``, and
        always, last, ``"portable"``. All of them give the same results.

    Examples
    --------
    >>> htj2k.simd.available()[-1]
    'portable'
    """
    return list(_core.simd_available())


def active() -> str:
    """Return the implementation in use: the first of `available`, unless ``HTJ2K_SIMD`` names another.

    Returns
    -------
    str
        One of `available`. It does not change while the process runs.

    Examples
    --------
    >>> htj2k.simd.active() in htj2k.simd.available()
    True
    """
    return _active
