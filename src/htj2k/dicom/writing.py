"""P10 files that are written, read again and compared before they get their name."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray

import htj2k
from htj2k.errors import ChecksumMismatch
from htj2k.healthimaging.files import durable_file, errors_as_of, keep_permissions, sync_directory
from htj2k.healthimaging.ids import content_id

from .elements import OF_THE_WRITER
from .errors import InvalidInstance
from .frames import LabelledFrames
from .layout import pixel_layout
from .reading import read_dataset
from .values import read_file_attributes

#: Ends the name of a file that is not verified yet. Left behind only by a killed process.
UNFINISHED = ".htj2k-unfinished"
_OF_THE_FILE = {*OF_THE_WRITER, "FileMetaInformationVersion"}
# What `image_pixel` sets.
_OF_THE_SYNTAX = {
    "TransferSyntaxUID",
    "PixelData",
    "PhotometricInterpretation",
    "PlanarConfiguration",
    "LossyImageCompression",
    "ExtendedOffsetTable",
    "ExtendedOffsetTableLengths",
}


def sample_checksum(pixels: NDArray[Any]) -> int:
    """CRC-32 of the samples, little endian and row by row."""
    little = pixels.astype(pixels.dtype.newbyteorder("<"), copy=False)
    return htj2k.crc32(np.ascontiguousarray(little))


def write_verified(
    dataset: pydicom.Dataset,
    path: Path,
    checksums: Sequence[int],
    source: Mapping[str, tuple[Any, str]],
    alive: Callable[[], None] | None = None,
) -> None:
    """Write a P10 file, durably, which replaces `path` only if it reads back as it must.

    Parameters
    ----------
    dataset : Dataset
        With file meta information.
    path : Path
        May exist.
    checksums : sequence of int
        `sample_checksum` of each frame; empty for an instance without pixels.
    source : mapping
        Key, value and VR of the attributes of the source, which the file must have too, but for those that depend
        on the transfer syntax.
    alive : callable, optional
        Called for each frame that is read again.

    Raises
    ------
    ChecksumMismatch
        A sample or an attribute is another one after reading; nothing was replaced.
    InvalidInstance
        The dataset cannot be written as P10.
    OSError
        The file cannot be written. It names `path`.
    """
    with errors_as_of(path), _replacement(path) as temporary:
        _write(dataset, temporary)
        read = read_dataset(temporary)
        _compare_attributes(dataset, read, source)
        _compare_frames(read, checksums, alive)


@contextmanager
def _replacement(path: Path) -> Iterator[Path]:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Of the same name each time, so that what a killed job left is found and no folder has to be searched.
    folder = path.with_name(f".{content_id(path.name)}{UNFINISHED}")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(0o700)
    try:
        temporary = folder / path.name
        yield temporary
        keep_permissions(path, temporary)
        os.replace(temporary, path)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    sync_directory(path.parent)


def _write(dataset: pydicom.Dataset, path: Path) -> None:
    with durable_file(path) as file:
        try:
            pydicom.dcmwrite(file, dataset, enforce_file_format=True)
        except Exception as error:  # pydicom raises many types on values that it cannot write
            of_the_system = _of_the_system(error)
            if of_the_system is not None:
                raise of_the_system from error
            # The lines behind the first repeat the value, which may be the patient's.
            reason = str(error).partition("\n")[0]
            raise InvalidInstance(f"the attributes cannot be written as a P10 file: {reason}") from error


def _of_the_system(error: BaseException | None) -> OSError | None:
    """What the system said, if it did; pydicom puts a traceback into its words and drops its number.

    An OSError without a number is pydicom's own, about a value that does not fit its VR."""
    while isinstance(error, OSError) and error.errno is None:
        error = error.__cause__ or error.__context__
    return error if isinstance(error, OSError) else None


def _compare_attributes(
    dataset: pydicom.Dataset, read: pydicom.FileDataset, source: Mapping[str, tuple[Any, str]]
) -> None:
    of_the_syntax = {key: value for key, value in read_file_attributes(dataset).items() if key in _OF_THE_SYNTAX}
    kept = {key: value for key, value in source.items() if key not in _OF_THE_SYNTAX}
    expected, found = {**kept, **of_the_syntax}, read_file_attributes(read)
    for key in (expected.keys() | found.keys()) - _OF_THE_FILE:
        if expected.get(key) != found.get(key):
            # Which values, is left out: they may be the patient's.
            raise ChecksumMismatch(f"DICOM attribute {key} has another value when read back")


def _compare_frames(read: pydicom.FileDataset, checksums: Sequence[int], alive: Callable[[], None] | None) -> None:
    frames = LabelledFrames(read, pixel_layout(read), alive) if checksums else ()
    for index, (expected, pixels) in enumerate(zip(checksums, frames, strict=True)):
        if sample_checksum(pixels) != expected:
            raise ChecksumMismatch(f"frame {index} has other samples when read back")
