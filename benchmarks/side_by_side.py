"""Medians of calls that take turns: noise of the machine then falls on all of them alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping


def medians(calls: Mapping[str, Callable[[], object]], *, seconds: float, least: int = 15) -> dict[str, float]:
    """Median time of each call in seconds; `seconds` is what all of them may take together.

    In each turn a call runs twice and the second run counts, as the first has the caches of its predecessor.
    """
    times: dict[str, list[float]] = {name: [] for name in calls}
    stop = time.perf_counter() + seconds
    rounds = 0
    while rounds < least or time.perf_counter() < stop:
        rounds += 1
        for name, call in calls.items():
            call()
            start = time.perf_counter()
            call()
            times[name].append(time.perf_counter() - start)
    return {name: statistics.median(t) for name, t in times.items()}
