"""Node, its packages and a browser: what is not there skips, unless the gate has installed it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import NoReturn

import pytest
from browser import Browser
from openjphjs import OpenJphJs
from range_server import Site, serve
from viewer_frames import Frame, make_frames
from viewer_site import CODEC, NODE_MODULES, site_files

BROWSERS = ("chromium", "chromium-headless-shell", "google-chrome", "chrome")


def _missing(what: str) -> NoReturn:
    message = f"{what}; tests/interop/web/README.md says how to get it"
    if "HTJ2K_CI" in os.environ and NODE_MODULES.is_dir():
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="session")
def node() -> str:
    """The path of Node, with the packages installed."""
    path = shutil.which("node")
    if path is None:
        _missing("Node is not installed")
    if not CODEC.is_dir():
        _missing("the npm packages are not installed")
    return path


@pytest.fixture(scope="session")
def openjphjs(node: str) -> Iterator[OpenJphJs]:
    codec = OpenJphJs(node)
    yield codec
    codec.close()


@pytest.fixture(scope="session")
def frames() -> dict[str, Frame]:
    pytest.importorskip("pydicom")
    return make_frames()


@pytest.fixture(scope="session")
def site(node: str, frames: dict[str, Frame]) -> Iterator[Site]:
    with serve(site_files(frames)) as site:
        yield site


@pytest.fixture(scope="session")
def browser(node: str) -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        _missing("no Chromium is installed")
    browser = Browser(node, path)
    yield browser
    browser.close()
