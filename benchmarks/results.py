"""What was measured last, by section: benchmarks/results.json. The page and the charts are drawn from it alone."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "results.json"


@dataclass
class Results:
    """Sections of rows. All rows of a section were measured on the same machine with the same libraries."""

    sections: dict[str, dict[str, Any]] = field(default_factory=dict)

    def rows(self, section: str) -> dict[str, Any]:
        return dict(self.sections.get(section, {}).get("rows", {}))

    def add(self, section: str, row: str, content: Any, environment: dict[str, Any]) -> None:
        """Put a row in; ValueError if the section's other rows were measured elsewhere."""
        found = self.sections.setdefault(section, {"environment": environment, "rows": {}})
        if found["environment"] != environment:
            raise ValueError(
                f"section {section!r} was measured in another environment; "
                "measure all of it again with --fresh, or go back to that environment"
            )
        found["rows"][row] = content

    def forget(self, section: str) -> None:
        self.sections.pop(section, None)

    def save(self, path: Path = FILE) -> None:
        text = json.dumps(self.sections, indent=1, sort_keys=False)
        temporary = path.with_suffix(".new")
        temporary.write_text(text + "\n")
        temporary.replace(path)


def load(path: Path = FILE) -> Results:
    return Results(json.loads(path.read_text())) if path.exists() else Results()


def rounded(seconds: float) -> float:
    """Four digits: the rest is noise."""
    return float(f"{seconds:.4g}")
