"""One frame at each of its resolutions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import htj2k
from htj2k.healthimaging import ImageSetFolder, find_image_sets


def pick_frame(output: Path) -> bytes:
    """The codestream of the grey frame with the most pixels, which shows the most resolutions."""
    frames = [
        (pixels, folder, name) for folder in find_image_sets(output) for pixels, name in _grey_frames(folder)
    ]
    if not frames:
        raise ValueError(f"{output} holds no grey frame")
    _, folder, name = max(frames, key=lambda frame: frame[0])
    return folder.read(name)


def _grey_frames(folder: ImageSetFolder) -> Iterator[tuple[int, str]]:
    """Sizes and IDs. Indices into a palette make no grey picture."""
    for instance, _, frame in folder.metadata().image_frames():
        if instance.dicom.get("PhotometricInterpretation") == "MONOCHROME2":
            yield max(c.width * c.height for c in frame.checksums), frame.id


def draw_resolutions(codestream: bytes, target: Path) -> None:
    """Draw the frame from full size down to its base, all equally large on paper, so that the pixels show."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    levels = htj2k.codestream_checksums(codestream)
    images = [htj2k.decode(codestream, reduce=k) for k in range(len(levels))]
    figure, axes = plt.subplots(1, len(images), figsize=(4 * len(images), 4))
    for axis, image, level in zip(np.atleast_1d(axes), images, reversed(levels), strict=True):
        axis.imshow(_shown(image, images[0]), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        axis.set_title(f"{level.width} x {level.height}\nCRC-32 {level.checksum}", fontsize=9)
        axis.axis("off")
    figure.suptitle("One HTJ2K codestream, decoded at each of its resolutions", fontsize=12)
    figure.savefig(target, dpi=120, bbox_inches="tight")
    plt.close(figure)


def _shown(image: np.ndarray[Any, np.dtype[Any]], full: np.ndarray[Any, np.dtype[Any]]) -> Any:
    """Values from 0 to 1, with one window for all resolutions: 2nd to 98th percentile of the full frame."""
    low, high = np.percentile(full, (2, 98))
    return np.clip((image.astype(float) - low) / max(high - low, 1), 0, 1)
