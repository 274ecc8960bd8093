"""Work for a `concurrent.futures.Executor`, in chunks, with a result for every item."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from typing import Any, TypeVar

from ._threads import Progress

Item = TypeVar("Item")
Result = TypeVar("Result")

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
    """Call ``function(chunk, *options)`` on the executor; where that fails, `lost` gives the chunk's results."""
    size = _chunk_size(executor, len(items))
    results: list[Any] = [None] * len(items)
    pending: dict[Future[list[Result]], tuple[int, int]] = {}
    try:
        for start in range(0, len(items), size):
            stop = min(start + size, len(items))
            try:
                pending[executor.submit(function, items[start:stop], *options)] = (start, stop)
            except RuntimeError as error:  # an executor that is broken or shut down
                results[start:stop] = [lost(error) for _ in range(start, stop)]
        _collect(pending, results, lost, progress)
    finally:
        for future in pending:
            future.cancel()
    return results


def _chunk_size(executor: Executor, count: int) -> int:
    workers = getattr(executor, "_max_workers", None) or _MOST_ITEMS
    return max(1, min(_MOST_ITEMS, count // (_CHUNKS_PER_WORKER * workers)))


def _collect(
    pending: dict[Future[list[Result]], tuple[int, int]],
    results: list[Any],
    lost: Callable[[BaseException], Result],
    progress: Progress | None,
) -> None:
    done = len(results) - sum(stop - start for start, stop in pending.values())
    while pending:
        for future in wait(pending, return_when=FIRST_COMPLETED).done:
            start, stop = pending.pop(future)
            results[start:stop] = _results_of(future, stop - start, lost)
            done += stop - start
            if progress is not None:
                progress(done, len(results))


def _results_of(future: Future[list[Result]], count: int, lost: Callable[[BaseException], Result]) -> list[Result]:
    error: BaseException
    try:
        found = future.result()
        if len(found) == count:
            return found
        error = RuntimeError(f"{len(found)} results came back for {count} items")
    except KeyboardInterrupt:
        raise
    except BaseException as raised:  # whatever an executor calls the loss of a worker
        error = raised
    return [lost(error) for _ in range(count)]
