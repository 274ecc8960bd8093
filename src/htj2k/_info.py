"""What the headers of a codestream say."""
from __future__ import annotations
