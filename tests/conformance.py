"""Compares every HTJ2K codestream of the corpus with its reference; writes docs/conformance.md.

    HTJ2K_TEST_DATA=FOLDER python tests/conformance.py

The corpus' EXPECTED.tsv names, for each stream, reference files and the most by which the components may differ
from them. Where it has none, OpenJPEG's decode is the reference.
"""

from __future__ import annotations

import csv
import functools
import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pydicom
from numpy.typing import NDArray

import htj2k

PAGE = Path(__file__).parents[1] / "docs/conformance.md"
VERDICTS = ("exact", "within tolerance", "as OpenJPEG", "not compared", "refused", "wrong")
GROUPS = {
    "iso_htj2k_conformance": "ISO/IEC 15444-4, HT",
    "openjph_codestreams": "OpenJPH's tests",
    "": "Other encoders and test suites",
}
Planes = list[NDArray[Any]]
Bounds = list[tuple[int, float]]  # (PAE, MSE) a component


@dataclass(frozen=True)
class Result:
    """What became of one stream; `detail` has the figures, or the words of the refusal."""

    path: str
    verdict: str
    detail: str

    @property
    def group(self) -> str:
        return GROUPS.get(self.path.split("/")[0], GROUPS[""])


def _tokens(data: bytes, count: int) -> tuple[list[str], int]:
    """The words of a PNM or PGX header, and where the samples begin."""
    found = re.match(rb"(?:\s*(?:#[^\n]*\n\s*)*([^\s#]+)){%d}\s" % count, data)
    assert found
    return re.sub(rb"#[^\n]*\n", b"", found[0]).decode().split(), found.end()


def _read_pnm(data: bytes) -> Planes:
    (magic, width, height, most), start = _tokens(data, 4)
    pixels = np.frombuffer(data, ">u2" if int(most) > 255 else "u1", offset=start)
    return _planes(pixels.reshape(int(height), int(width), 3 if magic == "P6" else 1))


def read_pgx(data: bytes) -> Planes:
    line, _, samples = data.partition(b"\n")
    order, *sign, bits, width, height = line.decode().replace("+", "+ ").replace("-", "- ").split()[1:]
    size = (int(bits) + 7) // 8
    kind = f"{'>' if order == 'ML' else '<'}{'i' if '-' in sign else 'u'}{size}"
    return [np.frombuffer(samples, kind).reshape(int(height), int(width))]


def _read_yuv(data: bytes, sizes: list[tuple[int, int]]) -> Planes:
    planes = []
    for rows, columns in sizes:
        planes.append(np.frombuffer(data[: rows * columns], "u1").reshape(rows, columns))
        data = data[rows * columns :]
    return planes


def _planes(image: NDArray[Any]) -> Planes:
    return list(np.moveaxis(image, -1, 0)) if image.ndim == 3 else [image]


@functools.lru_cache(maxsize=2)
def _openjpeg(data: bytes) -> Planes:
    return _planes(imagecodecs.jpeg2k_decode(data))


def _is_read_by_openjpeg(data: bytes) -> bool:
    try:
        return bool(_openjpeg(data))
    except imagecodecs.Jpeg2kError:  # of some quality layers and progression changes
        return False


def _read_reference(path: Path, decoded: Planes) -> Planes:
    data = path.read_bytes()
    if path.suffix in (".ppm", ".pgm"):
        return _read_pnm(data)
    if path.suffix == ".pgx":
        return read_pgx(data)
    if path.suffix == ".yuv":
        return _read_yuv(data, [p.shape for p in decoded])
    if path.suffix == ".raw":
        return _planes(np.frombuffer(data, decoded[0].dtype).reshape(*decoded[0].shape, len(decoded)))
    if path.suffix == ".jph":
        return _openjpeg(data)
    return _planes(pydicom.dcmread(path).pixel_array)


def _bounds(row: dict[str, str], components: int) -> Bounds:
    """The bounds that come with a stream; none: empty."""
    text = row["tolerance_per_component"]
    bounds = [(int(pae), float(mse)) for pae, mse in re.findall(r"PAE<=(\d+),MSE<=([\d.]+)", text)]
    if text == "exact":
        bounds = [(0, 0.0)]
    if row["path"].startswith("openjph") and any(pae for pae, _ in bounds):
        # What its decoder measured; its own tests allow so much beside it.
        bounds = [(pae + 1, mse * 1.01) for pae, mse in bounds]
    return bounds * components if len(bounds) == 1 else bounds


def _differences(found: Planes, reference: Planes) -> Iterator[tuple[int, float]]:
    for a, b in zip(found, reference, strict=True):
        if a.shape != b.shape:
            raise ValueError(f"a component is {a.shape}, its reference {b.shape}")
        error = a.astype(np.int64) - b
        yield int(np.abs(error).max()), float(np.square(error).mean())


def _decode(data: bytes, reduce: int) -> Planes:
    planes = htj2k.decode_components(data, reduce=reduce)
    if len({p.shape for p in planes}) == 1 and len({p.dtype for p in planes}) == 1:
        assert np.array_equal(np.stack(planes, -1).squeeze(), htj2k.decode(data, reduce=reduce).squeeze())
    return planes


def _judge(planes: Planes, reference: Planes, bounds: Bounds, kept: str) -> tuple[str, str]:
    differences = list(_differences(planes, reference))
    figures = "; ".join(
        f"PAE {pae} <= {most}, MSE {mse:.5g} <= {mean:.6g}"
        for (pae, mse), (most, mean) in zip(differences, bounds, strict=True)
    )
    if not any(pae for pae, _ in differences):
        return ("exact" if kept != "as OpenJPEG" else kept), "PAE 0"
    keeps = all(pae <= most and mse <= mean for (pae, mse), (most, mean) in zip(differences, bounds, strict=True))
    return (kept, figures) if keeps else ("wrong", figures.replace("<=", "of"))


def compare(row: dict[str, str], data: bytes, corpus: Path) -> tuple[str, str]:
    """The verdict, and its figures or the words of the refusal."""
    try:
        planes = _decode(data, int(row["reduce"]))
    except htj2k.HTJ2KError as e:
        return "refused", f"{type(e).__name__}: {e}"
    # Two decoders of the 9/7 transform may round a sample differently.
    off = 0 if htj2k.read_info(data).reversible else 1
    beside_openjpeg = [(off, float(off))] * len(planes)
    bounds = _bounds(row, len(planes))
    if not (bounds and row["references"]):
        if not _is_read_by_openjpeg(data):
            return _compare_alone(planes, row, corpus, beside_openjpeg)
        return _judge(planes, _openjpeg(data), beside_openjpeg, "as OpenJPEG")
    paths = [corpus / name for name in row["references"].split(",")]
    reference = [plane for path in paths for plane in _read_reference(path, planes)]
    verdict, figures = _judge(planes, reference, bounds, "within tolerance")
    if verdict == "within tolerance" and len({p.shape for p in planes}) == 1 and _is_read_by_openjpeg(data):
        # Such bounds are wide; OpenJPEG, where it does not make other colours of subsampled ones, is close.
        other, beside = _judge(planes, _openjpeg(data), beside_openjpeg, verdict)
        if other == "wrong":
            return other, f"{figures}; beside OpenJPEG: {beside}"
    return verdict, figures


def _compare_alone(planes: Planes, row: dict[str, str], corpus: Path, bounds: Bounds) -> tuple[str, str]:
    """What OpenJPEG does not read, against references that come without bounds or for some components alone."""
    if not row["references"]:
        return "not compared", "no other decoder reads it"
    references = [p for name in row["references"].split(",") for p in _read_reference(corpus / name, planes)]
    count = len(references)
    verdict, figures = _judge(planes[:count], references, bounds[:count], "within tolerance")
    of = "" if count == len(planes) else f" in the {count} of {len(planes)} components that have a reference"
    return verdict, figures + of


def rows_of(corpus: Path, kind: str) -> list[dict[str, str]]:
    with (corpus / "EXPECTED.tsv").open(newline="") as table:
        return [r for r in csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE) if r["kind"] == kind]


def compare_all(corpus: Path) -> list[Result]:
    rows = rows_of(corpus, "htj2k")
    return [Result(r["path"], *compare(r, (corpus / r["path"]).read_bytes(), corpus)) for r in rows]


def _row(*cells: object) -> str:
    return f"| {' | '.join(str(cell) for cell in cells)} |\n"


def render(results: list[Result]) -> str:
    counts = Counter((r.group, r.verdict) for r in results)
    totals = Counter(r.verdict for r in results)
    text = INTRODUCTION + _row("Streams", *VERDICTS) + _row("---", *["---:"] * len(VERDICTS))
    for group in GROUPS.values():
        text += _row(group, *(counts[group, verdict] for verdict in VERDICTS))
    text += _row("all", *(totals[verdict] for verdict in VERDICTS))
    for group in GROUPS.values():
        text += f"\n## {group}\n\n" + _row("Stream", "Verdict", "") + _row(*["---"] * 3)
        text += "".join(_row(f"`{r.path}`", r.verdict, r.detail) for r in results if r.group == group)
    return text


def read_page(text: str) -> dict[str, tuple[str, str]]:
    """path -> (verdict, detail) of a page that `render` wrote."""
    return {
        path: (verdict, detail)
        for path, verdict, detail in re.findall(r"^\| `(.+?)` \| (.+?) \| (.*) \|$", text, re.M)
    }


INTRODUCTION = """\
# Conformance

Every HTJ2K codestream of the test corpus, decoded and compared with its reference. Written by `make conformance`;
the test suite makes the same comparison and fails when a verdict changes.

* *exact*: every sample of every component is that of the reference.
* *within tolerance*: lossy, and each component keeps the bounds that come with the stream: PAE is the largest
  difference of a sample, MSE the mean of the squares. They are those of ISO/IEC 15444-4, as OpenHTJ2K's tests have
  them, or for OpenJPH's streams what its tests measure and allow beside it. As they are wide, no sample may differ
  from OpenJPEG's by more than 1 either (where it decodes the stream, and without a change of colours).
* *as OpenJPEG*: there is no reference; OpenJPEG decodes to the same samples, to 1 where the wavelet is the 9/7.
* *not compared*: decoded, but there is neither a reference with bounds nor another decoder that reads it.
* *refused*: an error that says why, and no pixels.
* *wrong*: anything else.

"""


def main() -> None:
    folder = os.environ.get("HTJ2K_TEST_DATA")
    if not folder:
        raise SystemExit("HTJ2K_TEST_DATA names no folder of test data")
    results = compare_all(Path(folder) / "corpus")
    PAGE.write_text(render(results))
    print(dict(Counter(r.verdict for r in results)))  # noqa: T201


if __name__ == "__main__":
    main()
