"""`encode`: arguments in the standard's words to the core's options."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _arguments as arguments
from . import _core
from ._info import PART_1_PROGRESSION_ORDERS
from ._levels import default_num_decompositions
from .errors import HTJ2KError

# In these orders all packets of a resolution are neighbours, so that a tile-part can hold just them.
_ORDERS_BY_RESOLUTION = ("LRCP", "RLCP", "RPCL")
_ORDERS_BY_COMPONENT = ("LRCP", "RLCP", "CPRL")
_MAX_TILE_PARTS = 255  # TNsot is 8 bits (T.800 A.4.2)
_TILE_PARTS = ("", "R", "C", "RC")
_FEW_BITS = 4
_MAX_COMMENT = 65535 - 4  # Lcom is 16 bits and counts itself and Rcom (T.800 A.9.2)

Comment = str | bytes


def encode(
    pixels: ArrayLike,
    *,
    bits_stored: int | None = None,
    num_decompositions: int | None = None,
    reversible: bool | None = None,
    qstep: float | None = None,
    qfactor: float | None = None,
    color_transform: bool | None = None,
    progression_order: str = "RPCL",
    block_size: tuple[int, int] = (64, 64),
    precinct_sizes: Sequence[tuple[int, int]] | None = None,
    tile_size: tuple[int, int] | None = None,
    tlm: bool = True,
    tile_parts: str | None = "R",
    comment: Comment | Iterable[Comment] | None = None,
    container: str = "j2c",
    mask_unused_bits: bool = False,
    verify: bool = False,
) -> bytes:
    """Encode one image to an HTJ2K codestream (ITU-T T.814 | ISO/IEC 15444-15).

    With the defaults the codestream is lossless and conforms to DICOM transfer syntax
    1.2.840.10008.1.2.4.202 (PS3.5 10.18): RPCL, a TLM marker, one tile-part a resolution and a base
    resolution that is at most 64 wide or high.

    Parameters
    ----------
    pixels : array_like
        ``(rows, columns)`` for one component or ``(rows, columns, components)`` interleaved, of dtype bool,
        uint8, int8, uint16, int16, uint32 or int32 in any byte order and with any strides. It is read in
        place. ``(rows, columns, 1)`` is one component and decodes to ``(rows, columns)``.
    bits_stored : int, optional
        Precision in bits written to SIZ (Ssiz), 1 to the dtype's width, which is the default (bool: 1).
    num_decompositions : int, optional
        Wavelet decomposition levels N_L, 0 to 32. Default: the fewest for which the base width or height is
        at most 64, but at least 1.
    reversible : bool, optional
        True: 5/3 wavelet, lossless. False: 9/7 wavelet, lossy. Default: True unless `qstep` or `qfactor` is
        given.
    qstep : float, optional
        Quantisation step relative to the range that `bits_stored` declares, 1e-5 to 1. Smaller is better quality.
        See Notes.
    qfactor : float, optional
        Quality from 1 (worst) to 100 (best), as in JPEG encoders, with steps that follow the visibility of the
        subbands. Also relative to the declared range. See Notes.
    color_transform : bool, optional
        Apply the component transform (RCT if reversible, else ICT) to the first three components. Default:
        on for exactly three components.
    progression_order : {"RPCL", "LRCP", "RLCP", "PCRL", "CPRL"}
        Order of the packets. Where OpenJPH encodes or decodes, RPCL and PCRL take time that grows with the square
        of the number of components: seconds for 16384. All else takes less than one.
    block_size : (int, int)
        Codeblock ``(rows, columns)``: powers of two from 4 to 1024 with a product of at most 4096. 1024 columns
        are refused for 9/7, and for more than 24 bits, where a codeblock would get more than 1020 of them, as
        OpenJPH does not encode these safely.
    precinct_sizes : sequence of (int, int), optional
        Precinct ``(rows, columns)`` for each resolution from the base up, powers of two up to 32768; the last
        one repeats. Default: the largest, 32768.
    tile_size : (int, int), optional
        Tile ``(rows, columns)``, at most those of the image. Default: one tile.
    tlm : bool
        Write a TLM marker segment with the lengths of all tile-parts.
    tile_parts : {"R", "C", "RC", "", None}
        Start a new tile-part at each resolution ("R"), component ("C") or both. Where the packets of a
        resolution are no neighbours (PCRL, CPRL), "R" has no effect, where those of a component are none (RPCL,
        PCRL), "C" has none. In LRCP and RLCP "C" divides resolutions, too.
    comment : str, bytes or iterable of these, optional
        COM marker segments: text of ISO 8859-15 (Latin) or binary, each 1 to 65531 bytes.
    container : {"j2c", "jph"}
        "j2c" is the bare codestream, which DICOM holds. "jph" is a JPH file around it (T.814 Annex D): its
        colour is greyscale for one component, sRGB for three, and declared unknown for any other number.
    mask_unused_bits : bool
        Drop the bits above `bits_stored` instead of refusing samples that have them. Signed samples are
        extended from the highest bit that is kept.
    verify : bool
        Decode the result and compare every sample before returning it.

    Returns
    -------
    bytes
        The codestream, or the JPH file.

    Raises
    ------
    TypeError
        For a dtype that is not listed (floats among them) or an argument of the wrong type.
    ValueError
        For an argument out of range, and for a sample that does not fit `bits_stored`; the message has its
        value and index. Also for pixels that would not be lossless, see Notes.
    MemoryError
        When memory runs out.
    HTJ2KError
        If ``verify=True`` finds a sample that did not survive. That is a bug, please report it.

    Notes
    -----
    Lossless is exact at every depth from 1 to 32 bits, also with the component transform. Reduced sizes decode up
    to 28 bits. Samples of up to 24 bits, 23 with the component transform, are encoded by an encoder of this
    library, in a half of OpenJPH's time and to the same bytes. Others, lossy encodings, and all in builds against
    an installed OpenJPH or with the environment variable ``HTJ2K_ENGINE=openjph``, go through OpenJPH. It may
    provide a bit too few without decompositions, in tiles of a single row or column, and up to 4 bits: then the
    result is decoded, and pixels that would not come back are refused. So they are where ``num_decompositions=0``
    leaves no bit for samples of 1 bit.

    With `qstep` no sample is off by more than ``7.8 * qstep * 2**bits_stored + 0.5``, and by 2.8 times that with
    the component transform; 1.5 to 3 times ``qstep * 2**bits_stored`` is what noise has. The bound is the sum over
    the subbands of the step (ITU-T T.800 equation E-3: qstep over the norm of the subband's synthesis filter),
    which no coefficient is off by more than (E.1.1), times what the 9/7 synthesis filters (F.3.8.2) make of it.
    ``benchmarks/quality.md`` has measured PSNR and sizes for `qstep` and `qfactor`.

    A lossy encoding has no bits for steps below 2**-30 of the range (A.6.4); a step becomes half as large with
    each level. ``ValueError`` says when `num_decompositions` is too large for a quality: 14 and more at
    ``qstep=1e-5`` or 16 bits of ``qfactor=100``, which at more than 29 bits is never possible.

    Memory on top of the pixels: twice the codestream, as all is coded before any is written, a row of codeblocks
    of each subband, some KiB for each tile in a row of tiles, and a few MiB.
    ``verify=True`` needs one decoded image more.

    Examples
    --------
    >>> pixels = np.arange(12, dtype=np.int16).reshape(3, 4)
    >>> codestream = htj2k.encode(pixels)
    >>> bool((htj2k.decode(codestream) == pixels).all())
    True
    """
    array, options = core_options(
        pixels,
        bits_stored=bits_stored,
        num_decompositions=num_decompositions,
        reversible=reversible,
        qstep=qstep,
        qfactor=qfactor,
        color_transform=color_transform,
        progression_order=progression_order,
        block_size=block_size,
        precinct_sizes=precinct_sizes,
        tile_size=tile_size,
        tlm=tlm,
        tile_parts=tile_parts,
        comment=comment,
        container=container,
        mask_unused_bits=mask_unused_bits,
        verify=verify,
    )
    codestream = _core.encode(array, options)
    check_result(array, options, codestream, verify)
    return codestream


def core_options(
    pixels: ArrayLike,
    *,
    bits_stored: int | None,
    num_decompositions: int | None,
    reversible: bool | None,
    qstep: float | None,
    qfactor: float | None,
    color_transform: bool | None,
    progression_order: str,
    block_size: tuple[int, int],
    precinct_sizes: Sequence[tuple[int, int]] | None,
    tile_size: tuple[int, int] | None,
    tlm: bool,
    tile_parts: str | None,
    comment: Comment | Iterable[Comment] | None,
    container: str,
    mask_unused_bits: bool,
    verify: bool,
) -> tuple[NDArray[Any], _core.EncodeOptions]:
    """The arguments of `encode`, checked, as the core takes them."""
    array = arguments.pixel_array(pixels)
    components = array.shape[2] if array.ndim == 3 else 1
    options = _core.EncodeOptions()
    options.bit_depth = arguments.stored_bits(bits_stored, array.dtype)
    options.mask_unused_bits = arguments.boolean("mask_unused_bits", mask_unused_bits)
    _set_quality(options, reversible, qstep, qfactor)
    _set_transforms(options, array, components, num_decompositions, color_transform)
    _set_partition(options, block_size, precinct_sizes, tile_size, array)
    _set_packets(options, progression_order, tlm, tile_parts, components)
    options.comments = _comments(comment)
    options.jph_file = arguments.choice("container", container, ("j2c", "jph")) == "jph"
    if arguments.boolean("verify", verify) and not options.reversible:
        raise ValueError("verify=True compares every sample, which only a reversible encoding can pass")
    return array, options


def core_options_of(pixels: ArrayLike, given: dict[str, Any]) -> tuple[NDArray[Any], _core.EncodeOptions]:
    """The same for a caller that was given some of the arguments of `encode`, which has the defaults."""
    return core_options(pixels, **{**(encode.__kwdefaults__ or {}), **given})


def checked_options(given: dict[str, Any]) -> dict[str, Any]:
    """Some of the arguments of `encode`, for several calls; TypeError for a name that is none of them."""
    known = encode.__kwdefaults__ or {}
    for name in given:
        if name not in known:
            raise TypeError(f"{name!r} is no argument of encode; these are {', '.join(known)}")
    comment = given.get("comment")
    return {**given, "comment": list(comment)} if isinstance(comment, Iterator) else given


def check_result(array: NDArray[Any], options: _core.EncodeOptions, codestream: bytes, verify: bool) -> None:
    """Decode and compare where the caller wants it, or where the encoding is not always lossless."""
    doubt = _doubt(array, options) if options.reversible else None
    if verify or doubt is not None:
        _check_lossless(array, options, codestream, doubt)


def _doubt(array: NDArray[Any], options: _core.EncodeOptions) -> str | None:
    """Why coefficients may exceed the bits that OpenJPH provides for them, and what helps."""
    if _core.encodes_natively(options):
        return None  # there are as many bits as the coefficients need
    if options.num_decompositions == 0:
        return "num_decompositions=0 is not lossless for these pixels: use at least 1"
    rows, columns = array.shape[:2]
    if _has_single_odd(rows, options.tile_height) or _has_single_odd(columns, options.tile_width):
        # The HH coefficient of a single sample is four times it (T.800 F.4.6), a bit more than QCD provides for.
        # In single rows and columns OpenJPH loses the top bit of some unsigned 32-bit samples.
        return (
            "tile_size makes tiles of a single sample at odd coordinates, or of a single row or column, which are"
            " not lossless for these pixels: change it"
        )
    if options.bit_depth <= _FEW_BITS:
        # What rounding at each level adds up to is then as large as the room that QCD leaves above the gain of
        # the transform; more so in tiles that shrink to a single sample at odd coordinates, as it is doubled.
        return (
            f"{options.bit_depth}-bit samples with num_decompositions={options.num_decompositions} are not"
            " lossless for these pixels: use fewer"
        )
    return None


def _has_single_odd(length: int, tile: int) -> bool:
    """Whether the side is cut into tiles of which one has length 1 and starts at an odd coordinate."""
    return tile != 0 and ((tile == 1 and length > 1) or (length % tile == 1 and length % 2 == 0))


def _set_quality(
    options: _core.EncodeOptions, reversible: bool | None, qstep: float | None, qfactor: float | None
) -> None:
    lossy = qstep is not None or qfactor is not None
    if qstep is not None and qfactor is not None:
        raise ValueError("give qstep or qfactor, not both")
    options.reversible = arguments.boolean("reversible", not lossy if reversible is None else reversible)
    if options.reversible and lossy:
        raise ValueError("qstep and qfactor quantise, which reversible=True excludes; leave one of them out")
    if qstep is not None:
        step = arguments.positive_float("qstep", qstep)
        if not 1e-5 <= step <= 1:
            raise ValueError(f"qstep is {step}; expected 1e-5 to 1 (relative to the sample range)")
        options.qstep = step
    if qfactor is not None:
        quality = arguments.positive_float("qfactor", qfactor)
        if not 1 <= quality <= 100:
            raise ValueError(f"qfactor is {quality}; expected 1 to 100")
        options.qfactor = quality


def _set_transforms(
    options: _core.EncodeOptions,
    array: NDArray[Any],
    components: int,
    num_decompositions: int | None,
    color_transform: bool | None,
) -> None:
    if num_decompositions is None:
        num_decompositions = default_num_decompositions(array.shape[1], array.shape[0])
    options.num_decompositions = arguments.integer("num_decompositions", num_decompositions, 0, 32)
    if color_transform is None:
        color_transform = components == 3
    options.color_transform = arguments.boolean("color_transform", color_transform)
    if options.color_transform and components < 3:
        raise ValueError(f"color_transform=True needs at least 3 components; pixels have {components}")
    has_bits = options.bit_depth > 1 or options.num_decompositions > 0 or _core.encodes_natively(options)
    if options.reversible and not has_bits and not (options.color_transform and components == 3):  # RCT adds a bit
        # OpenJPH declares coefficients of no bits then (T.800 equation E-2).
        raise ValueError("num_decompositions=0 has no bits for samples of 1 bit: use at least 1")


def _set_partition(
    options: _core.EncodeOptions,
    block_size: tuple[int, int],
    precinct_sizes: Sequence[tuple[int, int]] | None,
    tile_size: tuple[int, int] | None,
    array: NDArray[Any],
) -> None:
    rows, columns = arguments.pair("block_size", block_size, 4, 1024)
    _require_power_of_two("block_size", rows, columns)
    if rows * columns > 4096:
        raise ValueError(f"block_size is {block_size}: at most 4096 samples (T.800 A.6.1)")
    options.block_height, options.block_width = rows, columns
    if precinct_sizes is not None:
        options.precincts = _precincts(precinct_sizes, options.num_decompositions)
    if tile_size is not None:
        options.tile_height, options.tile_width = arguments.pair("tile_size", tile_size, 1, 2**31 - 1)
        # One tile is never larger than the image: decoders refuse grids that end far beyond it.
        options.tile_height = min(options.tile_height, array.shape[0])
        options.tile_width = min(options.tile_width, array.shape[1])
        tiles = -(-array.shape[0] // options.tile_height) * -(-array.shape[1] // options.tile_width)
        if tiles > 65535:
            raise ValueError(f"tile_size is {tile_size}: that makes {tiles} tiles, at most 65535 are allowed")


def _precincts(sizes: Sequence[tuple[int, int]], num_decompositions: int) -> list[tuple[int, int]]:
    arguments.sequence("precinct_sizes", sizes)
    if not 1 <= len(sizes) <= num_decompositions + 1:
        raise ValueError(
            f"precinct_sizes has {len(sizes)} entries; expected 1 to {num_decompositions + 1}, one a resolution"
        )
    result = []
    for r, size in enumerate(sizes):
        # Above the base a precinct covers subbands of half its size, so 1 is too small there (T.800 A.6.1).
        low = 1 if r == 0 and len(sizes) > 1 else 2
        rows, columns = arguments.pair(f"precinct_sizes[{r}]", size, low, 32768)
        _require_power_of_two(f"precinct_sizes[{r}]", rows, columns)
        result.append((columns, rows))
    return result


def _require_power_of_two(name: str, *values: int) -> None:
    if any(value & (value - 1) for value in values):
        raise ValueError(f"{name} is {values}; both must be powers of two")


def _set_packets(
    options: _core.EncodeOptions, order: str, tlm: bool, tile_parts: str | None, components: int
) -> None:
    options.progression_order = arguments.choice("progression_order", order, PART_1_PROGRESSION_ORDERS)
    options.tlm = arguments.boolean("tlm", tlm)
    parts = arguments.choice("tile_parts", "" if tile_parts is None else tile_parts, _TILE_PARTS)
    options.tile_part_per_resolution = "R" in parts and order in _ORDERS_BY_RESOLUTION
    options.tile_part_per_component = "C" in parts and order in _ORDERS_BY_COMPONENT
    count = (options.num_decompositions + 1) if options.tile_part_per_resolution else 1
    if options.tile_part_per_component:
        # OpenJPH divides LRCP and RLCP by component only within resolutions.
        count = components * (options.num_decompositions + 1 if order != "CPRL" else 1)
    if count > _MAX_TILE_PARTS:
        raise ValueError(
            f"tile_parts={parts!r} makes {count} tile-parts a tile; TNsot allows at most {_MAX_TILE_PARTS}"
        )


def _comments(comment: Comment | Iterable[Comment] | None) -> list[_core.EncodeComment]:
    if comment is None:
        return []
    # An array of bytes is iterable too, but hardly meant as one comment for each of its bytes.
    if isinstance(comment, Iterable) and not isinstance(comment, (str, bytes, bytearray, memoryview)):
        return [_comment(text) for text in comment]
    return [_comment(comment)]


def _comment(text: object) -> _core.EncodeComment:
    result = _core.EncodeComment()
    if isinstance(text, str):
        try:
            data = text.encode("iso-8859-15")
        except UnicodeEncodeError as e:
            raise ValueError(f"comment has a character outside ISO 8859-15; give bytes instead: {e}") from None
        if b"\0" in data:
            raise ValueError("comment has a NUL character; give bytes instead")
    elif isinstance(text, bytes):
        data = text
    else:
        raise TypeError(f"comment must be str or bytes, not {type(text).__name__}")
    if not 1 <= len(data) <= _MAX_COMMENT:
        raise ValueError(
            f"comment has {len(data)} bytes; a COM marker segment holds 1 to {_MAX_COMMENT} (T.800 A.9.2)"
        )
    result.data, result.is_text = data, isinstance(text, str)
    return result


def _check_lossless(
    array: NDArray[Any], options: _core.EncodeOptions, codestream: bytes, doubt: str | None
) -> None:
    from ._decode import decode

    pixels = array[:, :, 0] if array.ndim == 3 and array.shape[2] == 1 else array
    if options.mask_unused_bits:
        pixels = _masked(pixels, options.bit_depth)
    decoded = decode(codestream, max_pixels=None)
    index = _first_difference(decoded, pixels)
    if index is None:
        return
    if doubt is not None:
        raise ValueError(f"{doubt} (pixels{list(index)} is {pixels[index]} and comes back as {decoded[index]})")
    raise HTJ2KError(
        f"verify=True: pixels{list(index)} is {pixels[index]} and came back as {decoded[index]}; please report it"
    )


def _first_difference(a: NDArray[Any], b: NDArray[Any]) -> tuple[int, ...] | None:
    """Index of the first sample that differs; some rows at a time, so that no array of the image size is made."""
    rows = max(1, (1 << 20) // a[:1].size)
    for start in range(0, len(a), rows):
        differs = a[start : start + rows] != b[start : start + rows]
        if differs.any():
            row, *others = (int(i) for i in np.argwhere(differs)[0])
            return (start + row, *others)
    return None


def _masked(pixels: NDArray[Any], bits: int) -> NDArray[Any]:
    native = pixels.astype(pixels.dtype.newbyteorder("="))
    if native.dtype.kind == "b":
        return native
    unused = 8 * native.dtype.itemsize - bits
    return (native << unused) >> unused
