"""What the worker may ask of the Linux kernel once it is in the sandbox, and why.

Everything it needs is open by then: two pipes and the shared memory. So nothing here opens, connects, starts or
signals anything. Whatever is not listed ends the process.
"""

from __future__ import annotations

import mmap
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Machine:
    """A kind of CPU: its number in the kernel (linux/audit.h), and which column of `NUMBERS` is its own."""

    audit_arch: int
    column: Literal[0, 1]


MACHINES = {"x86_64": Machine(0xC000003E, 0), "aarch64": Machine(0xC00000B7, 1)}


@dataclass(frozen=True)
class Rule:
    """A call that is allowed: always, or if its argument is `equals`, or has none of the bits in `without`."""

    name: str
    argument: int = 0
    equals: int | None = None
    without: int = 0


#: Numbers on x86-64 (arch/x86/entry/syscalls/syscall_64.tbl) and on 64-bit ARM (asm-generic/unistd.h).
NUMBERS = {
    "read": (0, 63),
    "write": (1, 64),
    "mmap": (9, 222),
    "mprotect": (10, 226),
    "munmap": (11, 215),
    "brk": (12, 214),
    "rt_sigreturn": (15, 139),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "exit": (60, 93),
    "futex": (202, 98),
    "restart_syscall": (219, 128),
    "clock_gettime": (228, 113),
    "exit_group": (231, 94),
    "getrandom": (318, 278),
}

_PROTECTION = 2  # which argument of mmap and mprotect it is


def allowed_calls(requests: int, replies: int) -> list[Rule]:
    """The rules for a worker that reads from one descriptor and writes to another."""
    return [
        # The two pipes to the host.
        Rule("read", 0, equals=requests),
        Rule("write", 0, equals=replies),
        # malloc. No memory becomes executable.
        Rule("mmap", _PROTECTION, without=mmap.PROT_EXEC),
        Rule("mprotect", _PROTECTION, without=mmap.PROT_EXEC),
        Rule("munmap"),
        Rule("brk"),
        Rule("mremap"),
        Rule("madvise"),
        # Seeds a part of malloc that protects itself against overwritten lists.
        Rule("getrandom"),
        # Locks of Python and of C++.
        Rule("futex"),
        # The CPU time so far; and the time of day where the kernel has no faster way.
        Rule("clock_gettime"),
        # Going on after a stop (Ctrl-Z, a debugger), and the end of a signal's handler.
        Rule("restart_syscall"),
        Rule("rt_sigreturn"),
        # The end, when the host closes its pipe.
        Rule("exit"),
        Rule("exit_group"),
    ]
