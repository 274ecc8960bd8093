"""A program that answers each line of JSON on its standard input with one on its standard output."""

from __future__ import annotations

import json
import subprocess
import threading
from pathlib import Path
from typing import Any


class LineProcess:
    """Runs until `close`. What it writes to its standard error goes where ours goes."""

    def __init__(self, *command: str | Path, time_limit: float = 60) -> None:
        self._time_limit = time_limit
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, **request: Any) -> dict[str, Any]:
        """Send one request and wait for its answer.

        Raises
        ------
        RuntimeError
            The answer is ``{"error": ...}``, or the program ended; it is ended when no answer comes in time.
        """
        timer = threading.Timer(self._time_limit, self._process.kill)
        timer.start()
        try:
            line = self._exchange(json.dumps(request))
        finally:
            timer.cancel()
        if not line:
            raise RuntimeError(f"{self._process.args} ended with code {self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer

    def _exchange(self, line: str) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(f"{line}\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            return ""
        return self._process.stdout.readline()

    def close(self) -> None:
        """Let the program see the end of its input, and wait for it."""
        try:
            self._process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
