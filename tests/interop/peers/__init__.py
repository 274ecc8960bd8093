"""Other codecs, one module each, behind one interface. A module placed here is found by itself.

A peer's module has

* `NAME`, as the tables show it, and `CODEC`, the codec in it: peers of one codec do not decide over each other;
* `REQUIRES`, what pip installs for it; optionally `PYTHON`, the least version it needs, and `check_machine()`,
  which raises `Missing` where there is no use in installing it;
* `version()`: the versions of the package and the codec in it; raises ImportError or `Missing` if it cannot run;
* `decode(data, reduce)`: a codestream without its `reduce` highest resolution levels, as an array of
  (rows, columns) or (rows, columns, components);
* `encode(pixels, options)`, if it has an encoder: a codestream. Lossless unless `options.qstep` is there.

Both raise `Cannot` for what the peer offers no way to ask for, and whatever the peer raises when it refuses.
A module runs in a process of its own, with numpy and its own packages: it imports these within functions, and
nothing of this project but this module.
"""

from __future__ import annotations

import dataclasses


class Missing(Exception):
    """Why a peer cannot run here."""


class Cannot(Exception):
    """The peer has no parameter for this."""


@dataclasses.dataclass(frozen=True)
class Options:
    """What an encoder is asked for; the names are those of htj2k.encode."""

    bits_stored: int
    num_decompositions: int = 3
    color_transform: bool = False
    progression_order: str = "RPCL"
    block_size: tuple[int, int] = (64, 64)  # rows, columns
    precinct_sizes: tuple[tuple[int, int], ...] | None = None
    tile_size: tuple[int, int] | None = None
    tlm: bool = True
    qstep: float | None = None

    def precincts_from_full_size(self) -> list[tuple[int, int]]:
        """(rows, columns) for each resolution in the order of encoders that count them from the full size down."""
        if self.precinct_sizes is None:
            return []
        missing = self.num_decompositions + 1 - len(self.precinct_sizes)
        return [*(self.precinct_sizes[-1],) * missing, *reversed(self.precinct_sizes)]

    def must_fill(self, itemsize: int) -> None:
        """Raise Cannot unless the samples use all bits of their container."""
        if self.bits_stored != 8 * itemsize:
            raise Cannot("no bits_stored")

    def must_be_default(self, *names: str) -> None:
        """Raise Cannot if one of these options is not its default."""
        for field in dataclasses.fields(self):
            if field.name in names and getattr(self, field.name) != field.default:
                raise Cannot(f"no {field.name}={getattr(self, field.name)}")
