"""Runs the fuzz targets that a build folder holds, one on each core, and prints what they covered.

    python cpp/fuzz/run.py BUILD --seconds 3600     # long, goes on from the corpus of the last time
    python cpp/fuzz/run.py BUILD --runs 1000        # short, always the same inputs

The corpus grows in BUILD/corpus, what makes a target fail is kept in BUILD/crashes. With HTJ2K_TEST_DATA set, the
codestreams below that folder are seeds too.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

HERE = Path(__file__).parent
SUFFIXES = {".j2c", ".j2k", ".jhc", ".jp2", ".jpc", ".jph", ".jphc"}
MAX_SEED = 24 << 10
FLAGS = ["-timeout=60", "-entropic=0", "-print_final_stats=1"]
#: The bounds that a target must keep. Memory is what AddressSanitizer makes of it; OpenJPH asks for up to 341 MiB
#: of address space at once and uses little of it.
UNTRUSTED = ["-rss_limit_mb=1024", "-malloc_limit_mb=512"]
#: What a caller encodes is his own choice: small tiles and blocks take more.
CHOSEN = ["-rss_limit_mb=2048", "-malloc_limit_mb=1024"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=Path)
    amount = parser.add_mutually_exclusive_group(required=True)
    amount.add_argument("--seconds", type=int, help="for each target")
    amount.add_argument("--runs", type=int, help="for each target, with a fixed seed")
    parser.add_argument("--only", nargs="*", default=[], help="names of targets")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many run at once")
    arguments = parser.parse_args()
    build: Path = arguments.build.resolve()
    targets = [t for t in find_targets() if not arguments.only or t.stem in arguments.only]
    seeds = make_seeds(build)
    print(f"{'target':16}{'runs':>10}{'edges':>8}{'features':>10}{'seconds':>9}", flush=True)
    with ThreadPoolExecutor(arguments.jobs) as pool:
        passed = pool.map(partial(run, build=build, seeds=seeds, arguments=arguments), targets)
    failed = [target.stem for target, ok in zip(targets, passed, strict=True) if not ok]
    if failed:
        print(f"failed: {', '.join(failed)}; see {build / 'crashes'} and {build / 'logs'}")
    return 1 if failed else 0


def find_targets() -> list[Path]:
    return sorted(HERE.glob("codestream/*.cpp")) + sorted(HERE.glob("pixels/*.cpp"))


def make_seeds(build: Path) -> list[Path]:
    """Folders of codestreams: what our encoder and the tests make, and the external corpus if there is one."""
    own, external = build / "seeds", build / "external-seeds"
    for folder in (own, external):
        folder.mkdir(exist_ok=True)
    subprocess.run([build / "cpp/fuzz/make_seeds", own], check=True)
    subprocess.run([sys.executable, HERE.parents[1] / "tests/block_seeds.py", own], check=True)
    for file in external_files():
        link = external / str(file).replace(os.sep, "+")
        if not link.is_symlink():
            link.symlink_to(file)
    return [own, external]


def external_files() -> Iterator[Path]:
    root = os.environ.get("HTJ2K_TEST_DATA")
    for file in Path(root).rglob("*") if root else ():
        is_codestream = file.suffix in SUFFIXES or "fuzz" in str(file.parent)
        if is_codestream and file.is_file() and file.stat().st_size <= MAX_SEED:
            yield file.resolve()


def run(target: Path, build: Path, seeds: list[Path], arguments: argparse.Namespace) -> bool:
    name = target.stem
    reads_codestreams = target.parent.name == "codestream"
    corpus, log = build / "corpus" / name, build / "logs" / f"{name}.log"
    for folder in (corpus, log.parent, build / "crashes"):
        folder.mkdir(parents=True, exist_ok=True)
    command: list[str | Path] = [build / "cpp/fuzz" / f"fuzz_{name}", *FLAGS]
    command += [f"-artifact_prefix={build / 'crashes' / name}-"]
    command += UNTRUSTED if reads_codestreams else CHOSEN
    if reads_codestreams:
        command += [f"-dict={HERE / 'codestream.dict'}", "-max_len=6000"]
    if arguments.seconds:
        command += [f"-max_total_time={arguments.seconds}", corpus]
    else:
        command += ["-seed=1", f"-runs={arguments.runs}"]
    if reads_codestreams:
        command += seeds
    environment = {"ASAN_OPTIONS": "quarantine_size_mb=16:allocator_may_return_null=1", **os.environ}
    with log.open("wb") as output:
        ok = subprocess.run(command, env=environment, stdout=output, stderr=output).returncode == 0
    print(f"{name:16}{summary(log.read_text(errors='replace'))}{'' if ok else '  FAILED'}", flush=True)
    return ok


def summary(log: str) -> str:
    states = re.findall(r"cov: (\d+) ft: (\d+)", log) or [("0", "0")]
    runs = re.findall(r"number_of_executed_units: (\d+)", log) or ["0"]
    seconds = re.findall(r"Done \d+ runs in (\d+) second", log) or ["-"]
    return f"{runs[-1]:>10}{states[-1][0]:>8}{states[-1][1]:>10}{seconds[-1]:>9}"


if __name__ == "__main__":
    sys.exit(main())
