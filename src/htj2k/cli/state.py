"""Where commands keep what a later run needs."""

from __future__ import annotations

import os
from pathlib import Path

from htj2k.healthimaging.ids import content_id


def state_folder() -> Path:
    """The user's folder for this: XDG_STATE_HOME's, LOCALAPPDATA's on Windows, else ~/.local/state."""
    base = os.environ.get("XDG_STATE_HOME") or os.environ.get("LOCALAPPDATA")
    return (Path(base) if base else Path.home() / ".local" / "state") / "htj2k"


def journal_path(source: list[str]) -> Path:
    """The journal of the verification of a source; a local path is the same source from everywhere."""
    names = [name if "://" in name or not os.path.exists(name) else os.path.realpath(name) for name in source]
    return state_folder() / f"verify-{content_id(*names)}.journal"


def baseline_path(cpu: str, settings: str) -> Path:
    """The benchmark that later ones on this CPU are compared with."""
    return state_folder() / f"bench-{content_id(cpu, settings)}.json"
