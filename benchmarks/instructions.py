"""Counts the instructions of fixed work with callgrind and compares them with the stored baseline.

Counts do not depend on what else the machine does, so this can tell a change of a few percent. Run with ``make
bench-instructions``, or ``make bench-instructions-baseline`` to store the counts as they are now. Another
compiler, another OpenJPH or another path through it gives other counts: then they are only reported.

Exit code 0: within the tolerance, or not comparable. 1: an operation takes more instructions, is missing or new.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

BASELINE = Path(__file__).with_suffix(".txt")
TOLERANCE = 0.02
# Valgrind 3.19 does not know AVX-512, nor VPCLMULQDQ, without which the AVX2 path has the CRC-32 of SSE4.1.
PATHS = ("avx2", "sse41", "portable") if platform.machine() in ("x86_64", "AMD64") else ("portable",)


@dataclass(frozen=True)
class Counts:
    """Instructions by operation, and what they depend on."""

    conditions: dict[str, str]
    instructions: dict[str, int]

    def __str__(self) -> str:
        head = [f"# {name}: {value}" for name, value in self.conditions.items()]
        return "\n".join([*head, *(f"{name}: {count}" for name, count in self.instructions.items())]) + "\n"


def parse(text: str) -> Counts:
    """The baseline file, which is what `Counts` writes."""
    conditions = dict(re.findall(r"^# (.+?): (.+)$", text, re.MULTILINE))
    instructions = {name: int(count) for name, count in re.findall(r"^([^#].*): (\d+)$", text, re.MULTILINE)}
    return Counts(conditions, instructions)


def count(program: Path) -> Counts:
    """Run the program under callgrind, once for each SIMD path."""
    if shutil.which("valgrind") is None:
        raise SystemExit("counting instructions needs valgrind")
    version = subprocess.run(["valgrind", "--version"], capture_output=True, text=True, check=True).stdout
    conditions = {"machine": platform.machine(), "valgrind": version.strip().removeprefix("valgrind-")}
    instructions: dict[str, int] = {}
    for path in PATHS:
        of_path = _count_path(program, path)
        conditions |= of_path.conditions
        instructions |= {f"{path} {name}": found for name, found in of_path.instructions.items()}
    return Counts(conditions, instructions)


def _count_path(program: Path, path: str) -> Counts:
    with tempfile.TemporaryDirectory() as folder:
        dump = Path(folder) / "calls"
        options = ["--toggle-collect=measured", "--dump-after=measured", f"--callgrind-out-file={dump}"]
        command = ["valgrind", "--tool=callgrind", "--quiet", *options, str(program)]
        environment = {**os.environ, "HTJ2K_SIMD": path}
        result = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=False)
        if result.returncode != 0:
            raise SystemExit(f"HTJ2K_SIMD={path} {program} failed under valgrind")
        head = parse(result.stdout)
        names = [line for line in result.stdout.splitlines() if not line.startswith("#")]
        return Counts(head.conditions, {name: _total(dump, number + 1) for number, name in enumerate(names)})


def _total(dump: Path, number: int) -> int:
    """Instructions of the n-th measured call; inclusive, as nothing else is collected."""
    text = dump.with_name(f"{dump.name}.{number}").read_text()
    match = re.search(r"^totals: (\d+)$", text, re.MULTILINE)
    if match is None or int(match[1]) == 0:
        raise SystemExit(f"callgrind counted nothing in measurement {number}: was `measured` inlined?")
    return int(match[1])


def differing_conditions(baseline: Counts, now: Counts) -> list[str]:
    """Why the counts cannot be compared."""
    names = dict.fromkeys([*baseline.conditions, *now.conditions])
    pairs = {name: (baseline.conditions.get(name), now.conditions.get(name)) for name in names}
    return [f"{name} is {new}, the baseline's was {old}" for name, (old, new) in pairs.items() if old != new]


def verdict(old: int | None, new: int | None) -> str:
    """What became of an operation."""
    if old is None or new is None:
        return "NEW" if old is None else "MISSING"
    if new > old * (1 + TOLERANCE):
        return "MORE"
    return "fewer" if new < old * (1 - TOLERANCE) else "same"


def table(baseline: Counts, now: Counts) -> list[tuple[str, int | None, int | None, str]]:
    """Name, old and new count, verdict; of all operations of either."""
    names = dict.fromkeys([*baseline.instructions, *now.instructions])
    pairs = ((name, baseline.instructions.get(name), now.instructions.get(name)) for name in names)
    return [(name, old, new, verdict(old, new)) for name, old, new in pairs]


def report(baseline: Counts, now: Counts) -> bool:
    """Print the table. Whether all is well, or cannot be told."""
    rows = table(baseline, now)
    print(f"{'instructions':30}{'baseline':>14}{'now':>14}{'change':>9}")
    for name, old, new, word in rows:
        change = f"{new / old - 1:+.2%}" if old and new else ""
        print(f"{name:30}{old or '-':>14}{new or '-':>14}{change:>9}  {word if word != 'same' else ''}".rstrip())
    differing = differing_conditions(baseline, now)
    if differing:
        print(f"Not compared: {'; '.join(differing)}.")
        return True
    words = [row[3] for row in rows]
    if "fewer" in words:
        print("Fewer instructions than before: make bench-instructions-baseline stores them.")
    ok = not set(words) & {"MORE", "MISSING", "NEW"}
    print("OK" if ok else f"More than {TOLERANCE:.0%} above the baseline, or other operations than it has.")
    return ok


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=Path, help="the built instruction_benchmark")
    parser.add_argument("--update", action="store_true", help="store the counts instead of comparing them")
    arguments = parser.parse_args()
    now = count(arguments.program)
    if arguments.update:
        BASELINE.write_text(str(now))
        print(now, end="")
        return
    sys.exit(0 if report(parse(BASELINE.read_text()), now) else 1)


if __name__ == "__main__":
    main()
