"""What the numbers depend on beside the code: CPU, system, versions."""

from __future__ import annotations

import platform
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import htj2k
from htj2k._threads import usable_cores


@dataclass(frozen=True)
class Machine:
    """Where and with what was measured."""

    htj2k: str
    openjph: str
    cpu: str
    cores: int  # that the process may run on
    simd: str  # the path that is in use when none is forced
    python: str
    platform: str


def this_machine() -> Machine:
    """The machine that this runs on."""
    return Machine(
        htj2k.__version__,
        openjph_version(),
        cpu_model(),
        usable_cores(),
        htj2k.simd.active(),
        f"{platform.python_implementation()} {platform.python_version()}",
        platform.platform(),
    )


def openjph_version() -> str:
    """The version of OpenJPH, which it writes into every codestream."""
    comments = htj2k.read_info(htj2k.encode(np.zeros((1, 1), np.uint8))).comments
    match = re.search(rb"OpenJPH Ver (\S+?)\.?$", comments[0].data)
    return match[1].decode() if match else "unknown"


def cpu_model() -> str:
    """The name of the CPU. Virtual machines shorten it, so what identifies the model is added where known."""
    if sys.platform == "darwin":
        command = ["sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor() or platform.machine()
    return _model_of(text) or platform.machine()


def _model_of(cpuinfo: str) -> str:
    """The first CPU of Linux' /proc/cpuinfo."""
    fields = dict(re.findall(r"^(\S[^\t:]*)\t*: *(.*)$", cpuinfo.split("\n\n")[0], re.MULTILINE))
    numbers = ("cpu family", "model", "stepping", "CPU implementer", "CPU part", "CPU variant", "CPU revision")
    known = ", ".join(f"{name} {fields[name]}" for name in numbers if name in fields)
    name = fields.get("model name", "")
    return f"{name} ({known})".strip() if known else name
