"""The run: all SIMD paths side by side, then threads and sizes on the path that is used by default."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import htj2k
from htj2k._threads import pool_size

from .machine import this_machine
from .operations import WrongAnswer
from .processes import Process, processes
from .results import Key, Measurement, Results, statistics_of
from .settings import Settings, thread_counts
from .timing import take_turns

Progress = Callable[[int, int], object]

_PARTS = 1000  # of the progress of a case


@dataclass(frozen=True)
class _Step:
    """A case in one or several processes, whose operations all take turns."""

    section: str
    frame: str
    kind: str
    arguments: list[Any]
    on: list[Process]
    seconds: float
    rounds: int


def run(settings: Settings, progress: Progress | None = None, only: set[Key] | None = None) -> Results:
    """Measure all, or only what has one of some keys.

    Raises
    ------
    WrongAnswer
        When an operation gives anything but the right answer.
    MemoryError
        When a frame is too large for this machine.
    """
    machine = this_machine()
    measurements: list[Measurement] = []
    with processes(htj2k.simd.available()) as all_paths:
        default = next(process for process in all_paths if process.simd == machine.simd)
        steps = [
            step
            for step in _steps(settings, all_paths, default)
            if only is None or any(key[:2] == (step.section, step.frame) for key in only)
        ]
        for number, step in enumerate(steps):
            measurements += _measure(step, only, partial(_report, progress, number, len(steps)))
    return Results(machine, settings, tuple(measurements))


def _report(progress: Progress | None, number: int, count: int, part: float) -> None:
    if progress is not None:
        progress(round(_PARTS * (number + part)), _PARTS * count)


def _steps(settings: Settings, all_paths: list[Process], default: Process) -> Iterator[_Step]:
    seconds, rounds = settings.seconds, settings.rounds
    for name in settings.frames:
        yield _Step("frames", name, "frame", [name], all_paths, seconds, rounds)
    arguments = [settings.batch, thread_counts(pool_size())]
    yield _Step("threads", f"{settings.batch} x CT 512x512", "batch", arguments, [default], seconds, rounds)
    for size in settings.sizes:
        # The largest take seconds a call.
        yield _Step("sizes", f"CT {size}x{size}", "size", [size, size], [default], seconds, min(rounds, 5))


def _measure(step: _Step, only: set[Key] | None, progress: Callable[[float], None]) -> list[Measurement]:
    prepared = _prepare(step)
    timers = {key: timer for key, timer in _timers(step, prepared["operations"]) if only is None or key in only}
    times = take_turns(timers, seconds=step.seconds * len(timers), least=step.rounds, progress=progress)
    return [
        Measurement(*key, prepared["bytes"], prepared["pixels"], **statistics_of(t)) for key, t in times.items()
    ]


def _prepare(step: _Step) -> dict[str, Any]:
    """Have all processes make the case, which must come out the same everywhere."""
    for process in step.on:
        process.send("prepare", step.kind, step.arguments)
    replies = [process.receive(step.frame) for process in step.on]
    if len({reply["fingerprint"] for reply in replies}) > 1:
        paths = ", ".join(process.simd for process in step.on)
        raise WrongAnswer(f"{step.frame}: the SIMD paths {paths} give different codestreams or checksums")
    return replies[0]


def _timers(step: _Step, operations: list[tuple[str, int]]) -> Iterator[tuple[Key, Callable[[], float]]]:
    for name, threads in operations:
        for process in step.on:
            key = (step.section, step.frame, name, process.simd, threads)
            yield key, partial(process.seconds, step.frame, name, threads)
