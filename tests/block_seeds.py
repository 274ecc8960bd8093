"""Writes codestreams with codeblocks that our encoder never makes, as seeds of the fuzz targets.

python tests/block_seeds.py FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

import ht_sets
import part1_streams
from images import noise
from mixed_blocks import Sources
from packets import Part, announce


def seeds() -> dict[str, bytes]:
    found = {f"part1-{style}": announce(data, 0x800F) for style, data in part1_streams.STREAMS.items()}
    for levels, shape in ((0, (9, 12)), (1, (20, 18)), (2, (36, 32, 3))):
        sources = Sources(noise(shape, "u1", bits=6), levels)
        found[f"mixed-{levels}"] = sources.stream(0xC0, lambda packet, band: (packet + band) % 2 == 0)
    data = ht_sets.FINE.data
    found["sets"] = ht_sets.layers(ht_sets.first_set(1), Part(3, ((5, 1), (len(data), 0)), bytes(5) + data))
    return found


if __name__ == "__main__":
    for name, codestream in seeds().items():
        (Path(sys.argv[1]) / name).write_bytes(codestream)
