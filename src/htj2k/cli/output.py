"""What all commands share: one JSON document on stdout, errors on stderr, progress only for people."""

from __future__ import annotations

import functools
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NoReturn, Protocol, TypeVar

import click
from rich.console import Console
from rich.table import Table

from htj2k.errors import ChecksumMismatch, HTJ2KError

Command = TypeVar("Command", bound=Callable[..., Any])


class Report(Protocol):
    """What the long commands end with."""

    def to_dict(self) -> dict[str, Any]: ...


R = TypeVar("R", bound=Report)

#: Set by Ctrl-C, with which the process is to end at once.
interrupted = threading.Event()

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
threads_option = click.option(
    "--threads", type=click.IntRange(min=1), help="Default: the cores this process may run on."
)

time_limit_option = click.option(
    "--time-limit",
    type=click.FloatRange(min=0, min_open=True),
    default=300.0,
    show_default=True,
    help="Seconds that decoding one frame of a source may take.",
)


def exit_2_on_error(command: Command) -> Command:
    """End the command with 2 and one clear line on unreadable input, unwritable output or bad arguments.

    Pixels that do not verify are no bad input: they end it with 1."""

    @functools.wraps(command)
    def run(*args: Any, as_json: bool, **kwargs: Any) -> Any:
        try:
            return command(*args, as_json=as_json, **kwargs)
        except ChecksumMismatch as error:
            fail(str(error), as_json=as_json, kind="ChecksumMismatch", code=1)
        except KeyboardInterrupt:
            interrupted.set()
            raise
        except BrokenPipeError:  # who reads what is printed has seen enough; click ends without a word
            raise
        except (HTJ2KError, OSError, ValueError, TypeError, ImportError) as error:
            fail(describe_error(error), as_json=as_json, kind=type(error).__name__)
        except MemoryError:
            fail("not enough memory for this image", as_json=as_json, kind="MemoryError")

    return run  # type: ignore[return-value]


def describe_error(error: Exception) -> str:
    """The message of an exception; for the system's errors without the errno."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename is not None else error.strerror
    return str(error) or type(error).__name__


def fail(message: str, *, as_json: bool, kind: str, code: int = 2) -> NoReturn:
    """Report an error and end with its exit code."""
    click.echo(f"htj2k: error: {message}", err=True)
    if as_json:
        with suppress(OSError):
            print_json({"ok": False, "error": {"type": kind, "message": message}})
    sys.exit(code)


@contextmanager
def behind_the_report() -> Iterator[None]:
    """Errors of what is written when the report was printed; that stays the only document on stdout."""
    try:
        yield
    except OSError as error:
        fail(describe_error(error), as_json=False, kind=type(error).__name__)


@contextmanager
def to_stdout() -> Iterator[None]:
    """Errors of printing name stdout."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        # What is left in the buffer must not fail once more at the end of the process.
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise OSError(error.errno, error.strerror, "stdout") from error


@to_stdout()
def say(text: str) -> None:
    """Print a line."""
    click.echo(text)


@to_stdout()
def print_json(document: Any) -> None:
    """Print one JSON document."""
    click.echo(json.dumps(document, indent=2))


def print_report(report: R, as_json: bool, show: Callable[[R], None]) -> None:
    """As one JSON document, or by `show`."""
    if as_json:
        print_json(report.to_dict())
    else:
        show(report)


@to_stdout()
def print_facts(title: str, facts: list[tuple[str, str]]) -> None:
    """Print (subject, sentence) pairs, subjects in a column of their own."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold")
    grid.add_column(overflow="fold")
    for subject, sentence in facts:
        grid.add_row(f"  {subject}", sentence)
    console = _console()
    console.print(title, style="bold")
    console.print(grid)
    console.print()


@to_stdout()
def print_table(title: str, columns: list[str], rows: list[list[Any]]) -> None:
    """Print a table; columns whose first cell is a number are aligned to the right."""
    table = Table(title=title, title_justify="left")
    for index, column in enumerate(columns):
        numeric = bool(rows) and isinstance(rows[0][index], (int, float))
        table.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(str(cell) for cell in row))
    _console().print(table)


def _console() -> Console:
    # Piped into a file or a pager nothing is wrapped to 80 columns, and nothing is coloured.
    return Console(width=None if sys.stdout.isatty() else 160, markup=False, highlight=False)


@contextmanager
def progress_bar(label: str) -> Iterator[Callable[[int, int], None] | None]:
    """A progress bar on stderr if that is a terminal, else nothing."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(label)

        def update(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        yield update
