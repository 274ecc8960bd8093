"""One function over many files: in threads of this process, or in worker processes where that is better."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

from htj2k.healthimaging.pool import bounded_map

from .errors import LostInstance
from .reading import peek_transfer_syntax
from .scan import InputFile
from .syntaxes import FOREIGN_SYNTAXES
from .worker import Alive
from .workers import WorkerPool

# Reading attributes holds Python's lock, so many files are worth the start of a process for each core; that takes
# about half a second each.
_FILES_WORTH_PROCESSES = 250


class FileTask(Protocol):
    """What is to be done with one file."""

    @property
    def file(self) -> InputFile:
        """The file."""
        ...


def _is_foreign(file: InputFile) -> bool:
    """Opening what is no file, such as a pipe, could wait for ever."""
    return not file.obstacle and peek_transfer_syntax(file.path) in FOREIGN_SYNTAXES


Task = TypeVar("Task", bound=FileTask)
Result = TypeVar("Result")


def map_files(
    function: Callable[[Task, Alive], Result],
    tasks: Sequence[Task],
    lost: Callable[[Task, LostInstance], Result],
    *,
    threads: int,
    time_limit: float,
) -> Generator[Result, None, None]:
    """Results in order of `tasks`, with few of them under way or not yet consumed.

    Parameters
    ----------
    function : callable
        Of a module, since it may run in another process. It calls its second argument for each frame.
    tasks : sequence
        Each with a `file`. Files in foreign syntaxes, and all files if there are many, go to worker processes.
    lost : callable
        The result of a task whose process crashed or made no progress.
    threads : int
        How many are worked on at the same time.
    time_limit : float
        Seconds that a frame may take in a worker.
    """
    many = threads > 1 and len(tasks) >= _FILES_WORTH_PROCESSES
    stopped = threading.Event()

    def go_on() -> None:
        if stopped.is_set():
            raise InterruptedError("the job was stopped")

    def work(task: Task) -> Result:
        if not many and not _is_foreign(task.file):
            return function(task, go_on)
        try:
            return workers.call(function, task)
        except LostInstance as error:
            return lost(task, error)

    with WorkerPool(time_limit=time_limit) as workers, ThreadPoolExecutor(threads) as pool:
        results = bounded_map(pool, work, tasks, window=4 * threads)
        try:
            yield from results
        except BaseException:
            # What is under way gives up: here at its next frame, in workers at once.
            stopped.set()
            workers.close()
            raise
        finally:
            results.close()
