"""The first batch of a process, with only so many bytes of memory left, for test_scarce_memory.py.

Prints as JSON how it ended.
"""

from __future__ import annotations

import json
import re
import resource
import sys
from pathlib import Path

import numpy as np

import htj2k

PIXELS = np.random.default_rng(0).integers(0, 4096, (1500, 1500), np.uint16)

htj2k.encode(PIXELS[:9, :9])
in_use = int(re.findall(r"VmSize:\s+(\d+) kB", Path("/proc/self/status").read_text())[0]) << 10
resource.setrlimit(resource.RLIMIT_AS, (in_use + int(sys.argv[1]), resource.RLIM_INFINITY))
ended = "done"
try:
    htj2k.encode_batch([PIXELS, PIXELS], threads=2)
except MemoryError:
    ended = "MemoryError"
sys.stdout.write(json.dumps(ended))
