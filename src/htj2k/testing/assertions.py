"""`assert_lossless` and `assert_checksums`."""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from htj2k import _arguments as arguments
from htj2k._buffers import Buffer
from htj2k._checksum import Clamp, codestream_checksums, pixel_checksums
from htj2k._decode import decode
from htj2k._info import DEFAULT_MAX_PIXELS, read_info
from htj2k._verify import Expected, LevelVerification, Verification, verify
from htj2k.errors import HTJ2KError

from .differences import find_differences
from .pictures import picture_path, write_picture


def assert_lossless(
    pixels: ArrayLike,
    codestream: Buffer,
    *,
    picture: str | os.PathLike[str] | None = None,
    max_pixels: int | None = DEFAULT_MAX_PIXELS,
) -> None:
    """Assert that a codestream decodes to exactly these pixels.

    Parameters
    ----------
    pixels : array_like
        The original image, as `htj2k.encode` takes it. Values are compared, not dtypes: 12-bit samples in uint16
        or int32 are the same samples.
    codestream : bytes-like
        A J2C codestream, or a JPH or JP2 file with one.
    picture : path-like, optional
        Where to draw the differing pixels when there are some: white, over the dimmed image. The name ends in
        .png or .pgm.
    max_pixels : int or None
        As in `htj2k.decode`.

    Raises
    ------
    AssertionError
        If it cannot be decoded, has another shape, or a sample differs. The message has the number of differing
        samples, the first of them with their index and both values, the area they lie in, and the resolutions
        whose checksums differ.
    TypeError, ValueError
        If `pixels` are no image, or `picture` is no .png or .pgm.
    """
    __tracebackhide__ = True
    original = arguments.pixel_array(pixels)
    path = None if picture is None else picture_path(picture)
    if original.ndim == 3 and original.shape[2] == 1:  # one component decodes to (rows, columns)
        original = original[:, :, 0]
    try:
        decoded = decode(codestream, max_pixels=max_pixels)
    except HTJ2KError as error:
        raise AssertionError(f"the codestream cannot be decoded: {type(error).__name__}: {error}") from error
    if decoded.shape != original.shape:
        raise AssertionError(f"the codestream decodes to shape {decoded.shape}, expected {original.shape}")
    differences = find_differences(original, decoded)
    if differences is None:
        return
    lines = ["the decoded pixels are not the original ones", *differences.describe()]
    lines += _levels_of(original, codestream, max_pixels)
    if path is not None:
        write_picture(path, differences)
        lines.append(f"picture of the differing pixels: {path}")
    raise AssertionError("\n".join(lines))


def _levels_of(original: NDArray[np.generic], codestream: Buffer, max_pixels: int | None) -> Iterator[str]:
    """What happened to each resolution, as far as the original tells what it should be."""
    info = read_info(codestream)
    if not info.reversible:
        yield "the codestream is lossy (irreversible 9/7 transform)"
        return
    bits = info.components[0].bit_depth
    try:
        expected = pixel_checksums(
            original,
            bits_stored=bits,
            num_decompositions=info.num_decompositions,
            color_transform=info.color_transform,
        )
        actual = codestream_checksums(codestream, max_pixels=max_pixels)
    except (ValueError, HTJ2KError) as error:  # the depth cannot hold a sample, or has no lower resolutions
        yield f"the codestream declares {bits} bits: {error}"
        return
    for e, a in zip(expected, actual, strict=False):
        verdict = "equal" if e == a else "differs"
        yield f"  {e.width}x{e.height} has checksum {a.checksum}, expected {e.checksum}: {verdict}"


def assert_checksums(
    codestream: Buffer,
    expected: Expected,
    *,
    clamp: Clamp | None = None,
    max_pixels: int | None = DEFAULT_MAX_PIXELS,
    decode_each_level: bool = False,
) -> None:
    """Assert that the decoded pixels have the expected checksum at each resolution that is listed.

    Parameters
    ----------
    codestream : bytes-like
        A J2C codestream, or a JPH or JP2 file with one.
    expected, clamp, max_pixels, decode_each_level
        As in `htj2k.verify`.

    Raises
    ------
    AssertionError
        If `htj2k.verify` is not satisfied. The message has every listed resolution with its size and both
        checksums, and names the clamp convention that would match where one does.
    TypeError, ValueError
        If an argument is wrong.
    """
    __tracebackhide__ = True
    verdict = verify(codestream, expected, clamp=clamp, max_pixels=max_pixels, decode_each_level=decode_each_level)
    if not verdict.ok:
        raise AssertionError("\n".join(_describe(verdict))) from verdict.error


def _describe(verdict: Verification) -> Iterator[str]:
    if not verdict.levels:
        yield f"the checksums cannot be compared: {verdict.reason}"
        return
    wrong = [level for level in verdict.levels if not level.ok]
    if wrong:
        yield f"{len(wrong)} of {len(verdict.levels)} expected resolutions do not match:"
    else:
        yield "every checksum matches, but"
    yield from (f"  {_describe_level(level)}" for level in verdict.levels)
    rest = (verdict.reason or "").removeprefix("; ".join(level.reason or "" for level in wrong)).lstrip("; ")
    if rest:  # the extremes of the pixels
        yield f"  {rest}"


def _describe_level(level: LevelVerification) -> str:
    if level.ok:
        size = f"{level.width}x{level.height}"
        return f"{size} has checksum {level.actual}, as expected (clamped to the {level.clamp})"
    return level.reason or ""
