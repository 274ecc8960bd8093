"""The command ``htj2k``. Needs ``pip install "htj2k[cli]"``; ``ingest`` also the extra ``dicom``."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; the process ends with 0, 1 or 2 as `htj2k.cli.app` documents."""
    try:
        from .app import app
    except ImportError as error:
        if error.name not in ("click", "rich"):
            raise
        sys.exit(f'The htj2k command needs {error.name}; install it with: pip install "htj2k[cli]"')
    app(prog_name="htj2k")


__all__ = ["main"]
