"""Cornerstone's codec, @cornerstonejs/codec-openjph, under Node."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from line_process import LineProcess
from numpy.typing import NDArray

WORKER = Path(__file__).with_name("codec_worker.mjs")
PROGRESSION_ORDERS = ("LRCP", "RLCP", "RPCL", "PCRL", "CPRL")


class OpenJphJs:
    """One Node process that decodes and encodes until `close`; what the codec refuses is a RuntimeError."""

    def __init__(self, node: str = "node") -> None:
        self._worker = LineProcess(node, WORKER)
        self.version = str(self._worker.ask(op="version")["version"])  # of OpenJPH

    def decode(self, data: bytes, reduce: int = 0) -> NDArray[Any]:
        """Pixels of (rows, columns) or (rows, columns, components) in the type that Cornerstone gives them."""
        answer = self._worker.ask(op="decode", data=base64.b64encode(data).decode(), reduce=reduce)
        kind = f"<{'i' if answer['isSigned'] else 'u'}{1 if answer['bitsPerSample'] <= 8 else 2}"
        pixels = np.frombuffer(base64.b64decode(answer["pixels"]), kind)
        components = answer["componentCount"]
        return pixels.reshape(answer["height"], answer["width"], *([components] if components > 1 else []))

    def encode(
        self,
        pixels: NDArray[Any],
        *,
        bits_stored: int | None = None,
        num_decompositions: int = 5,
        color_transform: bool = False,
        progression_order: str = "RPCL",
        block_size: tuple[int, int] = (64, 64),
        precinct_sizes: Sequence[tuple[int, int]] | None = None,
        tile_size: tuple[int, int] | None = None,
        tlm: bool = False,
        tile_part_per_resolution: bool = False,
        qstep: float | None = None,
    ) -> bytes:
        """A codestream, lossless without `qstep`; names as in `htj2k.encode`, defaults are the codec's own."""
        frame = {
            "width": pixels.shape[1],
            "height": pixels.shape[0],
            "componentCount": pixels.shape[2] if pixels.ndim > 2 else 1,
            "bitsPerSample": bits_stored or 8 * pixels.dtype.itemsize,
            "isSigned": pixels.dtype.kind == "i",
            "isUsingColorTransform": color_transform,
        }
        setters = [
            ("setDecompositions", num_decompositions),
            ("setQuality", qstep is None, qstep or 0),
            ("setProgressionOrder", PROGRESSION_ORDERS.index(progression_order)),
            ("setBlockDimensions", _size(block_size)),
            ("setNumPrecincts", len(precinct_sizes or ())),
            *(("setPrecinct", index, _size(size)) for index, size in enumerate(precinct_sizes or ())),
            ("setTileSize", _size(tile_size or (0, 0))),
            ("setTLMMarker", tlm),
            ("setTilePartDivisionsAtResolutions", tile_part_per_resolution),
        ]
        samples = np.ascontiguousarray(pixels, pixels.dtype.newbyteorder("<")).tobytes()
        answer = self._worker.ask(
            op="encode", pixels=base64.b64encode(samples).decode(), frame=frame, setters=setters
        )
        return base64.b64decode(answer["data"])

    def close(self) -> None:
        self._worker.close()


def _size(rows_and_columns: tuple[int, int]) -> dict[str, int]:
    return {"width": rows_and_columns[1], "height": rows_and_columns[0]}
