"""Fast HTJ2K (JPEG 2000 Part 15) codec with per-resolution pixel verification."""

from __future__ import annotations
