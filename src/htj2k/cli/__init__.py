"""The command ``htj2k``. Needs ``pip install "htj2k[cli]"``; ``ingest`` also the extra ``dicom``."""

from __future__ import annotations

import os
import sys
import traceback
from contextlib import suppress
from typing import NoReturn


def main() -> None:
    """Run the command line; the process ends with 0, 1 or 2 as `htj2k.cli.app` documents."""
    if sys.stderr is None:  # closed; else the next file that is opened would get what is written there
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    if sys.stdout is None:
        _fail("stdout is closed; send it to /dev/null if nobody reads it")
    try:
        from .app import app
        from .output import describe_error, interrupted, to_stdout
    except ImportError as error:
        if error.name not in ("click", "rich"):
            raise
        _fail(f'the htj2k command needs {error.name}; install it with: pip install "htj2k[cli]"')
    try:
        with to_stdout():  # help texts; commands tell of their own errors
            app(prog_name="htj2k")
    except SystemExit as end:
        if interrupted.is_set():
            _end_now(end)
        raise
    except OSError as error:
        _fail(describe_error(error))
    except Exception:  # a fault of ours; Python would end with 1, which says that something did not verify
        traceback.print_exc()
        sys.exit(2)


def _end_now(end: SystemExit) -> NoReturn:
    """After Ctrl-C: Python would wait for threads, which may be waiting for a server that does not answer."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):
            stream.flush()
    os._exit(end.code if isinstance(end.code, int) else 1)


def _fail(message: str) -> NoReturn:
    with suppress(OSError):
        sys.stderr.write(f"htj2k: error: {message}\n")
    sys.exit(2)


__all__ = ["main"]
