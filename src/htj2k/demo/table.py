"""The table of the demonstration."""

from __future__ import annotations

from collections import defaultdict

from rich.console import Console
from rich.table import Table

from htj2k.dicom import JobReport
from htj2k.healthimaging import FolderReport, FrameReport


def print_results(job: JobReport, report: FolderReport) -> None:
    """One row for each image set with frames, and the sum."""
    table = Table(title="pydicom's DICOM files as HTJ2K frames", show_footer=True)
    rows = _rows(job, report)
    footers = ["all", *_cells(report.frames)]
    titles = ["input file", "frames", "levels", "MB", "ratio", "MB/s", "verified", "failed"]
    for title, footer in zip(titles, footers, strict=True):
        table.add_column(title, footer=footer, justify="left" if title == "input file" else "right")
    for name, frames in rows:
        table.add_row(name, *_cells(frames))
    console = Console()
    console.print(table)
    summary = job.summary["jobSummary"]
    console.print(
        f"{summary['numberOfScannedFiles']} files: {len(job.imported)} imported, {len(job.failed)} refused "
        f"(compressed, damaged or no images; FAILURE/failure.ndjson says why) in {job.seconds:.1f} s. MB/s: "
        "pixels of the frame against the time to decode it at all its levels and compare, in one thread."
    )
    for problem in report.problems:
        console.print(f"PROBLEM {problem.where}: {problem.message}", markup=False)


def _rows(job: JobReport, report: FolderReport) -> list[tuple[str, list[FrameReport]]]:
    names: dict[str, list[str]] = defaultdict(list)
    for entry in job.imported:
        names[entry.image_set_id].append(entry.input_file.rsplit("/", 1)[-1])
    frames: dict[str, list[FrameReport]] = defaultdict(list)
    for frame in report.frames:
        frames[frame.image_set_id].append(frame)
    return sorted((_label(names[key]), group) for key, group in frames.items())


def _label(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def _cells(frames: list[FrameReport]) -> list[str]:
    decoded = sum(frame.bytes_decoded for frame in frames)
    stored = sum(frame.bytes_stored for frame in frames)
    seconds = sum(frame.seconds for frame in frames)
    verified = sum(frame.ok for frame in frames)
    return [
        str(len(frames)),
        str(sum(len(frame.levels) for frame in frames)),
        f"{decoded / 1e6:.2f}",
        f"{decoded / max(stored, 1):.2f}",
        f"{decoded / 1e6 / max(seconds, 1e-9):.0f}",
        str(verified),
        str(len(frames) - verified),
    ]
