"""Decodes each file named on standard input, for test_corpus.py, which runs this under limits.

Prints one JSON object: path -> [outcome, seconds of CPU time].
"""

from __future__ import annotations

import contextlib
import json
import sys
import time
from pathlib import Path

import htj2k


def outcome(data: bytes) -> str:
    with contextlib.suppress(htj2k.HTJ2KError):
        htj2k.decode_partial(data)
    try:
        htj2k.decode(data)
    except htj2k.HTJ2KError as e:
        return type(e).__name__
    return "decoded"


def main() -> None:
    found = {}
    for line in sys.stdin:
        path = line.rstrip("\n")
        start = time.process_time()
        result = outcome(Path(path).read_bytes())
        found[path] = [result, time.process_time() - start]
    print(json.dumps(found))  # noqa: T201


if __name__ == "__main__":
    main()
