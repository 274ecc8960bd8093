"""docs/benchmarks.md: page.md with tables and charts put in. No number in it that was not measured."""

from __future__ import annotations

from pathlib import Path
from string import Template

from results import Results
from tables import (
    SyntaxRow,
    ahead_table,
    crc32_table,
    decoder_table,
    engines_table,
    image_table,
    library_tables,
    mean,
    number,
    reasons,
    scaling_table,
    syntax_summary,
    syntax_table,
)

TEMPLATE = Path(__file__).parent / "page.md"
PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
PICTURES = {
    "syntaxes": "Decode time and size by transfer syntax",
    "libraries": "Time of each library over that of htj2k",
    "engines": "Time of both engines over that of OpenJPH alone, against frame size",
    "scaling": "Time and memory against frame size, components, bit depth, threads, batch size and files",
}


def picture(name: str) -> str:
    return f"![{PICTURES[name]}](images/{name}.svg)"


def measured(results: Results, section: str) -> str:
    """The command, the machine and the versions."""
    found = results.sections[section]["environment"]
    versions = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
    machine = f"{found['cpu']}, {found['cores']} cores, SIMD path {found['simd']}"
    own = f"{found['python']}, htj2k {found['htj2k']} with OpenJPH {found['openjph']}"
    return f"`make bench-report SECTIONS={section}` on {machine}; {own}, {versions}."


def _held(row: SyntaxRow, factor: float) -> str:
    return f"{sum(ratio >= factor for ratio in row.ratios)} of {len(row.ratios)} images"


def claims(results: Results) -> str:
    """The guide's two sentences against the table."""
    summary = syntax_summary(results)
    classic = summary["JPEG 2000"]
    spread = f"{number(min(classic.ratios))} to {number(max(classic.ratios))}"
    lines = [
        f"* An order of magnitude faster than JPEG 2000: {number(mean(classic.ratios))} times on average, "
        f"{spread}; at least ten times for {_held(classic, 10)}.",
        "* At least twice as fast as all other transfer syntaxes:",
    ]
    for name, row in summary.items():
        if name not in ("HTJ2K", "JPEG 2000"):
            verdict = (
                "holds" if min(row.ratios) >= 2 else "does not hold" if max(row.ratios) < 2 else "holds in part"
            )
            lines.append(f"  * {name}: {verdict} ({_held(row, 2)}); {_beside(row, summary['HTJ2K'])}.")
    return "\n".join(lines)


def _beside(row: SyntaxRow, ours: SyntaxRow) -> str:
    """Time and size in words, over the images that both hold."""
    ratio = mean(row.ratios)
    sizes = dict(zip(ours.images, ours.sizes, strict=True))
    larger = mean([size / sizes[image] for image, size in zip(row.images, row.sizes, strict=True)])
    speed = (
        f"HTJ2K takes {number(1 / ratio)} times as long"
        if ratio < 1
        else f"HTJ2K is {number(ratio)} times as fast"
    )
    return f"{speed} on average, and the files have {larger:.2f} times the size of HTJ2K's"


def break_even(results: Results) -> str:
    """Up to which speed of a link HTJ2K shows its pixels sooner than uncompressed ones."""
    speeds = []
    for row in results.rows("syntaxes").values():
        saved = row["sizes"]["uncompressed"] - row["sizes"]["HTJ2K"]
        longer = row["seconds"]["HTJ2K/htj2k"] - row["seconds"]["uncompressed/memory copy"]
        speeds.append(saved / longer / 1e6)
    least, most = number(min(speeds)), number(max(speeds))
    return (
        "Uncompressed pixels are only copied, which no decoder beats; but they take longer to arrive. Fetched\n"
        f"and decoded together HTJ2K is sooner over any link below {least} to {most} MB/s, by the image."
    )


def render(results: Results) -> str:
    """The page."""
    return Template(TEMPLATE.read_text()).substitute(
        {f"{name}_picture": picture(name) for name in PICTURES},
        **{f"{section}_measured": measured(results, section) for section in results.sections},
        syntax_table=syntax_table(results),
        claims=claims(results),
        break_even=break_even(results),
        image_table=image_table(results),
        decoder_table=decoder_table(results),
        ahead=ahead_table(results),
        library_tables="\n\n".join(library_tables(results)),
        reasons="\n".join(reasons(results)),
        engines_table=engines_table(results),
        crc32_table=crc32_table(results),
        scaling_table=scaling_table(results),
    )


def write(results: Results) -> None:
    """The page and its charts."""
    from charts import draw

    PAGE.write_text(render(results))
    draw(results, PAGE.parent / "images")
