"""The group of commands.

Exit codes of every command: 0 everything was done and verified; 1 something did not verify, or nothing was
imported; 2 bad usage, unreadable input or unwritable output."""

from __future__ import annotations

import click

from .bench import bench
from .checksum import checksum
from .decode import decode
from .encode import encode
from .export import export
from .info import info
from .ingest import ingest
from .show import show
from .transcode import transcode
from .verify import verify


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="htj2k")
def app() -> None:
    """HTJ2K (JPEG 2000 Part 15) for medical images, with pixels proven right at every resolution.

    Exit codes: 0 done and verified; 1 something did not verify, or nothing was imported; 2 bad usage,
    unreadable input or unwritable output.

    \b
    Completion in the shell, for bash (or zsh, fish):
      eval "$(_HTJ2K_COMPLETE=bash_source htj2k)"
    """


for command in (bench, checksum, decode, encode, export, info, ingest, show, transcode, verify):
    app.add_command(command)
