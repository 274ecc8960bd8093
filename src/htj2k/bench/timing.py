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


def take_turns(timers: Mapping[Key, Callable[[], float]], *, seconds: float, least: int) -> dict[Key, list[float]]:
    """What each timer returned, in at least `least` rounds; more while all of them took less than `seconds`."""
    times: dict[Key, list[float]] = {name: [] for name in timers}
    stop = time.perf_counter() + seconds
    rounds = 0
    while rounds < least or time.perf_counter() < stop:
        rounds += 1
        for name, timer in timers.items():
            times[name].append(timer())
    return times


def medians(calls: Mapping[str, Callable[[], object]], *, seconds: float, least: int = 15) -> dict[str, float]:
    """Median time of each call in seconds; `seconds` is what all of them may take together."""
    timers = {name: partial(second_run, call) for name, call in calls.items()}
    times = take_turns(timers, seconds=seconds, least=least)
    return {name: statistics.median(t) for name, t in times.items()}
