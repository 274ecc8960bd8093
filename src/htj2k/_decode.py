"""`decode`: strict, whole, exact."""

from __future__ import annotations
