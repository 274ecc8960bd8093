"""The frames that the page shows, and the metadata that it goes by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import htj2k
from htj2k.healthimaging.metadata import ImageFrame
from images import ct_like


@dataclass(frozen=True)
class Frame:
    """Pixels, the codestream that is served as theirs, and what is true of it.

    `window` is the centre and the width in stored values, None for colour.
    """

    title: str
    pixels: NDArray[Any]
    bits_stored: int
    window: tuple[int, int] | None
    codestream: bytes

    def metadata(self, frame_id: str) -> dict[str, Any]:
        """What the page needs: the frame's entry in HealthImaging's shape, byte ranges, and how to draw it.

        Everything comes from the pixels and from an intact codestream, whatever is served.
        """
        intact = htj2k.encode(self.pixels, bits_stored=self.bits_stored)
        # openjphjs clamps overshoot at lower resolutions to the container, not to the bit depth.
        checksums = htj2k.pixel_checksums(self.pixels, bits_stored=self.bits_stored, clamp="container")
        entry = ImageFrame(frame_id, tuple(checksums), int(self.pixels.min()), int(self.pixels.max()), len(intact))
        return {
            "title": self.title,
            "window": None if self.window is None else dict(zip(("center", "width"), self.window, strict=True)),
            "imageFrame": entry.to_dict(),
            "resolutions": [
                {"width": r.width, "height": r.height, "reduce": r.reduce, "byteRange": r.byte_range}
                for r in htj2k.read_info(intact).resolutions
            ],
        }


def _frame(title: str, pixels: NDArray[Any], bits_stored: int, window: tuple[int, int] | None) -> Frame:
    return Frame(title, pixels, bits_stored, window, htj2k.encode(pixels, bits_stored=bits_stored))


def _bundled(name: str) -> NDArray[Any]:
    """The pixels of a file that pydicom brings."""
    import pydicom
    from pydicom.data import get_testdata_file

    return pydicom.dcmread(get_testdata_file(name)).pixel_array


def hard_edges_12_bits() -> NDArray[np.uint16]:
    """A CT with squares of both ends of the range burnt in, at whose edges all lower resolutions overshoot it."""
    pixels = (ct_like((384, 300), seed=2).astype(np.int64) + 1024).clip(0, 4095).astype(np.uint16)
    y, x = np.mgrid[0:128, 0:128] // 32
    pixels[64:192, 64:192] = (x + y) % 2 * 4095
    return pixels


def changed(frame: Frame) -> Frame:
    """One bit in the codeblocks of the second highest resolution is another."""
    start, stop = htj2k.read_info(frame.codestream).resolutions[-2].byte_range or (0, 0)
    data = bytearray(frame.codestream)
    data[(start + stop) // 2] ^= 0x10
    return Frame("One bit changed", frame.pixels, frame.bits_stored, frame.window, bytes(data))


def cut(frame: Frame) -> Frame:
    """The last bytes are missing."""
    data = frame.codestream[:-1000]
    return Frame("Cut short", frame.pixels, frame.bits_stored, frame.window, data)


def make_frames() -> dict[str, Frame]:
    """Frames by name."""
    ct = _frame("CT, 16 bits signed", ct_like(), 16, (40, 400))
    return {
        "mr": _frame("MR, 12 bits", _bundled("examples_overlay.dcm"), 12, (450, 790)),
        "us": _frame("Ultrasound, RGB", _bundled("examples_rgb_color.dcm"), 8, None),
        "ct": ct,
        "edges": _frame("Hard edges, 12 bits", hard_edges_12_bits(), 12, (1060, 400)),
        "ct-changed": changed(ct),
        "ct-cut": cut(ct),
    }
