"""``python -m htj2k.cli``."""

from __future__ import annotations

from . import main

main()
