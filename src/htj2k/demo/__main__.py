"""The demonstration. Needs ``pip install "htj2k[demo]"``."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import click

from .picture import draw_resolutions, pick_frame
from .table import print_results


@click.command()
@click.argument("output", type=click.Path(path_type=Path))
def main(output: Path) -> None:
    """Import the DICOM files that come with pydicom, verify them, draw a frame at each resolution."""
    import pydicom.data

    from htj2k.dicom import ingest
    from htj2k.healthimaging import verify_folder

    folder = output / "imagesets"
    _clear(folder)
    job = ingest(Path(pydicom.data.__file__).parent / "test_files", folder)
    report = verify_folder(folder)
    print_results(job, report)
    picture = output / "resolutions.png"
    draw_resolutions(pick_frame(folder), picture)
    click.echo(f"Image sets: {folder}\nPicture:    {picture}")
    sys.exit(0 if report.ok else 1)


def _clear(folder: Path) -> None:
    """Remove what an earlier run of the demonstration left, and nothing else."""
    from htj2k.healthimaging.job_output import MANIFEST

    if (folder / MANIFEST).exists():
        shutil.rmtree(folder)


if __name__ == "__main__":
    main(prog_name="python -m htj2k.demo")
