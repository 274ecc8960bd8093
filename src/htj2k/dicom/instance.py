"""One instance opened for reading its frames, in a file or in memory."""

from __future__ import annotations

import collections
import io
import os
import struct
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, BinaryIO, cast

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.errors import InvalidDicomError
from pydicom.uid import UID

import htj2k
from htj2k._threads import at_frame
from htj2k.errors import HTJ2KError

from .agreement import ImagePixel, Reading, check_range, decode_frame, plan_reading
from .errors import DamagedInstance, InvalidInstance, UnreadableFile, UnsupportedInstance
from .fragments import ITEM, EncapsulatedFrames
from .htj2k_syntax import HTJ2K_SYNTAXES, check_transfer_syntax, transfer_syntax_uid
from .layout import PixelLayout, pixel_layout
from .native import frame_at, stored_bytes
from .reading import integer, read_dataset, require_small_when_inflated
from .syntaxes import NATIVE_SYNTAXES

Pixels = NDArray[Any]
Source = str | os.PathLike[str] | pydicom.Dataset

_HEADER = struct.Struct("<HH2s2xI")  # of PixelData in Explicit VR Little Endian, as all HTJ2K syntaxes are
_UNDEFINED_LENGTH = 0xFFFFFFFF


class NativeInstance:
    """An uncompressed instance, for what `HTJ2KInstance` does; there is nothing to close."""

    def __init__(self, dataset: pydicom.FileDataset) -> None:
        self._layout = pixel_layout(dataset)
        self._data = _native_bytes(dataset, self._layout)

    def __enter__(self) -> NativeInstance:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def __len__(self) -> int:
        return self._layout.frames

    def read(self, index: int, options: dict[str, Any]) -> Pixels:
        if options["reduce"]:
            raise ValueError(
                f"reduce is {options['reduce']}, but uncompressed frames have the full resolution only"
            )
        return np.array(frame_at(self._data, self._layout, index), order="C")

    def read_all(self, options: dict[str, Any], _window: int | None) -> Iterator[Pixels]:
        for index in range(len(self)):
            yield self.read(index, options)

    def disagreements(self, _index: int) -> list[str]:
        return []


def _native_bytes(dataset: pydicom.FileDataset, layout: PixelLayout) -> memoryview:
    try:
        return stored_bytes(dataset, layout)
    except InvalidInstance:
        value = bytes(dataset["PixelData"].value or b"")
        if htj2k.is_htj2k(value):
            raise _not_encapsulated(value) from None
        raise


def _not_encapsulated(codestream: bytes) -> InvalidInstance:
    name = ""
    if htj2k.read_info(codestream).container == "j2c":
        uid = transfer_syntax_uid(codestream)
        name = f" {uid.name} ({uid})"
    return InvalidInstance(
        "PixelData holds an HTJ2K codestream as if it were native samples: put it into items with "
        f"pydicom.encaps.encapsulate and set TransferSyntaxUID to that of the codestream{name}"
    )


class HTJ2KInstance:
    """An HTJ2K instance, in a file that stays open or in memory."""

    def __init__(self, dataset: pydicom.Dataset, file: BinaryIO, opened: ExitStack) -> None:
        self._opened = opened
        self._syntax = dataset.file_meta.TransferSyntaxUID
        self._image = ImagePixel.from_dataset(dataset)
        count = integer(dataset, "NumberOfFrames", default=1)
        if count < 1:
            raise InvalidInstance(f"DICOM attribute NumberOfFrames is {count}; it must be at least 1")
        self._frames = EncapsulatedFrames(file, count, dataset.get("ExtendedOffsetTable") or b"")

    def __enter__(self) -> HTJ2KInstance:
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def __len__(self) -> int:
        return len(self._frames)

    def read(self, index: int, options: dict[str, Any]) -> Pixels:
        data = self._frames[index]
        reading = self._plan(data)
        return decode_frame(data, reading, **options).astype(self._image.dtype, copy=False)

    def read_all(self, options: dict[str, Any], window: int | None) -> Iterator[Pixels]:
        planned: collections.deque[tuple[bytes, Reading] | Exception] = collections.deque()
        decoded = htj2k.iter_decode(self._codestreams(planned), window=window, **options)
        for index, pixels in enumerate(decoded):
            data, reading = cast("tuple[bytes, Reading]", planned.popleft())
            try:
                yield self._finish(pixels, data, reading, options)
            except (HTJ2KError, ValueError) as error:
                raise at_frame(error, index) from None
        if planned:  # the plan of the frame after the last one failed
            raise cast(Exception, planned.popleft())

    def _codestreams(self, planned: collections.deque[tuple[bytes, Reading] | Exception]) -> Iterator[bytes]:
        """What is to be decoded, up to the first frame that cannot be."""
        for index in range(len(self)):
            try:
                data = self._frames[index]
                planned.append((data, self._plan(data)))
            except HTJ2KError as error:
                planned.append(at_frame(error, index))
                return
            yield data

    def _finish(self, pixels: Pixels, data: bytes, reading: Reading, options: dict[str, Any]) -> Pixels:
        if reading.said:  # rare: decoded once more, as only `htj2k.decode` reads samples in the other sign
            pixels = decode_frame(data, reading, **options)
        else:
            check_range(pixels, reading)
        return pixels.astype(self._image.dtype, copy=False)

    def _plan(self, data: bytes) -> Reading:
        return plan_reading(htj2k.read_info(data), self._image)

    def disagreements(self, index: int) -> list[str]:
        info = htj2k.read_info(self._frames[index])
        syntax = [f"TransferSyntaxUID: {reason}" for reason in check_transfer_syntax(info, self._syntax)]
        try:
            return [*plan_reading(info, self._image).disagreements, *syntax]
        except HTJ2KError as error:
            return [str(error), *syntax]


def open_instance(source: Source) -> NativeInstance | HTJ2KInstance:
    """Open a file or a dataset by its transfer syntax; InvalidInstance when that cannot be."""
    if isinstance(source, pydicom.Dataset):
        return _from_dataset(source)
    opened = ExitStack()
    try:
        return _from_file(source, opened)
    except BaseException:
        opened.close()
        raise


def _from_dataset(dataset: pydicom.Dataset) -> NativeInstance | HTJ2KInstance:
    syntax = _transfer_syntax(dataset)
    if "PixelData" not in dataset:
        raise InvalidInstance("DICOM attribute PixelData does not exist")
    if syntax in NATIVE_SYNTAXES:
        return NativeInstance(cast(pydicom.FileDataset, dataset))
    value = dataset["PixelData"].value or b""
    file = io.BytesIO(value) if isinstance(value, bytes | bytearray) else value
    begin = file.tell()
    if file.read(4) != ITEM:
        file.seek(begin)
        raise _no_items(file.read())
    file.seek(begin)
    return HTJ2KInstance(dataset, file, ExitStack())


def _from_file(path: str | os.PathLike[str], opened: ExitStack) -> NativeInstance | HTJ2KInstance:
    try:
        file = opened.enter_context(open(path, "rb"))  # noqa: SIM115 - closed with the instance
        require_small_when_inflated(path)
        dataset = pydicom.dcmread(file, stop_before_pixels=True)
        syntax = _transfer_syntax(dataset)
        if syntax in NATIVE_SYNTAXES:
            opened.close()
            return NativeInstance(read_dataset(path))
        _find_items(file)
        return HTJ2KInstance(dataset, file, opened)
    except HTJ2KError:
        raise
    except InvalidDicomError as error:
        raise DamagedInstance("not a DICOM P10 file: the prefix 'DICM' is missing at byte 128") from error
    except OSError as error:
        raise UnreadableFile(f"the file cannot be read: {error.strerror or error}") from error
    except MemoryError:
        raise
    except Exception as error:  # pydicom raises many types on damaged files
        raise DamagedInstance(f"the DICOM structure is damaged ({error or type(error).__name__})") from error


def _transfer_syntax(dataset: pydicom.Dataset) -> UID:
    syntax = UID(getattr(dataset, "file_meta", {}).get("TransferSyntaxUID") or "")
    if not syntax:
        raise InvalidInstance("DICOM attribute TransferSyntaxUID does not exist")
    if syntax not in (*HTJ2K_SYNTAXES, *NATIVE_SYNTAXES):
        raise UnsupportedInstance(
            f"transfer syntax {syntax.name} ({syntax}) is neither HTJ2K nor uncompressed: read it with pydicom's "
            "pixel_array"
        )
    return syntax


def _find_items(file: BinaryIO) -> None:
    """Leave the file, which stands where PixelData begins, at its Basic Offset Table."""
    header = file.read(_HEADER.size)
    if len(header) < _HEADER.size:
        raise InvalidInstance("DICOM attribute PixelData does not exist, or the file ends before it")
    group, element, _, length = _HEADER.unpack(header)
    if (group, element) != (0x7FE0, 0x0010):
        raise InvalidInstance(f"({group:04X},{element:04X}) stands where PixelData should")
    if length != _UNDEFINED_LENGTH:
        raise _no_items(file.read(length))


def _no_items(value: bytes) -> InvalidInstance:
    if htj2k.is_htj2k(value):
        return _not_encapsulated(value)
    return InvalidInstance(
        "PixelData has no items, which compressed frames are stored in; TransferSyntaxUID is wrong"
    )
