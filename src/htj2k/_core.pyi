from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

class EncodeComment:
    data: bytes
    is_text: bool
    def __init__(self) -> None: ...

class EncodeOptions:
    bit_depth: int
    num_decompositions: int
    reversible: bool
    qstep: float | None
    qfactor: float | None
    color_transform: bool
    progression_order: str
    block_width: int
    block_height: int
    precincts: list[tuple[int, int]]
    tile_width: int
    tile_height: int
    tlm: bool
    tile_part_per_resolution: bool
    tile_part_per_component: bool
    mask_unused_bits: bool
    comments: list[EncodeComment]
    jph_file: bool
    def __init__(self) -> None: ...

Levels = list[tuple[int, int, int]]
Messages = list[tuple[bool, str]]

def encode(pixels: NDArray[Any], options: EncodeOptions) -> bytes: ...
def encodes_natively(options: EncodeOptions) -> bool: ...
def encode_with_checksums(
    pixels: NDArray[Any], options: EncodeOptions, clamp_to_container: bool
) -> tuple[bytes, Levels, int, int]: ...
def decode(
    data: Any,
    reduce: int,
    clamp_to_container: bool,
    max_pixels: int | None,
    expected_shape: list[int] | None,
    out: NDArray[Any] | None,
    dtype: np.dtype[Any] | None,
    engine: str | None,
    threads: int | None,
    pool_size: Callable[[], int],
    region: tuple[int, int, int, int] | None,
) -> tuple[NDArray[Any], Messages]: ...
def decode_components(
    data: Any,
    reduce: int,
    clamp_to_container: bool,
    max_pixels: int | None,
    engine: str | None,
    threads: int | None,
    pool_size: Callable[[], int],
) -> tuple[list[NDArray[Any]], Messages]: ...
def decode_levels(
    data: Any,
    reduce: int,
    num_lower: int | None,
    clamp_to_container: bool,
    max_pixels: int | None,
    engine: str | None,
    threads: int,
    threads_as_fit: bool,
) -> tuple[list[NDArray[Any]], Messages]: ...
def decode_partial(
    data: Any,
    reduce: int,
    clamp_to_container: bool,
    max_pixels: int | None,
    threads: int,
    threads_as_fit: bool,
) -> tuple[NDArray[Any], NDArray[np.int8], int, int, str | None, Messages]: ...
def _codeblocks(
    data: Any,
) -> list[tuple[int, int, int, int, int, int, tuple[int, int, int, int], list[tuple[int, int]]]]: ...
def codestream_checksums(
    data: Any,
    reduce: int,
    num_lower: int | None,
    decode_each_level: bool,
    wants_range: bool,
    clamp_to_container: bool,
    max_pixels: int | None,
    wants_pixels: bool,
    out: NDArray[Any] | None,
    most_threads: Callable[[], int],
) -> tuple[NDArray[Any] | None, Levels, tuple[int, int] | None, Messages]: ...
def sizes(data: Any) -> tuple[list[tuple[int, int]], list[int]]: ...
def layout(data: Any, reduce: int, max_pixels: int | None) -> tuple[list[int], np.dtype[Any]]: ...
def look_at(data: Any, max_pixels: int | None) -> tuple[int, int, bool]: ...
def read_info(data: Any, max_pixels: int | None) -> dict[str, Any]: ...
def sample_formats(data: Any, max_pixels: int | None) -> tuple[list[tuple[int, bool]], bool]: ...
def is_htj2k(data: Any) -> bool: ...
def extract_resolution(data: Any, reduce: int, max_pixels: int | None) -> bytes: ...
def crc32(data: Any, value: int) -> int: ...
def _crc32_with(name: str, data: Any, value: int) -> int: ...
def crc32_combine(crc1: int, crc2: int, size2: int) -> int: ...
def pixel_checksums(
    pixels: NDArray[np.generic],
    bit_depth: int,
    num_decompositions: int,
    color_transform: bool,
    clamp_to_container: bool,
    implementation: str = "",
) -> tuple[Levels, int, int]: ...
def simd_available() -> list[str]: ...
def simd_active() -> str: ...
def blocks_by_helpers() -> int: ...

class ArrivedBytes:
    def __init__(self, data: Any, lowest_reduce: int, max_pixels: int | None) -> None: ...
    def close(self) -> None: ...

class ResolutionDecoder:
    def __init__(self) -> None: ...
    @property
    def bytes_kept(self) -> int: ...
    def decode(
        self, arrived: ArrivedBytes, reduce: int, clamp_to_container: bool, threads: int
    ) -> tuple[NDArray[Any], Messages]: ...

class BatchOptions:
    def __init__(
        self, threads: int, pool_size: int, stop_at_error: bool, progress: Callable[[int, int], object] | None
    ) -> None: ...

class FrameRequest:
    def __init__(self, reduce: int, num_lower: int, decode_each_level: bool, wants_range: bool) -> None: ...

class DecodeTask:
    def __init__(
        self, data: Any, reduce: int, clamp_to_container: bool, max_pixels: int | None, pool_size: int
    ) -> None: ...
    def result(self) -> tuple[NDArray[Any], Exception | None, Messages]: ...

def encode_batch(
    frames: list[NDArray[Any]], options: list[EncodeOptions], how: BatchOptions
) -> tuple[list[bytes], list[tuple[int, Exception]]]: ...
def decode_batch(
    frames: list[Any],
    reduce: int,
    clamp_to_container: bool,
    max_pixels: int | None,
    out: NDArray[Any] | None,
    how: BatchOptions,
) -> tuple[Any, list[tuple[int, Exception]], Messages]: ...
def checksum_batch(
    frames: list[Any],
    requests: list[FrameRequest],
    clamp_to_container: bool,
    max_pixels: int | None,
    how: BatchOptions,
) -> tuple[list[tuple[Levels, tuple[int, int] | None]], list[tuple[int, Exception]], Messages]: ...
