"""Peers, each in a process of its own with a time limit: what crashes or hangs is a result, not the end."""

from __future__ import annotations

import contextlib
import importlib
import os
import pickle
import pkgutil
import select
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import peers
import worker
from peers import Options

FOLDER = Path(__file__).parent
# Where install.py puts an environment for each Python version.
ENVIRONMENTS = FOLDER.parents[1] / "build" / "interop"
TIME_LIMIT = 60.0


class Answer(NamedTuple):
    """`state` is "ok", or "missing", "cannot", "refuses", "crashes", "hangs" with the reason in `value`."""

    state: str
    value: Any


def module_names() -> list[str]:
    return sorted(m.name for m in pkgutil.iter_modules(peers.__path__) if not m.name.startswith("_"))


def least_python(module: Any) -> tuple[int, int]:
    return getattr(module, "PYTHON", (0, 0))


def environment(version: tuple[int, int]) -> Path:
    return ENVIRONMENTS / f"python{version[0]}.{version[1]}"


def interpreter(module: Any) -> Path | None:
    """The Python that has this peer's packages: its own environment, or the one that runs this."""
    own = sys.version_info[:2]
    least = least_python(module)
    candidates = [own] if own >= least else []
    candidates += sorted(
        tuple(int(n) for n in path.name.removeprefix("python").split("."))  # type: ignore[misc]
        for path in ENVIRONMENTS.glob("python3.*")
    )
    for version in candidates:
        python = environment(version) / "bin" / "python"
        if version >= least and python.exists():
            return python
    return Path(sys.executable) if own >= least else None


class PeerProcess:
    """One peer. Starts when first used, and again after a crash."""

    def __init__(self, module_name: str) -> None:
        self.module_name = module_name
        self.module = importlib.import_module(f"peers.{module_name}")
        self.name: str = self.module.NAME
        self.codec: str = self.module.CODEC
        self.can_encode = hasattr(self.module, "encode")
        self._process: subprocess.Popen[bytes] | None = None

    def version(self) -> Answer:
        return self._call("version")

    def decode(self, data: bytes, reduce: int = 0) -> Answer:
        return self._call("decode", data, reduce)

    def encode(self, pixels: np.ndarray[Any, Any], options: Options) -> Answer:
        return self._call("encode", pixels, options)

    def close(self) -> None:
        self._stop()

    def _stop(self) -> tuple[int, list[str]]:
        """The exit code and what was printed."""
        if self._process is None:
            return 0, []
        process, self._process = self._process, None
        process.kill()
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(BrokenPipeError):
                pipe.close()  # type: ignore[union-attr]
        with self._errors:
            code = process.wait()
            self._errors.seek(0)
            return code, self._errors.read().decode(errors="replace").strip().splitlines()

    def _start(self) -> subprocess.Popen[bytes] | None:
        python = interpreter(self.module)
        if python is None:
            return None
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 (closed when the process ends)
        return subprocess.Popen(
            [str(python), str(FOLDER / "worker.py"), self.module_name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )

    def _call(self, *request: Any) -> Answer:
        self._process = self._process or self._start()
        if self._process is None:
            return Answer("missing", "needs Python {}.{} or newer".format(*least_python(self.module)))
        try:
            worker.write_message(self._process.stdin, request)  # type: ignore[arg-type]
            return Answer(*self._receive())
        except TimeoutError:
            self._stop()
            return Answer("hangs", f"no answer within {TIME_LIMIT:.0f} s")
        except (BrokenPipeError, EOFError):
            return Answer("crashes", self._cause_of_death())

    def _receive(self) -> Any:
        deadline = time.monotonic() + TIME_LIMIT
        size = worker.SIZE.unpack(self._read(worker.SIZE.size, deadline))[0]
        return pickle.loads(self._read(size, deadline))

    def _read(self, count: int, deadline: float) -> bytes:
        """The next bytes of the process's standard output, which nothing else reads."""
        assert self._process is not None
        assert self._process.stdout is not None
        found = bytearray()
        while len(found) < count:
            wait = max(deadline - time.monotonic(), 0)
            if not select.select([self._process.stdout], [], [], wait)[0]:
                raise TimeoutError
            more = os.read(self._process.stdout.fileno(), count - len(found))
            if not more:
                raise EOFError
            found += more
        return bytes(found)

    def _cause_of_death(self) -> str:
        assert self._process is not None
        self._process.wait()
        code, lines = self._stop()
        if code < 0:
            return signal.Signals(-code).name
        return lines[-1] if lines else f"exit code {code}"


def available() -> tuple[list[tuple[PeerProcess, str]], dict[str, str]]:
    """Peers that run here, with their versions, and why the others do not."""
    found, missing = [], {}
    for module_name in module_names():
        peer = PeerProcess(module_name)
        version = peer.version()
        if version.state == "ok":
            found.append((peer, version.value))
        else:
            missing[peer.name] = str(version.value)
            peer.close()
    return found, missing
