"""Serves one peer on standard input and output: `python worker.py MODULE`. See peer_process.py for the other end.

It needs numpy only, so that it runs in any environment of a peer.
"""

from __future__ import annotations

import importlib
import os
import pickle
import struct
import sys
from pathlib import Path
from typing import Any, BinaryIO

sys.path.insert(0, str(Path(__file__).parent))
from peers import Cannot, Missing

SIZE = struct.Struct("<Q")  # of a message, in front of it


def read_message(stream: BinaryIO) -> Any:
    """The next message, or None at the end."""
    head = stream.read(SIZE.size)
    return pickle.loads(stream.read(*SIZE.unpack(head))) if head else None


def write_message(stream: BinaryIO, message: Any) -> None:
    data = pickle.dumps(message, protocol=4)
    stream.write(SIZE.pack(len(data)) + data)
    stream.flush()


def answer(peer: Any, call: str, *arguments: Any) -> tuple[str, Any]:
    """("ok", result), or ("missing" | "cannot" | "refuses", why)."""
    try:
        return "ok", getattr(peer, call)(*arguments)
    except (ImportError, Missing) as e:
        return ("missing", str(e)) if call == "version" else ("refuses", str(e))
    except Cannot as e:
        return "cannot", str(e)
    except Exception as e:
        return "refuses", f"{type(e).__name__}: {e}".splitlines()[0].rstrip(": ")


def main() -> None:
    # What a library prints must not get between the messages.
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    peer = importlib.import_module(f"peers.{sys.argv[1]}")
    while (request := read_message(sys.stdin.buffer)) is not None:
        write_message(replies, answer(peer, *request))


if __name__ == "__main__":
    main()
