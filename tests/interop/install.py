"""Install the peers: `python install.py`. Each Python that a peer needs gets an environment in build/interop.

A peer that cannot be had does not take the others along. What is missing is said, here and by whoever asks for the
peers later; it is no error.
"""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import peer_process
from peers import Missing

NEWEST = 14
_PROBE = "import ensurepip, sys; print(sys.version_info[1])"


def find_python(least: tuple[int, int]) -> tuple[tuple[int, int], str] | None:
    """This Python if it is new enough, else the oldest one that is, on the path or among pyenv's versions."""
    own = sys.version_info[:2]
    if own >= least:
        return own, sys.executable
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for minor in range(least[1], NEWEST + 1):
        candidates = [shutil.which(f"python3.{minor}"), *map(str, pyenv.glob(f"3.{minor}.*/bin/python3.{minor}"))]
        for path in filter(None, candidates):
            said = subprocess.run([path, "-c", _PROBE], capture_output=True)
            if said.stdout.strip() == str(minor).encode():
                return (3, minor), path
    return None


def wanted() -> tuple[dict[tuple[int, int], dict[str, tuple[str, ...]]], dict[str, str]]:
    """What each Python version's environment should have, by peer, and why some peers are not to be installed."""
    by_python: dict[tuple[int, int], dict[str, tuple[str, ...]]] = {}
    reasons = {}
    for module_name in peer_process.module_names():
        module = importlib.import_module(f"peers.{module_name}")
        python = find_python(peer_process.least_python(module))
        try:
            getattr(module, "check_machine", lambda: None)()
            if python is None:
                raise Missing("needs Python {}.{} or newer".format(*peer_process.least_python(module)))
        except Missing as e:
            reasons[module.NAME] = str(e)
            continue
        by_python.setdefault(python[0], {})[module.NAME] = module.REQUIRES
    return by_python, reasons


def install(version: tuple[int, int], required: dict[str, tuple[str, ...]]) -> dict[str, str]:
    """All at once or, where this fails, peer by peer; why some could not be had."""
    folder = peer_process.environment(version)
    python = folder / "bin" / "python"
    if not python.exists():
        found = find_python(version)
        assert found is not None
        subprocess.run([found[1], "-m", "venv", str(folder)], check=True)

    def pip(packages: list[str]) -> bool:
        command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "numpy"]
        return subprocess.run([*command, *packages], capture_output=True).returncode == 0

    if pip([package for packages in required.values() for package in packages]):
        return {}
    return {name: f"pip install {' '.join(r)} fails" for name, r in required.items() if r and not pip([*r])}


def main() -> None:
    by_python, reasons = wanted()
    for version, required in by_python.items():
        reasons |= install(version, required)
    found, missing = peer_process.available()
    for peer, text in found:
        print(f"{peer.name}: {text}")  # noqa: T201
        peer.close()
    for name, why in missing.items():
        print(f"{name}: not available, {reasons.get(name, why)}")  # noqa: T201


if __name__ == "__main__":
    main()
