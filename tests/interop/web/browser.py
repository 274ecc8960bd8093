"""A headless Chromium, and what the page shows in it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from line_process import LineProcess

DRIVER = Path(__file__).with_name("browser.mjs")


@dataclass(frozen=True)
class Shown:
    """What came of each resolution, the words below each picture, and errors of the page itself."""

    levels: list[dict[str, Any]]
    verdicts: list[str]
    summary: str
    complaints: list[str]


class Browser:
    """One browser process; a page for each frame that is looked at.

    With `HTJ2K_SCREENSHOTS` naming a folder, each page is also written there as a picture.
    """

    def __init__(self, node: str, path: str) -> None:
        self._driver = LineProcess(node, DRIVER, path)
        self._screenshots = os.environ.get("HTJ2K_SCREENSHOTS")

    def show(self, url: str, frame: str, **query: int) -> Shown:
        """Open the page for a frame and wait until all of its resolutions are through."""
        picture = self._screenshots and str(Path(self._screenshots).resolve() / f"{frame}.png")
        address = f"{url}/?{urlencode({'frame': frame, **query})}"
        return Shown(**self._driver.ask(url=address, screenshot=picture))

    def close(self) -> None:
        self._driver.close()
