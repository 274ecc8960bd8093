"""What the headers of a codestream say, and what follows from them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from . import _arguments as arguments
from . import _core

if TYPE_CHECKING:
    from ._buffers import Buffer

__all__ = [
    "DEFAULT_MAX_PIXELS",
    "CodestreamInfo",
    "Comment",
    "ComponentInfo",
    "ResolutionInfo",
    "TilePartInfo",
    "extract_resolution",
    "is_htj2k",
    "read_info",
]

DEFAULT_MAX_PIXELS = 2**28
"""Largest image area that is decoded unless the caller says otherwise: 16384 x 16384 pixels.

Ten times the largest mammography detector and 64 times a 2048 x 2048 tile of a whole-slide image. Memory is
bounded with it, at 16 bytes for each of these pixels (4 GiB) for decoded samples and decoder state together.
"""

PART_1_PROGRESSION_ORDERS = ("LRCP", "RLCP", "RPCL", "PCRL", "CPRL")
PROGRESSION_ORDERS = (*PART_1_PROGRESSION_ORDERS, "PRCL")
MAX_BASE_SIZE = 64  # DICOM PS3.5 10.18
# Photometric Interpretations that a frame may have (DICOM PS3.3 C.7.6.3.1.2), and how many components they need.
_LABEL_COMPONENTS = {
    "MONOCHROME1": 1,
    "MONOCHROME2": 1,
    "PALETTE COLOR": 1,
    "RGB": 3,
    "YBR_FULL": 3,
    "YBR_RCT": 3,
    "YBR_ICT": 3,
}


@dataclass(frozen=True)
class ComponentInfo:
    """One component (SIZ, and COD or COC, QCD or QCC as they apply to it).

    Attributes
    ----------
    bit_depth : int
        Bits of a sample, 1 to 38.
    is_signed : bool
        Whether samples are signed.
    subsampling : tuple of int
        Distance of samples on the reference grid (XRsiz, YRsiz).
    width, height : int
        Size in samples.
    num_decompositions : int
        Decomposition levels N_L.
    reversible : bool
        5/3 transform.
    transformation : int
        0 is 9/7, 1 is 5/3, more is a kernel of Part 2.
    block_size : tuple of int
        Rows and columns of a codeblock.
    block_style : int
        The code-block style byte; bit 6 means HT.
    quantization_style : int
        0 none, 1 derived, 2 expounded.
    guard_bits : int
        Guard bits G.
    """

    bit_depth: int
    is_signed: bool
    subsampling: tuple[int, int]
    width: int
    height: int
    num_decompositions: int
    reversible: bool
    transformation: int
    block_size: tuple[int, int]
    block_style: int
    quantization_style: int
    guard_bits: int


@dataclass(frozen=True)
class ResolutionInfo:
    """One resolution.

    Attributes
    ----------
    width, height : int
        Size of the decoded image in pixels.
    reduce : int
        The argument of :func:`decode` that gives it.
    byte_range : tuple of int or None
        ``(start, stop)``: with the resolutions below, which end at ``start``, the bytes up to ``stop`` are enough
        to decode this one, so ``data[:stop]`` is what to fetch. For resolutions that are in the data the packets
        themselves tell it. For the others only headers can (TLM, or SOT), when there is one tile-part a
        resolution: that tile-part `r` holds resolution `r` is then taken for granted, as DICOM PS3.5 10.18 does,
        and proven by a decode. None when nothing tells.
    """

    width: int
    height: int
    reduce: int
    byte_range: tuple[int, int] | None


@dataclass(frozen=True)
class TilePartInfo:
    """One tile-part (SOT).

    Attributes
    ----------
    tile : int
        Index of the tile (Isot).
    index : int
        Index of the tile-part in its tile (TPsot).
    num_parts : int
        Number of tile-parts of the tile (TNsot); 0 when not said here.
    byte_range : tuple of int
        From SOT to the end of the body. ``stop`` is 0 when it is not known.
    body_start : int
        First byte behind SOD.
    is_whole : bool
        Whether all of its bytes are in the data.
    """

    tile: int
    index: int
    num_parts: int
    byte_range: tuple[int, int]
    body_start: int
    is_whole: bool


@dataclass(frozen=True)
class Comment:
    """A COM segment.

    Attributes
    ----------
    registration : int
        Rcom: 0 binary, 1 text of ISO 8859-15 (Latin).
    data : bytes
        The comment.
    """

    registration: int
    data: bytes

    @property
    def text(self) -> str | None:
        """The comment as text; None when it is binary."""
        return self.data.decode("iso-8859-15") if self.registration == 1 else None


@dataclass(frozen=True)
class CodestreamInfo:
    """What the headers say.

    Attributes
    ----------
    width, height : int
        Size of the decoded image in pixels.
    components : tuple of ComponentInfo
        The components.
    num_decompositions : int
        Decomposition levels N_L of COD.
    reversible : bool
        5/3 transform in all components.
    color_transform : bool
        Whether the first three components went through the RCT (reversible) or ICT.
    progression_order : str
        ``"LRCP"``, ``"RLCP"``, ``"RPCL"``, ``"PCRL"`` or ``"CPRL"``.
    num_layers : int
        Quality layers.
    block_size : tuple of int
        Rows and columns of a codeblock (COD).
    precinct_sizes : tuple of tuple of int, or None
        Rows and columns of a precinct, base to full; None: the maximum, 2**15.
    origin, extent : tuple of int
        (XOsiz, YOsiz) and (Xsiz, Ysiz) on the reference grid.
    tile_origin : tuple of int
        (XTOsiz, YTOsiz) on the reference grid.
    tile_size : tuple of int
        Rows and columns of a tile (YTsiz, XTsiz), as `encode` takes them.
    num_tiles : int
        Number of tiles.
    container : str
        ``"j2c"`` for a raw codestream, ``"jph"`` or ``"jp2"`` for a file.
    codestream : tuple of int
        Where in the data the codestream lies.
    main_header : tuple of int
        Where the main header lies.
    comments : tuple of Comment
        COM segments.
    has_tlm : bool
        Whether the main header has TLM.
    resolutions : tuple of ResolutionInfo
        From base to full.
    tile_parts : tuple of TilePartInfo
        Tile-parts that are in the data, in their order.
    rsiz : int
        Capabilities (Rsiz).
    ccap15 : int or None
        Capabilities of Part 15 (Ccap15).
    uses_sop, uses_eph : bool
        Whether packets may have SOP markers and have EPH markers.
    has_eoc : bool
        Whether EOC was found.
    has_roi : bool
        Whether the main header has a region of interest (RGN).
    has_tile_overrides : bool
        Whether a tile-part header has coding parameters of its own.
    has_tile_part_per_resolution : bool
        Whether each tile seems to have one tile-part for each resolution.
    undecodable : str or None
        Why this library would not decode it.
    incomplete : str or None
        What is missing for a decode at full size, as far as the headers tell.
    """

    width: int
    height: int
    components: tuple[ComponentInfo, ...]
    num_decompositions: int
    reversible: bool
    color_transform: bool
    progression_order: str
    num_layers: int
    block_size: tuple[int, int]
    precinct_sizes: tuple[tuple[int, int], ...] | None
    origin: tuple[int, int]
    extent: tuple[int, int]
    tile_origin: tuple[int, int]
    tile_size: tuple[int, int]
    num_tiles: int
    container: str
    codestream: tuple[int, int]
    main_header: tuple[int, int]
    comments: tuple[Comment, ...]
    has_tlm: bool
    resolutions: tuple[ResolutionInfo, ...]
    tile_parts: tuple[TilePartInfo, ...]
    rsiz: int
    ccap15: int | None
    uses_sop: bool
    uses_eph: bool
    has_eoc: bool
    has_roi: bool
    has_tile_overrides: bool
    has_tile_part_per_resolution: bool
    undecodable: str | None
    incomplete: str | None

    @property
    def color_label(self) -> str | None:
        """DICOM's Photometric Interpretation for the component transform: YBR_RCT, YBR_ICT, or None without."""
        if not self.color_transform:
            return None
        return "YBR_RCT" if self.components[0].reversible else "YBR_ICT"

    def check_color_label(self, label: str) -> list[str]:
        """Say why a DICOM Photometric Interpretation does not fit this codestream (PS3.5 8.2.14).

        Decoding never depends on the label: the component transform is undone exactly when the codestream says
        that it was done, and the pixels are then RGB.

        Parameters
        ----------
        label : str
            The attribute's value; spaces around it are padding.

        Returns
        -------
        list of str
            The reasons, with the label that would be right where that is known; empty when it fits.

        Raises
        ------
        TypeError
            `label` is no str.
        """
        if not isinstance(label, str):
            raise TypeError(f"label must be a str, not {type(label).__name__}")
        name = label.strip()
        needed = _LABEL_COMPONENTS.get(name)
        if needed is None:
            return [f"{name!r} is no Photometric Interpretation of an HTJ2K frame"]
        reasons = []
        if needed != len(self.components):
            reasons.append(f"{name} is for {needed} components; the codestream has {len(self.components)}")
        right, by_transform = self.color_label, name in ("YBR_RCT", "YBR_ICT")
        if right is None and by_transform:
            reasons.append(f"the codestream has no component transform, so {name} is wrong: RGB or YBR_FULL")
        elif right is not None and name != right:
            reasons.append(f"the codestream has a component transform, so {name} is wrong: {right}")
        return reasons

    def check_htj2k_lossless(self) -> list[str]:
        """Say why this may not be called HTJ2K Lossless Only, 1.2.840.10008.1.2.4.201 (DICOM PS3.5 8.2.14).

        Returns
        -------
        list of str
            The reasons; empty when it may.
        """
        reasons = []
        if self.container != "j2c":
            reasons.append(f"it is a {self.container.upper()} file; DICOM holds the bare codestream")
        if not self.rsiz & 0x4000:
            reasons.append("Rsiz does not announce Part 15")
        if self.rsiz & 0x8000:
            reasons.append("Rsiz announces extensions of Part 2")
        for name, holds in self._component_rules():
            wrong = [str(i) for i, c in enumerate(self.components) if not holds(c)]
            if wrong:
                reasons.append(f"{name} in component {', '.join(wrong[:4])}{', ...' if len(wrong) > 4 else ''}")
        if self.ccap15 is not None and self.ccap15 >> 14:
            reasons.append("Ccap15 announces code-blocks that are not HT")
        if self.ccap15 is not None and self.ccap15 & 0x20:
            reasons.append("Ccap15 announces the irreversible transform (HTIRV)")
        if self.has_tile_overrides:
            reasons.append("a tile has coding parameters of its own, which are not examined")
        return reasons

    @staticmethod
    def _component_rules() -> tuple[tuple[str, Any], ...]:
        return (
            ("the irreversible 9/7 transform", lambda c: c.reversible),
            ("quantisation", lambda c: c.quantization_style == 0),
            ("code-blocks that are not HT", lambda c: c.block_style & 0xC0 == 0x40),
        )

    def check_htj2k_lossless_rpcl(self) -> list[str]:
        """Say why this may not be called HTJ2K Lossless RPCL, 1.2.840.10008.1.2.4.202 (DICOM PS3.5 10.18).

        Returns
        -------
        list of str
            The reasons; empty when it may. The last condition is what TLM is there for: only with one tile and
            one tile-part a resolution does TLM tell where each resolution ends.
        """
        reasons = self.check_htj2k_lossless()
        if self.progression_order != "RPCL":
            reasons.append(f"progression order is {self.progression_order}, not RPCL")
        if not self.has_tlm:
            reasons.append("there is no TLM segment")
        base = self.resolutions[0]
        if min(base.width, base.height) > MAX_BASE_SIZE:
            reasons.append(
                f"the base resolution is {base.width} x {base.height}; its width or height must be at most "
                f"{MAX_BASE_SIZE} (more decomposition levels)"
            )
        if self.num_tiles != 1 or not self.has_tile_part_per_resolution:
            reasons.append("it is not one tile with one tile-part a resolution, so TLM does not mark resolutions")
        return reasons

    def to_dict(self) -> dict[str, Any]:
        """Give plain values for JSON; comments that are not text become hexadecimal.

        Returns
        -------
        dict
            Everything that the attributes hold, and `color_label`.
        """
        out = asdict(self)
        out["comments"] = [c.text if c.text is not None else c.data.hex() for c in self.comments]
        out["color_label"] = self.color_label
        return out


def read_info(data: Buffer, *, max_pixels: int | None = None) -> CodestreamInfo:
    """Read the headers of a codestream, or of the one inside a JPH or JP2 file.

    A prefix is enough as soon as the main header is whole; `resolutions` then tells what else to fetch, as far
    as TLM or the tile-parts that are there say so. Nothing is decoded.

    Parameters
    ----------
    data : buffer
        Any C-contiguous buffer of bytes.
    max_pixels : int or None
        Raise LimitError for a larger image. Reading headers costs nothing, so there is no limit by default.

    Returns
    -------
    CodestreamInfo
        What the headers say.

    Raises
    ------
    NotHTJ2KError
        The data are something else; the message says what.
    TruncatedError
        The main header is not whole.
    CodestreamError
        The main header breaks ITU-T T.800 or T.814.
    LimitError
        The image is larger than `max_pixels`.

    Examples
    --------
    >>> info = htj2k.read_info(htj2k.encode(np.zeros((100, 200), np.uint8)))
    >>> info.width, info.height, info.num_decompositions, info.progression_order
    (200, 100, 1, 'RPCL')
    >>> info.check_htj2k_lossless_rpcl()
    []
    """
    return _make_info(_core.read_info(data, arguments.pixel_limit(max_pixels)))


def is_htj2k(data: Any) -> bool:
    """Say whether the data begin with a valid main header of HTJ2K, raw or boxed.

    Raises nothing, unless memory runs out.

    Parameters
    ----------
    data : object
        Anything; what is not a C-contiguous buffer gives False.

    Returns
    -------
    bool
        False for JPEG 2000 Part 1 as well.

    Examples
    --------
    >>> htj2k.is_htj2k(htj2k.encode(np.zeros((8, 8), np.uint8))), htj2k.is_htj2k(b"GIF89a")
    (True, False)
    """
    try:
        return _core.is_htj2k(data)
    except MemoryError:
        raise
    except Exception:  # whatever the owner of a buffer may raise
        return False


def extract_resolution(data: Buffer, *, reduce: int, max_pixels: int | None = None) -> bytes:
    """Cut out a lower resolution as a codestream of its own, without decoding.

    SIZ and COD stay as they are: the result is decoded with the same `reduce` (or a higher one), and less raises
    TruncatedError. TLM, Psot and TNsot describe what is left; boxes are left out.

    Parameters
    ----------
    data : buffer
        A codestream, raw or boxed; a prefix that holds the resolution is enough.
    reduce : int
        Discard this many of the highest resolution levels. 0 gives the whole codestream without its boxes.
    max_pixels : int or None
        As in :func:`read_info`.

    Returns
    -------
    bytes
        A raw codestream.

    Raises
    ------
    TruncatedError
        The bytes of that resolution are not all there.
    UnsupportedError
        Resolutions are not tile-parts of their own.
    ValueError
        `reduce` exceeds the decomposition levels.
    NotHTJ2KError, CodestreamError, LimitError
        As :func:`read_info`.

    Examples
    --------
    >>> codestream = htj2k.encode(np.zeros((100, 200), np.uint8))
    >>> small = htj2k.extract_resolution(codestream, reduce=1)
    >>> htj2k.decode(small, reduce=1).shape
    (50, 100)
    """
    return _core.extract_resolution(
        data, arguments.integer("reduce", reduce, 0, 32), arguments.pixel_limit(max_pixels)
    )


def _make_info(raw: dict[str, Any]) -> CodestreamInfo:
    components = tuple(ComponentInfo(**c) for c in raw["components"])
    precincts = raw["precinct_sizes"]
    raw |= {
        "components": components,
        "width": raw["resolutions"][-1][0],
        "height": raw["resolutions"][-1][1],
        "reversible": all(c.reversible for c in components),
        "color_transform": bool(raw["color_transform"]),
        "progression_order": PROGRESSION_ORDERS[raw["progression_order"]],
        "precinct_sizes": None if precincts is None else tuple(precincts),
        "comments": tuple(Comment(*c) for c in raw["comments"]),
        "resolutions": tuple(ResolutionInfo(*r) for r in raw["resolutions"]),
        "tile_parts": tuple(TilePartInfo(*t) for t in raw["tile_parts"]),
        "has_eoc": raw.pop("eoc") is not None,
    }
    return CodestreamInfo(**raw)
