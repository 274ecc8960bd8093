"""docs/interop.md, out of the results of the matrix."""

from __future__ import annotations

import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Iterable

import known
from cases import DEPTHS, Case
from matrix import Result, Stream

# Of each stream, by encoder, case and reduce: "decoder", "encoder" or "undecided".
Faults = dict[tuple[str, Case, int], str]

INTRODUCTION = """# Interoperability

Written by `make interop`. Each encoder writes the cases of `tests/interop/cases.py` that it has parameters for,
and each decoder reads every stream at full size and at up to three reduced ones.

* **exact**: a lossless stream gives the original samples at full size, and at reduced sizes those of the 5/3 low
  pass of ITU-T T.800 in plain numpy (`tests/oracle.py`), clamped to the bit depth. A lossy stream stays within the
  error bound of its quantisation steps (`tests/oracle_lossy.py`).
* **unclamped**: exact, but samples that overshoot the depth at reduced sizes are clamped to the container only.
* **differs**: other samples. A third codec decides: the decoder is wrong if a codec that is neither its own nor
  the encoder's decodes the same stream exactly at this size; the encoder is wrong if two codecs agree on other
  samples and no codec but its own gives the expected ones.

Sample types are written `u12 (x3)`: unsigned, 12 bits, 3 components.
"""


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> list[str]:
    head = list(head)
    lines = [" | ".join(head), "|".join("---" for _ in head)]
    lines += [" | ".join(str(cell).replace("|", "\\|") for cell in row) for row in rows]
    return [f"| {line} |" if i != 1 else f"|{line}|" for i, line in enumerate(lines)] + [""]


def depths(cases: Iterable[Case]) -> str:
    """Sample types in short: runs of depths, as far as the cases have them."""
    by_kind = defaultdict(set)
    for case in cases:
        kind = case.samples
        text = f"x{kind.components}{' with transform' if kind.color_transform else ''}"
        by_kind["s" if kind.is_signed else "u", text].add(kind.bits)
    by_runs = defaultdict(list)
    for (sign, text), bits in sorted(by_kind.items()):
        by_runs[sign, _runs(bits)].append(text)
    return ", ".join(f"{sign}{runs} ({'; '.join(texts)})" for (sign, runs), texts in by_runs.items())


def _runs(bits: set[int]) -> str:
    known_depths = sorted({*DEPTHS, *bits})
    runs: list[list[int]] = []
    for before, depth in itertools.pairwise((0, *known_depths)):
        if depth in bits and runs and runs[-1][-1] == before:
            runs[-1].append(depth)
        elif depth in bits:
            runs.append([depth])
    return " ".join(str(r[0]) if len(r) == 1 else f"{r[0]}-{r[-1]}" for r in runs)


def names(cases: Iterable[Case], most: int = 5) -> str:
    found = sorted({case.name if case.subject != "lossy" else f"lossy {case.name}" for case in cases})
    found = ["default"] * ("default" in found) + [name for name in found if name != "default"]
    more = f" and {len(found) - most} more" if len(found) > most else ""
    return ", ".join(found[:most]) + more


def in_general(why: str) -> str:
    """A reason without what differs from case to case."""
    why = re.sub(r"^\d+% of the samples", "some of the samples", why)
    why = re.sub(r"another shape.*", "another shape", why)
    why = re.sub(r"(?<![\w.^/])\d+(?![\w.]*/)", "n", why)
    return why if len(why) <= 110 else why[:107] + "..."


def summary(results: list[Result], encoders: list[str], decoders: list[str]) -> list[str]:
    counts = Counter((r.encoder, r.decoder, r.verdict.state) for r in results)
    rows = []
    for encoder in encoders:
        cells = []
        for decoder in decoders:
            asked = {state: n for (e, d, state), n in counts.items() if (e, d) == (encoder, decoder)}
            total = sum(n for state, n in asked.items() if state != "cannot")
            exact = asked.get("exact", 0)
            cells.append("-" if not total else f"{exact}" if exact == total else f"{exact}/{total}")
        rows.append([encoder, *cells])
    return table(["encoder \\ decoder", *decoders], rows)


def deviations(results: list[Result], states: tuple[str, ...], faults: Faults) -> list[str]:
    """One line for each decoder and reason."""
    grouped: dict[tuple[str, str, str, str], list[Result]] = defaultdict(list)
    for r in results:
        if r.verdict.state in states:
            fault = faults.get((r.encoder, r.case, r.reduce), "") if r.verdict.state == "differs" else ""
            if fault != "encoder":
                grouped[r.decoder, r.verdict.state, in_general(r.verdict.why), fault].append(r)
    rows = []
    for (decoder, state, why, fault), members in sorted(grouped.items()):
        streams = sorted({r.encoder for r in members})
        whose = "all encoders" if len(streams) > 6 else ", ".join(streams)
        reduces = sorted({r.reduce for r in members})
        what = f"`{why}`" if state == "refuses" else why if state == "differs" else f"{state}: {why}"
        if fault == "undecided":
            what += " (no third codec reads these)"
        cases = [r.case for r in members]
        rows.append([decoder, what, whose, depths(cases), names(cases), " ".join(map(str, reduces)), len(members)])
    return table(["decoder", "what", "streams of", "samples", "parameters", "reduce", "count"], rows)


def encoder_faults(results: list[Result], faults: Faults) -> list[str]:
    grouped: dict[tuple[str, str], set[Case]] = defaultdict(set)
    agreeing: dict[tuple[str, str], set[str]] = defaultdict(set)
    reduces: dict[tuple[str, str], set[int]] = defaultdict(set)
    for r in results:
        if r.verdict.state == "differs" and faults.get((r.encoder, r.case, r.reduce)) == "encoder":
            key = r.encoder, in_general(r.verdict.why)
            grouped[key].add(r.case)
            agreeing[key].add(r.decoder)
            reduces[key].add(r.reduce)
    rows = [
        [
            *(encoder, why, depths(cases), names(cases), " ".join(map(str, sorted(reduces[encoder, why])))),
            *(", ".join(sorted(agreeing[encoder, why])), len(cases)),
        ]
        for (encoder, why), cases in sorted(grouped.items())
    ]
    return table(
        ["encoder", "what its streams hold", "samples", "parameters", "reduce", "as decoded by", "streams"], rows
    )


def encoders_table(streams: list[Stream]) -> list[str]:
    counts = Counter((s.encoder.name, s.answer.state) for s in streams)
    rows = []
    for encoder in dict.fromkeys(s.encoder.name for s in streams):
        states = {state: n for (name, state), n in counts.items() if name == encoder}
        failed = sum(n for state, n in states.items() if state not in ("ok", "cannot"))
        rows.append([encoder, states.get("ok", 0), states.get("cannot", 0), failed])
    return table(["encoder", "streams", "no parameter for", "refused or crashed"], rows)


def encoder_remarks(streams: list[Stream]) -> list[str]:
    grouped: dict[tuple[str, str], list[Case]] = defaultdict(list)
    for s in streams:
        if s.answer.state == "ok":
            for text in s.otherwise:
                grouped[s.encoder.name, f"writes other {text.split('=')[0]} than asked"].append(s.case)
        elif s.answer.state != "cannot":
            grouped[s.encoder.name, f"{s.answer.state}: `{in_general(str(s.answer.value))}`"].append(s.case)
    rows = [[e, what, depths(cases), names(cases), len(cases)] for (e, what), cases in sorted(grouped.items())]
    return table(["encoder", "what", "samples", "parameters", "cases"], rows)


def causes(faults: tuple[known.Fault, ...], versions: dict[str, str]) -> list[str]:
    """What is known of the faults of the versions that take part."""
    present = [fault for fault in faults if known.VERSIONS[fault.peer] == versions.get(fault.peer)]
    lines = [f"* {fault.peer}, {fault.what}: {fault.why}" for fault in present]
    return ["Causes, as far as they are known:", "", *lines, ""] if lines else []


def own_line(results: list[Result], faults: Faults) -> str:
    """The counts that matter most: ours."""
    ours = [r for r in results if r.decoder == "htj2k"]
    states = Counter(r.verdict.state for r in ours)
    blamed = Counter(faults[r.encoder, r.case, r.reduce] for r in ours if r.verdict.state == "differs")
    against_us = sum(fault == "encoder" for (encoder, *_), fault in faults.items() if encoder == "htj2k")
    return (
        f"{len(results)} decodes, {len(ours)} of them by htj2k: {states['exact']} exact, {states['refuses']} "
        f"refused, {blamed['encoder']} of streams whose encoder is wrong, {blamed['undecided']} of streams no "
        f"third codec reads, {blamed['decoder']} wrong. Streams of htj2k that are wrong: {against_us}."
    )


def page(
    versions: dict[str, str],
    codecs: dict[str, str],
    missing: dict[str, str],
    streams: list[Stream],
    results: list[Result],
    faults: Faults,
) -> str:
    decoders = list(versions)
    encoders = list(dict.fromkeys(s.encoder.name for s in streams))
    reduced = {r.decoder for r in results if r.reduce and r.verdict.state != "cannot"}
    lines = [INTRODUCTION, "## Who takes part", ""]
    lines += table(
        ["peer", "version", "codec", "encodes", "decodes reduced sizes"],
        (
            [n, v, codecs[n], "yes" if n in encoders else "no", "yes" if n in reduced else "no"]
            for n, v in versions.items()
        ),
    )
    if missing:
        lines += ["Not available where this page was written:", ""]
        lines += [*(f"* {name}: {why}" for name, why in sorted(missing.items())), ""]
    lines += [
        "## Summary",
        "",
        f"{own_line(results, faults)} Cells: exact decodes, of all that were tried where some are not.",
        "",
    ]
    lines += summary(results, encoders, decoders)
    lines += ["## Where decoders differ", "", *deviations(results, ("differs", "unclamped"), faults)]
    lines += causes(known.DECODERS, versions)
    lines += ["## Where encoders are wrong", "", *encoder_faults(results, faults)]
    lines += causes(known.ENCODERS, versions)
    lines += ["## What decoders refuse", "", *deviations(results, ("refuses", "crashes", "hangs"), faults)]
    lines += ["## What encoders were asked for", "", *encoders_table(streams), *encoder_remarks(streams)]
    return "\n".join(lines).rstrip() + "\n"
