"""crc32 against zlib's, for every implementation that this machine can run."""

from __future__ import annotations

import mmap
import threading
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from htj2k import _core
from htj2k._checksum import crc32, crc32_combine
from htj2k.simd import available

IMPLEMENTATIONS = available()
NOISE = np.random.default_rng(1).integers(0, 256, (1 << 20) + 4096, dtype=np.uint8)
every_implementation = pytest.mark.parametrize("name", IMPLEMENTATIONS)

# All sizes around the block sizes of the folding loops (16 to 512), then around powers of two.
SMALL = range(601)
LARGE = sorted({(1 << k) + d for k in range(10, 21) for d in (-33, -17, -16, -15, -1, 0, 1, 15, 16, 17, 33)})


@every_implementation
@pytest.mark.parametrize("offset", range(64))
def test_small_sizes_at_every_alignment(name: str, offset: int) -> None:
    for size in SMALL:
        data = NOISE[offset : offset + size]
        assert _core._crc32_with(name, data, 0) == zlib.crc32(data), (size, offset)


@every_implementation
@pytest.mark.parametrize("size", LARGE)
def test_large_sizes(name: str, size: int) -> None:
    for offset in range(0, 64, 7):
        data = NOISE[offset : offset + size]
        assert _core._crc32_with(name, data, 0) == zlib.crc32(data), offset


@every_implementation
def test_known_values(name: str) -> None:
    assert _core._crc32_with(name, b"", 0) == 0
    assert _core._crc32_with(name, b"", 123) == 123
    assert _core._crc32_with(name, b"123456789", 0) == 0xCBF43926


@every_implementation
@pytest.mark.parametrize("byte", [0x00, 0xFF, 0x01, 0x80])
def test_constant_bytes(name: str, byte: int) -> None:
    for size in (16, 63, 64, 65, 127, 128, 4095, 70000):
        data = bytes([byte]) * size
        assert _core._crc32_with(name, data, 0) == zlib.crc32(data), size


@every_implementation
def test_one_bit_anywhere_changes_the_checksum_as_in_zlib(name: str) -> None:
    data = bytearray(300)
    for bit in range(8 * len(data)):
        data[bit // 8] ^= 1 << bit % 8
        assert _core._crc32_with(name, data, 0) == zlib.crc32(data), bit
        data[bit // 8] = 0


@every_implementation
def test_incremental(name: str) -> None:
    data = NOISE[:1500]
    expected = zlib.crc32(data)
    for cut in range(0, 1501, 13):
        first = _core._crc32_with(name, data[:cut], 0)
        assert _core._crc32_with(name, data[cut:], first) == expected, cut


@given(data=st.binary(max_size=3000), value=st.integers(0, 2**32 - 1), chunk=st.integers(1, 700))
def test_any_bytes_and_any_start_value(data: bytes, value: int, chunk: int) -> None:
    expected = zlib.crc32(data, value)
    for name in IMPLEMENTATIONS:
        assert _core._crc32_with(name, data, value) == expected
        running = value
        for start in range(0, len(data), chunk):
            running = _core._crc32_with(name, data[start : start + chunk], running)
        assert running == expected


@pytest.mark.parametrize("value", [0, 1, 2**31, 2**32 - 1, 2**32, 2**40 + 5, -1])
def test_start_value_is_taken_modulo_32_bits_as_in_zlib(value: int) -> None:
    assert crc32(b"abc", value) == zlib.crc32(b"abc", value & 0xFFFFFFFF)


@pytest.mark.parametrize(
    "wrap",
    [bytes, bytearray, memoryview, lambda b: memoryview(b).toreadonly(), lambda b: memoryview(b).cast("i")],
)
def test_bytes_like(wrap: object) -> None:
    data = NOISE[:65536].tobytes()
    assert crc32(wrap(data)) == zlib.crc32(data)  # type: ignore[operator]


def test_mmap(tmp_path: Path) -> None:
    path = tmp_path / "data"
    path.write_bytes(NOISE[:50001].tobytes())
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        assert crc32(mapped) == zlib.crc32(NOISE[:50001])


@pytest.mark.parametrize(
    "dtype", ["?", "u1", "i2", ">i2", "u4", ">u8", "f2", "f4", "f8", "c16", "S4", "U2", "i2,f4"]
)
def test_array_of_any_dtype_counts_as_its_bytes(dtype: str) -> None:
    array = np.zeros((40, 30), dtype)
    array.view(np.uint8)[...] = NOISE[: array.nbytes].reshape(40, -1) % 2
    array.flags.writeable = False
    assert crc32(array) == zlib.crc32(array.tobytes())


def test_empty_and_scalar_arrays() -> None:
    assert crc32(np.zeros((0, 5))) == 0
    assert crc32(np.array(7, "u2")) == zlib.crc32(np.array(7, "u2").tobytes())


@pytest.mark.parametrize(
    "strided",
    [
        np.zeros((8, 8))[:, ::2],
        np.zeros((8, 8))[::-1],
        np.asfortranarray(np.ones((8, 8))),
        np.broadcast_to(np.uint8(1), (4, 4)),
        memoryview(bytes(100))[::3],
    ],
)
def test_non_contiguous_is_a_value_error_that_says_so(strided: object) -> None:
    with pytest.raises(ValueError, match="not C-contiguous"):
        crc32(strided)


@pytest.mark.parametrize("data", ["text", 5, None, [1, 2], object()])
def test_what_has_no_buffer_is_a_type_error(data: object) -> None:
    with pytest.raises(TypeError):
        crc32(data)


def test_released_memoryview_keeps_its_own_error() -> None:
    view = memoryview(b"abc")
    view.release()
    with pytest.raises(ValueError, match="released"):
        crc32(view)


@pytest.mark.parametrize("value", ["1", 1.5, None])
def test_start_value_must_be_an_integer(value: object) -> None:
    with pytest.raises(TypeError):
        crc32(b"", value)  # type: ignore[arg-type]


@given(first=st.binary(max_size=500), second=st.binary(max_size=500))
def test_combine(first: bytes, second: bytes) -> None:
    assert crc32_combine(zlib.crc32(first), zlib.crc32(second), len(second)) == zlib.crc32(first + second)


@pytest.mark.parametrize("size", [2**29 - 1, 2**29, 2**32 - 1, 2**32, 2**61, 2**64 - 1])
def test_combine_with_huge_lengths(size: int) -> None:
    """A run of zeros of that length appended in two steps and in one; no oracle holds so many bytes."""
    half = size // 2
    crc = 0x12345678
    in_steps = crc32_combine(crc32_combine(crc, 0, half), 0, size - half)
    assert crc32_combine(crc, 0, size) == in_steps
    assert crc32_combine(crc, 0, 2**32 - 1) == crc  # x has this order


def test_combine_refuses_what_no_checksum_is() -> None:
    with pytest.raises(ValueError, match="size2"):
        crc32_combine(0, 0, -1)
    with pytest.raises(ValueError, match="32-bit"):
        crc32_combine(2**32, 0, 1)
    assert crc32_combine(-1, 0, 5) == crc32_combine(0xFFFFFFFF, 0, 5)


def test_threads_get_their_own_answers() -> None:
    chunks = [NOISE[i * 1000 : i * 1000 + 300_000] for i in range(8)]
    results: dict[int, list[int]] = {}

    def work(i: int) -> None:
        results[i] = [crc32(chunks[i]) for _ in range(20)]

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {i: [zlib.crc32(chunk)] * 20 for i, chunk in enumerate(chunks)}
