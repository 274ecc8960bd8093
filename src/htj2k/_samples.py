"""How decoded samples are handed out: the dtype asked for, and metadata that read the bits another way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from . import _arguments as arguments
from . import _core

if TYPE_CHECKING:
    from ._buffers import Buffer


@dataclass(frozen=True)
class SampleFormat:
    """What SIZ, or the caller's metadata, say of samples; None is not said."""

    bits: int | None
    is_signed: bool | None

    def __str__(self) -> str:
        sign = {None: "", True: "signed ", False: "unsigned "}[self.is_signed]
        return f"{sign}{self.bits}-bit samples" if self.bits is not None else f"{sign}samples"


@dataclass(frozen=True)
class Storage:
    """The dtype of the result (None: what SIZ asks for), and how to read its bits if not as SIZ says."""

    dtype: np.dtype[Any] | None = None
    reading: SampleFormat | None = None


NOTHING_SAID = SampleFormat(None, None)
_AS_SIZ_SAYS = Storage()


def plan_storage(
    data: Buffer,
    max_pixels: int | None,
    dtype: DTypeLike | None,
    said: SampleFormat,
    *,
    reduce: int,
    to_container: bool,
) -> Storage:
    """Decide how samples are stored; ValueError when `dtype` or what is `said` does not fit the codestream."""
    if dtype is None and said.bits is None and said.is_signed is None:
        return _AS_SIZ_SAYS
    wanted = None if dtype is None else result_dtype(dtype)
    formats, is_reversible = _core.sample_formats(data, max_pixels)
    components = [SampleFormat(*pair) for pair in formats]
    is_reinterpreted = _is_reinterpreted(components, said)
    if is_reinterpreted:
        _check_reinterpretation(said, components[0], reduce, is_reversible)
    result = said if is_reinterpreted else _widest(components)
    natural = _natural_dtype(result)
    if wanted is not None:
        held = 8 * natural.itemsize if to_container else result.bits
        _check_holds(wanted, SampleFormat(held, result.is_signed), is_reinterpreted)
    return Storage(wanted or natural, said if is_reinterpreted else None)


def reinterpret(pixels: NDArray[Any], reading: SampleFormat) -> None:
    """Read the low bits of each sample as signed or unsigned, in place."""
    bits = reading.bits or 0
    if not reading.is_signed:
        np.bitwise_and(pixels, pixels.dtype.type(2**bits - 1), out=pixels)
        return
    unused = 8 * pixels.dtype.itemsize - bits
    np.left_shift(pixels, unused, out=pixels)
    np.right_shift(pixels, unused, out=pixels)


def result_dtype(dtype: DTypeLike) -> np.dtype[Any]:
    """The dtype that a caller asks for; TypeError or ValueError if results cannot have it."""
    try:
        result: np.dtype[Any] = np.dtype(dtype)
    except TypeError as e:
        raise TypeError(f"dtype is {dtype!r}: {e}") from None
    arguments.dtype_bits(result, "dtype is")
    if not result.isnative:
        raise ValueError(f"dtype is {result.str!r}, a foreign byte order; results have the native one")
    return result


def _is_reinterpreted(components: list[SampleFormat], said: SampleFormat) -> bool:
    """Whether `said` has the depth of SIZ but the other sign; ValueError for any other disagreement."""
    if all(_agrees(component, said) for component in components):
        return False
    only = components[0] if len(components) == 1 else None
    if only is not None and only.bits == said.bits:
        return True
    found = ", ".join(str(component) for component in components)
    hint = "; give bits_stored as well if its highest bit is the sign" if said.bits is None and only else ""
    raise ValueError(
        f"bits_stored and is_signed say {said}, but the codestream (SIZ) has {found}; leave both out to decode"
        f" what the codestream says{hint}"
    )


def _agrees(component: SampleFormat, said: SampleFormat) -> bool:
    return said.bits in (None, component.bits) and said.is_signed in (None, component.is_signed)


def _check_reinterpretation(said: SampleFormat, siz: SampleFormat, reduce: int, is_reversible: bool) -> None:
    """The wavelet saw jumps where the values wrap, so only exact samples can be read another way."""
    both = f"the codestream (SIZ) has {siz} and is_signed says they hold {said}"
    if reduce:
        raise ValueError(
            f"reduce is {reduce}, but {both}: lower resolutions average values on both sides of the wrap and mean"
            " nothing; decode with reduce=0"
        )
    if not is_reversible:
        raise ValueError(
            f"{both}, but it is lossy: an error of 1 at the wrap would flip the sign; leave is_signed out to"
            " decode what the codestream says"
        )


def _widest(components: list[SampleFormat]) -> SampleFormat:
    return max(components, key=lambda component: component.bits or 0)


def _natural_dtype(samples: SampleFormat) -> np.dtype[Any]:
    bits = samples.bits or 0
    return np.dtype(f"{'i' if samples.is_signed else 'u'}{1 if bits <= 8 else 2 if bits <= 16 else 4}")


def _check_holds(dtype: np.dtype[Any], samples: SampleFormat, is_reinterpreted: bool) -> None:
    bits = samples.bits or 0
    width = arguments.dtype_bits(dtype)
    if samples.is_signed:
        holds = dtype.kind == "i" and width >= bits
    elif dtype.kind == "b":
        holds = bits == 1 and not is_reinterpreted
    else:
        holds = width - (dtype.kind == "i") >= bits
    if not holds:
        raise ValueError(f"dtype is {dtype}, which cannot hold every value of {samples}")
