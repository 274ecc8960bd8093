"""Work for a `concurrent.futures.Executor`, in chunks, with a result for every item."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from typing import Any, TypeVar

from ._threads import Progress

Item = TypeVar("Item")
Result = TypeVar("Result")
#: First item, and the one behind the last.
Chunk = tuple[int, int]

# Enough to make the cost of a message small, few enough that chunks of slow frames spread over the workers.
_MOST_ITEMS = 32
_CHUNKS_PER_WORKER = 4


def map_chunks(
    executor: Executor,
    function: Callable[..., list[Result]],
    items: Sequence[Item],
    options: tuple[Any, ...],
    lost: Callable[[BaseException], Result],
    progress: Progress | None,
) -> list[Result]:
    """Call ``function(chunk, *options)`` on the executor; what fails twice gets the results that `lost` makes."""
    if not callable(getattr(executor, "submit", None)):
        raise TypeError(
            f"executor must have a method submit, as those of concurrent.futures, not {type(executor).__name__}"
        )

    def submit(chunk: Chunk) -> Future[list[Result]]:
        return executor.submit(function, items[slice(*chunk)], *options)

    size = _chunk_size(executor, len(items))
    results: list[Any] = [None] * len(items)
    pending: dict[Future[list[Result]], Chunk] = {}
    try:
        for start in range(0, len(items), size):
            chunk = start, min(start + size, len(items))
            try:
                pending[submit(chunk)] = chunk
            except RuntimeError as error:  # an executor that is broken or shut down
                results[slice(*chunk)] = [lost(error)] * (chunk[1] - start)
        _collect(pending, submit, results, lost, progress)
    finally:
        for future in pending:
            future.cancel()
    return results


def _chunk_size(executor: Executor, count: int) -> int:
    workers = getattr(executor, "_max_workers", None) or _MOST_ITEMS
    return max(1, min(_MOST_ITEMS, count // (_CHUNKS_PER_WORKER * workers)))


def _collect(
    pending: dict[Future[list[Result]], Chunk],
    submit: Callable[[Chunk], Future[list[Result]]],
    results: list[Any],
    lost: Callable[[BaseException], Result],
    progress: Progress | None,
) -> None:
    """Wait for all of `pending`. A chunk without results is sent once more.

    Executors that run a dead worker's tasks again may still lose some: Dask's (2026.8) fails for a chunk whose
    worker dies while the results are on their way, as the status that it looks at has changed by then.
    """
    done = len(results) - sum(stop - start for start, stop in pending.values())
    sent_again: set[Chunk] = set()
    while pending:
        for future in wait(pending, return_when=FIRST_COMPLETED).done:
            chunk = start, stop = pending.pop(future)
            found = _results_of(future, stop - start)
            if isinstance(found, BaseException):
                if chunk not in sent_again and (again := _try(submit, chunk)):
                    sent_again.add(chunk)
                    pending[again] = chunk
                    continue
                found = [lost(found)] * (stop - start)
            results[start:stop] = found
            done += stop - start
            if progress is not None:
                progress(done, len(results))


def _try(submit: Callable[[Chunk], Future[list[Result]]], chunk: Chunk) -> Future[list[Result]] | None:
    try:
        return submit(chunk)
    except RuntimeError:  # broken or shut down since
        return None


def _results_of(future: Future[list[Result]], count: int) -> list[Result] | BaseException:
    """As many results as there are items, or why there are none."""
    try:
        found = future.result()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever an executor calls the loss of a worker
        return error
    return found if len(found) == count else RuntimeError(f"{len(found)} results came back for {count} items")
