"""The walls: what a process gives up before it looks at a byte that it does not trust."""

from __future__ import annotations

import ctypes
import os
import platform
import sys
from contextlib import suppress
from typing import Literal

from .bpf import filter_program
from .syscalls import MACHINES, allowed_calls

Level = Literal["seccomp", "rlimits"]

#: Seconds of CPU time that a worker may use in its whole life; the host replaces it before that.
CPU_SECONDS = 3600

# linux/prctl.h and linux/seccomp.h
_PR_SET_DUMPABLE = 4
_PR_SET_NO_NEW_PRIVS = 38
_SECCOMP_SET_MODE_FILTER = 1
_SECCOMP_FILTER_FLAG_TSYNC = 1
_SYS_SECCOMP = {"x86_64": 317, "aarch64": 277}


class _Program(ctypes.Structure):
    """struct sock_fprog."""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def enter(memory_limit: int, requests: int, replies: int) -> Level:
    """Give up everything that decoding does not need, for good.

    Parameters
    ----------
    memory_limit : int
        Bytes of address space that the process may take beyond what it has now.
    requests, replies : int
        The descriptors that it may still read from and write to.

    Returns
    -------
    {"seccomp", "rlimits"}
        With the kernel's filter of system calls, or without, where the system has none.
    """
    _limit_resources(memory_limit)
    return "seccomp" if _filter_system_calls(requests, replies) else "rlimits"


def _limit_resources(memory_limit: int) -> None:
    import resource  # Windows has no such module

    _lower("RLIMIT_AS", _address_space() + memory_limit)
    _lower("RLIMIT_CPU", CPU_SECONDS)
    _lower("RLIMIT_FSIZE", 0)  # no byte into any file
    _lower("RLIMIT_NOFILE", 0)  # no further file, pipe or socket
    _lower("RLIMIT_CORE", 0)  # a crash writes no image to the disk
    if hasattr(resource, "RLIMIT_NPROC"):
        _lower("RLIMIT_NPROC", 0)  # no process, no thread (root is exempt from this one)


def _lower(name: str, value: int) -> None:
    import resource

    number = getattr(resource, name)
    hard = resource.getrlimit(number)[1]
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(number, (value, value))


def _address_space() -> int:
    """Bytes that this process has mapped already; a guess where there is no /proc."""
    with suppress(OSError), open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    return 1 << 30


def _filter_system_calls(requests: int, replies: int) -> bool:
    machine = platform.machine()
    if sys.platform != "linux" or sys.maxsize < 2**32 or machine not in MACHINES:
        return False
    program = filter_program(MACHINES[machine], allowed_calls(requests, replies))
    library = ctypes.CDLL(None, use_errno=True)
    # Nobody but root may then read this process's memory, and programs with setuid give it no rights.
    library.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    if library.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    described = _Program(len(program) // 8, program)
    # By number: glibc has no function for it. For all threads of the process, should it have several.
    arguments = (_SECCOMP_SET_MODE_FILTER, _SECCOMP_FILTER_FLAG_TSYNC, ctypes.byref(described))
    return bool(library.syscall(_SYS_SECCOMP[machine], *arguments) == 0)
