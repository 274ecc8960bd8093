"""Mutated documents and files against one of `python_targets.TARGETS`, for test_python_fuzz.py and `make fuzz`.

    python fuzz_python.py TARGET --count 1000 --seed 1      # prints a JSON object: outcome -> how often
    python fuzz_python.py TARGET CORPUS --seconds 3600      # guided by coverage where atheris is installed

A fault ends the process with its traceback, which ends with the input; atheris writes it beside CORPUS.
"""

from __future__ import annotations

import argparse
import collections
import importlib.util
import itertools
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np


def run_random(name: str, seed: int, wants_more: Callable[[int], bool]) -> None:
    from python_targets import TARGETS

    target = TARGETS[name]
    seeds = target.seeds()
    rng = np.random.default_rng(seed)
    outcomes: collections.Counter[str] = collections.Counter()
    for i in itertools.takewhile(wants_more, itertools.count()):
        data = seeds[i] if i < len(seeds) else target.mutate(seeds[rng.integers(len(seeds))], rng)
        try:
            outcomes[target.read(data)] += 1
        except Exception as e:
            raise AssertionError(f"{name} raised {e!r} for {data!r}") from e
    print(json.dumps(outcomes))  # noqa: T201


def run_guided(name: str, seconds: int, corpus: Path) -> None:
    import atheris

    with atheris.instrument_imports(include=["htj2k"]):
        from python_targets import TARGETS
    target = TARGETS[name]
    corpus.mkdir(parents=True, exist_ok=True)
    for i, seed in enumerate(target.seeds()):
        (corpus / f"seed-{i}").write_bytes(seed)

    def mutate(data: bytes, max_size: int, seed: int) -> bytes:
        if seed % 4 == 0:
            return bytes(atheris.Mutate(data, max_size))
        return target.mutate(data, np.random.default_rng(seed))[:max_size]

    def read(data: bytes) -> None:
        target.read(data)

    flags = [
        f"-max_total_time={seconds}",
        "-timeout=60",
        "-rss_limit_mb=4096",
        "-max_len=8192",
        f"-artifact_prefix={corpus}-fault-",
    ]
    atheris.Setup([sys.argv[0], *flags, str(corpus)], read, custom_mutator=mutate)
    atheris.Fuzz()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target")
    parser.add_argument("corpus", nargs="?", type=Path)
    parser.add_argument("--count", type=int)
    parser.add_argument("--seconds", type=int)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    stop = time.monotonic() + (arguments.seconds or 0)
    if not arguments.seconds:
        run_random(arguments.target, arguments.seed, lambda i: i < arguments.count)
    elif importlib.util.find_spec("atheris"):
        run_guided(arguments.target, arguments.seconds, arguments.corpus)
    else:
        run_random(arguments.target, time.time_ns(), lambda _: time.monotonic() < stop)


if __name__ == "__main__":
    main()
