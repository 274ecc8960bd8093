"""Every encoder's streams through every decoder, judged by the original pixels and the plain numpy transforms."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import struct
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from cases import Case
from compare import Verdict, judge
from peer_process import Answer, PeerProcess
from peers import Options
from peers._files import decompositions

import htj2k
import oracle_lossy
from streams import QCD, find


class Own:
    """htj2k itself, as a peer."""

    name = "htj2k"
    codec = "OpenJPH"
    can_encode = True

    def version(self) -> Answer:
        return Answer("ok", f"htj2k {htj2k.__version__}, OpenJPH 0.32.0")

    def encode(self, pixels: np.ndarray[Any, Any], options: Options) -> Answer:
        named = {name: getattr(options, name) for name in options.__dataclass_fields__}
        try:
            return Answer("ok", htj2k.encode(pixels, **named))
        except (ValueError, htj2k.HTJ2KError) as e:
            return Answer("refuses", f"{type(e).__name__}: {e}")

    def decode(self, data: bytes, reduce: int = 0) -> Answer:
        try:
            return Answer("ok", htj2k.decode(data, reduce=reduce))
        except htj2k.HTJ2KError as e:
            return Answer("refuses", f"{type(e).__name__}: {e}")

    def close(self) -> None: ...


Peer = Own | PeerProcess


def _steps(codestream: bytes, bits: int) -> list[float]:
    """Quantisation steps of the subbands (T.800 A.6.4 and equation E-3), in units of a sample."""
    start = find(codestream, QCD)
    length, style = struct.unpack_from(">HB", codestream, start + 2)
    if style & 0x1F != 2:
        raise NotImplementedError(f"quantisation style {style & 0x1F}")
    values = struct.unpack_from(f">{(length - 3) // 2}H", codestream, start + 5)
    gains = [0, *[1, 1, 2] * ((len(values) - 1) // 3)]
    return [
        2.0 ** (bits + gain - (value >> 11)) * (1 + (value & 0x7FF) / 2048)
        for gain, value in zip(gains, values, strict=True)
    ]


def _otherwise(codestream: bytes, options: Options) -> list[str]:
    try:
        info = htj2k.read_info(codestream)
    except htj2k.HTJ2KError as e:
        return [f"a header with {e}"]
    written = {
        "bits_stored": info.components[0].bit_depth,
        "num_decompositions": info.num_decompositions,
        "color_transform": info.color_transform,
        "progression_order": info.progression_order,
        "block_size": info.block_size,
        "tile_size": info.tile_size if info.num_tiles > 1 else None,
    }
    asked = {name: getattr(options, name) for name in written}
    if options.tile_size is not None and all(np.greater_equal(options.tile_size, (info.height, info.width))):
        asked["tile_size"] = None
    if options.precinct_sizes is not None:
        written["precinct_sizes"] = info.precinct_sizes
        missing = info.num_decompositions + 1 - len(options.precinct_sizes)
        asked["precinct_sizes"] = (*options.precinct_sizes, *options.precinct_sizes[-1:] * missing)
    return [f"{name}={value} for {asked[name]}" for name, value in written.items() if value != asked[name]]


@dataclasses.dataclass(frozen=True)
class Stream:
    """What an encoder made of a case: a codestream, or the reason why there is none."""

    encoder: Peer
    case: Case
    answer: Answer

    @functools.cached_property
    def otherwise(self) -> list[str]:
        """What the codestream has that was not asked for."""
        return _otherwise(self.answer.value, self.case.options)

    def tolerance(self, reduce: int) -> float:
        """The most that a sample may be off: by the steps of the codestream, rounding and 32-bit floats."""
        if self.case.options.qstep is None:
            return 0.0
        bits = self.case.samples.bits
        gain = oracle_lossy.ICT_GAIN if self.case.options.color_transform else 1.0
        steps = _steps(self.answer.value, bits)
        return gain * oracle_lossy.error_bound_of_steps(steps, reduce) + 2.0 ** (bits - 20) + 0.5

    @property
    def reduces(self) -> range:
        """The sizes for which the oracle knows the samples: not those of a stream with other tiles or depth."""
        if not self.otherwise:
            return self.case.reduces
        if any(not text.startswith(("num_decompositions", "block_size", "precinct")) for text in self.otherwise):
            return range(1)
        return self.case.reduces[: decompositions(self.answer.value) + 1]


class Result(NamedTuple):
    """One stream, decoded by one decoder at one size."""

    encoder: str
    decoder: str
    case: Case
    reduce: int
    verdict: Verdict
    digest: str  # of the samples, to see who agrees with whom


def encoded(encoders: Iterable[Peer], cases: Iterable[Case]) -> Iterator[Stream]:
    encoders = list(encoders)
    for case in cases:
        for encoder in encoders:
            if encoder.can_encode:
                yield Stream(encoder, case, encoder.encode(case.pixels, case.options))


def decoded(stream: Stream, decoder: Peer) -> Iterator[Result]:
    for reduce in stream.reduces:
        answer = decoder.decode(stream.answer.value, reduce)
        verdict, digest = Verdict(answer.state, str(answer.value)[:200]), ""
        if answer.state == "ok":
            verdict = judge(answer.value, stream.case, reduce, stream.tolerance(reduce))
            digest = hashlib.sha1(np.ascontiguousarray(answer.value.astype("<i8"))).hexdigest()
        yield Result(stream.encoder.name, decoder.name, stream.case, reduce, verdict, digest)
        if answer.state in ("crashes", "hangs"):  # starting it again takes time
            return


def culprit(results: list[Result], codecs: dict[str, str]) -> str:
    """Whose fault it is that decoders differ on one stream at one size, all of whose results these are.

    "decoder" where a codec other than the encoder's gives the expected pixels, "encoder" where none does and two
    codecs agree on other pixels (of a lossy stream: both leave the bound), else "undecided": there is no third.
    """
    codec = codecs[results[0].encoder]
    if {codecs[r.decoder] for r in results if r.verdict.state == "exact"} - {codec}:
        return "decoder"
    agreeing: dict[str, set[str]] = {}
    for r in results:
        if r.verdict.state == "differs":
            pixels = r.digest if r.case.options.qstep is None else ""
            agreeing.setdefault(pixels, set()).add(codecs[r.decoder])
    return "encoder" if any(len(found) > 1 for found in agreeing.values()) else "undecided"


def culprits(results: Iterable[Result], codecs: dict[str, str]) -> dict[tuple[str, Case, int], str]:
    """By encoder, case and reduce. A stream that holds other pixels at full size does so at every size."""
    by_stream: dict[tuple[str, Case, int], list[Result]] = {}
    for r in results:
        by_stream.setdefault((r.encoder, r.case, r.reduce), []).append(r)
    faults = {key: culprit(of_stream, codecs) for key, of_stream in by_stream.items()}
    for encoder, case, reduce in faults:
        if faults[encoder, case, reduce] == "undecided" and faults.get((encoder, case, 0)) == "encoder":
            faults[encoder, case, reduce] = "encoder"
    return faults
