"""What is coded: sample types, sizes and parameter sets, each a lossless or lossy image whose pixels are known."""

from __future__ import annotations

import dataclasses
import functools
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from peers import Options

sys.path.insert(0, str(Path(__file__).parents[1]))
import oracle
import oracle_lossy
from images import ct_like, noise

Array = np.ndarray[Any, Any]
DEPTHS = (1, 2, 4, 7, 8, 9, 10, 12, 14, 15, 16, 17, 20, 24, 26, 28, 30, 31, 32)
SIZES = ((1, 1), (1, 77), (91, 1), (3, 5), (5, 2), (64, 64), (65, 129), (200, 31), (300, 257))
STEPS = (0.01, 0.001)
# Sides of tiles are multiples of 2^levels, which the oracle needs at reduced sizes; but for "odd tiles".
PARAMETERS: dict[str, dict[str, Any]] = {
    "1 level": {"num_decompositions": 1},
    "2 levels": {"num_decompositions": 2},
    "6 levels": {"num_decompositions": 6},
    "blocks 4x4": {"block_size": (4, 4)},
    "blocks 32x32": {"block_size": (32, 32)},
    "blocks 4x1024": {"block_size": (4, 1024)},
    "blocks 1024x4": {"block_size": (1024, 4)},
    "blocks 16x64": {"block_size": (16, 64)},
    "LRCP": {"progression_order": "LRCP"},
    "RLCP": {"progression_order": "RLCP"},
    "PCRL": {"progression_order": "PCRL"},
    "CPRL": {"progression_order": "CPRL"},
    "no TLM": {"tlm": False},
    "precincts": {"precinct_sizes": ((32, 16), (64, 32))},
    "precincts PCRL": {"precinct_sizes": ((16, 32), (32, 32)), "progression_order": "PCRL"},
    "tiles": {"tile_size": (32, 24)},
    "tiles LRCP": {"tile_size": (24, 40), "progression_order": "LRCP"},
    "tiles, precincts CPRL": {
        "tile_size": (48, 32),
        "precinct_sizes": ((16, 16), (32, 32)),
        "progression_order": "CPRL",
        "block_size": (16, 16),
    },
    "odd tiles": {"tile_size": (37, 23)},
}
LOSSY_PARAMETERS = ("1 level", "blocks 32x32", "PCRL", "tiles", "precincts")


@dataclasses.dataclass(frozen=True)
class SampleType:
    bits: int
    is_signed: bool = False
    components: int = 1
    color_transform: bool = False

    def __str__(self) -> str:
        transform = " with transform" if self.color_transform else ""
        return f"{'s' if self.is_signed else 'u'}{self.bits}x{self.components}{transform}"

    @property
    def ends(self) -> tuple[int, int]:
        low = -(1 << self.bits - 1) if self.is_signed else 0
        return low, low + (1 << self.bits) - 1

    @property
    def dtype(self) -> np.dtype[Any]:
        return oracle.decoded_dtype(self.bits, self.is_signed)


@dataclasses.dataclass(frozen=True)
class Case:
    subject: str  # "samples", "parameters", "sizes", "images" or "lossy"
    name: str  # what is special
    samples: SampleType
    options: Options
    size: tuple[int, int] = (61, 75)
    quick: bool = False  # is among those that every run tests

    def __str__(self) -> str:
        return f"{self.subject}: {self.name}, {self.samples}"

    @functools.cached_property
    def pixels(self) -> Array:
        if self.subject == "images":
            return clinical(self.samples, self.size)
        return hard(self.samples, self.size)

    @property
    def reduces(self) -> range:
        """The sizes that are compared: all that the oracle knows."""
        return range(1 if self.name == "odd tiles" else min(self.options.num_decompositions, 3) + 1)

    def expected(self, reduce: int, *, clamped: bool = True) -> Array:
        """What a decoder gives, exactly if lossless, else within its bound; unclamped, also beyond the range."""
        return self._pyramid(clamped)[reduce]

    @functools.lru_cache(2)  # noqa: B019
    def _pyramid(self, clamped: bool) -> list[Array]:
        tile_size = self.options.tile_size
        if tile_size is None or self.name == "odd tiles":
            return self._pyramid_of(self.pixels, clamped)
        rows, columns = self.size
        strips = []
        for top in range(0, rows, tile_size[0]):
            lefts = range(0, columns, tile_size[1])
            tiles = [self.pixels[top : top + tile_size[0], left : left + tile_size[1]] for left in lefts]
            strips.append([self._pyramid_of(tile, clamped) for tile in tiles])
        return [
            np.concatenate([np.concatenate([tile[k] for tile in strip], axis=1) for strip in strips])
            for k in self.reduces
        ]

    def _pyramid_of(self, pixels: Array, clamped: bool) -> list[Array]:
        """From the full size down."""
        levels = [pixels.astype(np.int64 if self.options.qstep is None else np.float64)]
        if self.options.qstep is None and self.options.color_transform:
            levels[0] = oracle.forward_rct(levels[0])
        low_pass = oracle.low_pass_2d if self.options.qstep is None else oracle_lossy.low_pass_2d
        for _ in self.reduces[1:]:
            levels.append(low_pass(levels[-1]))
        if self.options.qstep is None and self.options.color_transform:
            levels = [oracle.inverse_rct(level) for level in levels]
        return [np.clip(level, *self.samples.ends) for level in levels] if clamped else levels


def hard(samples: SampleType, size: tuple[int, int]) -> Array:
    """A third of noise over the whole range, a third of its ends in blocks, which overshoot, and a slow ramp."""
    rows, columns = size
    shape = (rows, columns) if samples.components == 1 else (rows, columns, samples.components)
    low, high = samples.ends
    pixels = noise(shape, "i8", bits=samples.bits) - (0 if samples.is_signed else low - (1 << samples.bits - 1))
    blocks = np.random.default_rng(2).choice([low, high], tuple(-(-n // 5) for n in shape[:2]) + shape[2:])
    blocks = blocks.repeat(5, 0).repeat(5, 1)[:rows, :columns]
    ramp = np.linspace(low, high, rows * columns).astype(np.int64).reshape(rows, columns)
    third = columns // 3
    pixels[:, third : 2 * third] = blocks[:, third : 2 * third]
    pixels[:, 2 * third :] = ramp.reshape(rows, columns, *[1] * (len(shape) - 2))[:, 2 * third :]
    return np.clip(pixels, low, high).astype(samples.dtype)


def clinical(samples: SampleType, size: tuple[int, int]) -> Array:
    """A CT-like frame as most frames are: few of the depth's values, little noise."""
    planes = [ct_like(size, seed=seed).astype(np.int64) for seed in range(1, samples.components + 1)]
    image = np.stack(planes, -1) if len(planes) > 1 else planes[0]
    if not samples.is_signed:
        image = image + 1024
    shift = max(12 - samples.bits, 0)
    return (image >> shift).astype(samples.dtype)


def _options(samples: SampleType, **more: Any) -> Options:
    return Options(bits_stored=samples.bits, color_transform=samples.color_transform, **more)


def all_cases() -> Iterator[Case]:
    for bits in DEPTHS:
        for sign in (False, True):
            for components, transform in ((1, False), (3, False), (3, True), (4, False)):
                samples = SampleType(bits, sign, components, transform)
                quick = bits in (1, 8, 12, 16, 32) and components < 4
                yield Case("samples", "default", samples, _options(samples), quick=quick)
    for samples in (SampleType(8), SampleType(12), SampleType(16, True), SampleType(8, False, 3, True)):
        for name, more in PARAMETERS.items():
            quick = samples == SampleType(8) or (samples.components > 1 and "tile" in name)
            yield Case("parameters", name, samples, _options(samples, **more), quick=quick)
    for samples in (SampleType(16), SampleType(8, False, 3)):
        for size in SIZES:
            name = "{}x{}".format(*size)
            yield Case("sizes", name, samples, _options(samples), size, quick=samples.bits == 16)
    for samples in (
        SampleType(13, True),
        SampleType(16, True),
        SampleType(12),
        SampleType(16),
        SampleType(8, False, 3),
    ):
        yield Case("images", "CT-like", samples, _options(samples), (256, 250), quick=samples.bits == 16)
    lossy = (
        SampleType(8),
        SampleType(12),
        SampleType(16, True),
        SampleType(8, False, 3, True),
        SampleType(16, False, 3),
    )
    for samples in lossy:
        for step in STEPS:
            quick = samples.bits == 8 or samples.is_signed
            yield Case("lossy", f"step {step}", samples, _options(samples, qstep=step), quick=quick)
        for name in LOSSY_PARAMETERS:
            yield Case("lossy", name, samples, _options(samples, qstep=STEPS[1], **PARAMETERS[name]))
