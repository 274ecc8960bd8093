"""`Sandbox`: the calls of the library that a worker process can answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.typing import DTypeLike, NDArray

from htj2k import _arguments as arguments
from htj2k._buffers import Buffer
from htj2k._checksum import Clamp, DecodedLevels
from htj2k._decode import checked_shape, core_decode_options, sample_format
from htj2k._info import DEFAULT_MAX_PIXELS
from htj2k._samples import result_dtype
from htj2k._verify import Decoding, Expected, Request, Verification, verify_by
from htj2k.errors import WorkerLost

from .replies import put, take_levels, take_pixels, take_sizes
from .shared_file import bytes_of
from .slot import Slot, Take, Value
from .walls import Level

_LONGEST_WAIT = 2_000_000.0  # seconds, which in milliseconds fit an int of C

DEFAULT_MEMORY_LIMIT = 2**31
DEFAULT_TIME_LIMIT = 60.0


class Sandbox:
    """A decoder in a process of its own, for data that nobody vouches for. A context manager.

    The process is started at the first call and then kept. It is started anew after a crash, in the child of a
    fork, and before its CPU time is used up. Calls of several threads take turns; a second sandbox works beside
    the first. Frames that one worker decodes can reach each other, if one of them takes it over: give sources
    that must not meet a sandbox each.

    Parameters
    ----------
    memory_limit : int
        Bytes that the data and the pixels of a call may take together, and bytes that decoding may take besides.
    time_limit : float
        Seconds that a call may take.
    require_sandbox : bool
        True: SandboxUnavailable where the kernel does not filter the worker's system calls. False: there its
        resources are limited and nothing else; `level` tells.
    """

    def __init__(
        self,
        *,
        memory_limit: int = DEFAULT_MEMORY_LIMIT,
        time_limit: float = DEFAULT_TIME_LIMIT,
        require_sandbox: bool = True,
    ) -> None:
        self._slot = Slot(arguments.integer("memory_limit", memory_limit, 1 << 20, 2**62))
        self._time_limit = min(arguments.positive_float("time_limit", time_limit), _LONGEST_WAIT)
        self._require_sandbox = arguments.boolean("require_sandbox", require_sandbox)

    def _with_terms(self, time_limit: float, require_sandbox: bool) -> Sandbox:
        """The same worker under other terms."""
        other = Sandbox(time_limit=time_limit, require_sandbox=require_sandbox)
        other._slot = self._slot
        return other

    def __enter__(self) -> Sandbox:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """As `close`."""
        self.close()

    def close(self) -> None:
        """End the worker process; the next call starts another one."""
        self._slot.close()

    def level(self) -> Level:
        """How far the worker is isolated, as :func:`htj2k.isolated.level` says."""
        return self._slot.level(self._require_sandbox)

    def decode(
        self,
        data: Buffer,
        *,
        reduce: int = 0,
        out: NDArray[Any] | None = None,
        clamp: str = "precision",
        max_pixels: int | None = DEFAULT_MAX_PIXELS,
        expected_shape: Sequence[int] | None = None,
        dtype: DTypeLike | None = None,
        bits_stored: int | None = None,
        is_signed: bool | None = None,
    ) -> NDArray[Any]:
        """Decode as :func:`htj2k.isolated.decode` does, within this sandbox's limits.

        Parameters
        ----------
        data, reduce, out, clamp, max_pixels, expected_shape, dtype, bits_stored, is_signed
            As in :func:`htj2k.decode`.

        Returns
        -------
        ndarray
            As :func:`htj2k.decode` returns it.

        Raises
        ------
        WorkerLost, SandboxUnavailable, LimitError
            As :func:`htj2k.isolated.decode` does.
        HTJ2KError, TypeError, ValueError, MemoryError
            As :func:`htj2k.decode` does.
        """
        levels, _, area = core_decode_options(reduce, clamp, max_pixels)
        said = sample_format(bits_stored, is_signed)
        options = {
            "reduce": levels,
            "clamp": clamp,
            "max_pixels": area,
            "expected_shape": None if expected_shape is None else checked_shape(expected_shape),
            "dtype": None if dtype is None else result_dtype(dtype).str,
            "bits_stored": said.bits,
            "is_signed": said.is_signed,
        }
        target = arguments.out_array(out)
        pixels = self._call("decode", data, options, take_pixels)
        return pixels if target is None else put(pixels, target)

    def verify(
        self,
        data: Buffer,
        expected: Expected,
        *,
        clamp: Clamp | None = None,
        max_pixels: int | None = DEFAULT_MAX_PIXELS,
        decode_each_level: bool = False,
    ) -> Verification:
        """Verify as :func:`htj2k.isolated.verify` does, within this sandbox's limits.

        Parameters
        ----------
        data, expected, clamp, max_pixels, decode_each_level
            As in :func:`htj2k.verify`.

        Returns
        -------
        Verification
            As :func:`htj2k.isolated.verify` returns it.

        Raises
        ------
        SandboxUnavailable, MemoryError, TypeError, ValueError
            As :func:`htj2k.isolated.verify` does.
        """
        area = core_decode_options(0, "precision", max_pixels)[2]
        each = arguments.boolean("decode_each_level", decode_each_level)
        view = bytes_of(data)
        self.level()  # that there is no sandbox is no verdict about the data
        return verify_by(_IsolatedDecoding(self), view, expected, clamp, area, each)

    def _call(self, name: str, data: Buffer, options: dict[str, Any], take: Take[Value]) -> Value:
        return self._slot.call(
            name, data, options, take, time_limit=self._time_limit, require_sandbox=self._require_sandbox
        )


class _IsolatedDecoding(Decoding):
    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def _call(self, name: str, data: Buffer, options: dict[str, Any], take: Take[Value]) -> Value:
        try:
            return self._sandbox._call(name, data, options, take)
        except (ValueError, TypeError) as error:  # this process has checked what it asks for
            raise WorkerLost(f"the worker process gave a reply that makes no sense ({error})") from error

    def sizes(self, data: Buffer) -> tuple[list[tuple[int, int]], list[int]]:
        return self._call("sizes", data, {}, take_sizes)

    def levels(self, data: Buffer, first: int, last: int, clamp: Clamp, request: Request) -> DecodedLevels:
        wanted = {
            "first": first,
            "last": last,
            "clamp": clamp,
            "max_pixels": request.max_pixels,
            "decode_each_level": request.decode_each_level,
            "wants_extremes": request.wants_extremes,
        }
        reduces, with_extremes = range(first, last + 1), request.wants_extremes
        return self._call("levels", data, wanted, lambda value, _: take_levels(value, reduces, with_extremes))
