"""Work on many items with threads while only a few of them are in memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Executor, Future
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def bounded_map(
    executor: Executor, function: Callable[[Item], Result], items: Iterable[Item], *, window: int
) -> Generator[Result, None, None]:
    """Results in order of `items`, with at most `window` calls started and not yet consumed.

    Unlike ``Executor.map`` this does not read all of `items` at once, and what was not started is cancelled
    when a call raises or the caller stops early.
    """
    waiting: deque[Future[Result]] = deque()
    try:
        for item in items:
            waiting.append(executor.submit(function, item))
            if len(waiting) >= window:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()
