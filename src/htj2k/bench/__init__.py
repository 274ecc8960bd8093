"""Benchmarks: what ``htj2k bench`` runs, and the frames and the clock of the project's own ``benchmarks/``.

Needs numpy only, and matplotlib for the picture."""
