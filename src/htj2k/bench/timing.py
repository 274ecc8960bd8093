"""Times of calls that take turns: noise of the machine then falls on all of them alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Hashable, Mapping
from functools import partial
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)


def second_run(call: Callable[[], object]) -> float:
    """Seconds of the second of two runs: the first has the caches of whatever ran before."""
    call()
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def take_turns(
    timers: Mapping[Key, Callable[[], float]],
    *,
    seconds: float,
    least: int,
    progress: Callable[[float], None] = lambda part: None,
) -> dict[Key, list[float]]:
    """What each timer returned, in at least `least` rounds; more while all of them took less than `seconds`.

    `progress` is told after each round which part is done, 0 to 1."""
    times: dict[Key, list[float]] = {name: [] for name in timers}
    start = time.perf_counter()
    rounds, spent = 0, 0.0
    while rounds < least or spent < seconds:
        for name, timer in timers.items():
            times[name].append(timer())
        rounds, spent = rounds + 1, time.perf_counter() - start
        progress(min(rounds / least, spent / seconds if seconds else 1, 1))
    return times


def medians(calls: Mapping[str, Callable[[], object]], *, seconds: float, least: int = 15) -> dict[str, float]:
    """Median time of each call in seconds; `seconds` is what all of them may take together."""
    timers = {name: partial(second_run, call) for name, call in calls.items()}
    times = take_turns(timers, seconds=seconds, least=least)
    return {name: statistics.median(t) for name, t in times.items()}
