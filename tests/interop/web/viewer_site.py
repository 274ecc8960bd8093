"""The page with its codec and its frames as files to be served; `make viewer` serves them for a look."""

from __future__ import annotations

import contextlib
import json
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

from range_server import serve
from viewer_frames import Frame, make_frames

WEB = Path(__file__).parent
NODE_MODULES = WEB / "node_modules"
CODEC = NODE_MODULES / "@cornerstonejs" / "codec-openjph" / "dist"


def site_files(frames: Mapping[str, Frame]) -> dict[str, bytes]:
    """Every file by its path."""
    files = {path.name: path.read_bytes() for path in (WEB / "viewer").iterdir()}
    files |= {f"codec/{path.name}": path.read_bytes() for path in CODEC.iterdir()}
    files |= {f"frames/{name}": frame.codestream for name, frame in frames.items()}
    metadata = {name: frame.metadata(name) for name, frame in frames.items()}
    return files | {"metadata.json": json.dumps(metadata).encode()}


def main() -> None:
    with serve(site_files(make_frames())) as site:
        sys.stdout.write(f"{site.url}\nCtrl-C ends it.\n")
        sys.stdout.flush()
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
