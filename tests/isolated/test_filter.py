"""The filter of system calls, on both kinds of CPU: the program is run here as the kernel would run it."""

from __future__ import annotations

import struct

import pytest

from htj2k.isolated.bpf import ALLOW, KILL_PROCESS, filter_program
from htj2k.isolated.syscalls import MACHINES, NUMBERS, allowed_calls

REQUESTS, REPLIES = 7, 9


def verdict(program: bytes, number: int, arch: int, *arguments: int) -> int:
    """Run classic BPF over seccomp_data."""
    data = struct.pack("<iIQ6Q", number, arch, 0, *(*arguments, 0, 0, 0, 0, 0, 0)[:6])
    instructions = list(struct.iter_unpack("=HBBI", program))
    accumulator, at = 0, 0
    while True:
        code, if_true, if_false, constant = instructions[at]
        at += 1
        if code == 0x20:
            (accumulator,) = struct.unpack_from("<I", data, constant)
        elif code == 0x15:
            at += if_true if accumulator == constant else if_false
        elif code == 0x45:
            at += if_true if accumulator & constant else if_false
        else:
            assert code == 0x06
            return constant


@pytest.fixture(params=MACHINES)
def machine(request: pytest.FixtureRequest) -> tuple[bytes, int, dict[str, int]]:
    found = MACHINES[request.param]
    numbers = {name: pair[found.column] for name, pair in NUMBERS.items()}
    return filter_program(found, allowed_calls(REQUESTS, REPLIES)), found.audit_arch, numbers


def test_only_the_listed_calls(machine: tuple[bytes, int, dict[str, int]]) -> None:
    program, arch, numbers = machine
    harmless = dict.fromkeys(range(1024), (0, 0, 0))
    harmless[numbers["read"]] = (REQUESTS, 0, 0)
    harmless[numbers["write"]] = (REPLIES, 0, 0)
    allowed = {
        number for number, arguments in harmless.items() if verdict(program, number, arch, *arguments) == ALLOW
    }
    assert allowed == set(numbers.values())


def test_arguments(machine: tuple[bytes, int, dict[str, int]]) -> None:
    program, arch, numbers = machine
    for name, own in (("read", REQUESTS), ("write", REPLIES)):
        for descriptor in range(64):
            expected = ALLOW if descriptor == own else KILL_PROCESS
            assert verdict(program, numbers[name], arch, descriptor) == expected
    for name in ("mmap", "mprotect"):
        for protection in range(16):
            expected = KILL_PROCESS if protection & 4 else ALLOW
            assert verdict(program, numbers[name], arch, 0, 4096, protection) == expected


def test_other_modes_of_the_cpu(machine: tuple[bytes, int, dict[str, int]]) -> None:
    """32-bit calls have other numbers for the same things, x32 has bit 30 set."""
    program, arch, numbers = machine
    for other in (0x40000003, 0x40000028, 0):
        assert verdict(program, numbers["brk"], other) == KILL_PROCESS
    assert verdict(program, numbers["brk"] | 0x40000000, arch) == KILL_PROCESS


def test_numbers_are_those_of_this_system(tmp_path: pytest.TempPathFactory) -> None:
    """Where the headers of the kernel are installed."""
    import platform
    import re
    from pathlib import Path

    headers = {
        "x86_64": "/usr/include/x86_64-linux-gnu/asm/unistd_64.h",
        "aarch64": "/usr/include/asm-generic/unistd.h",
    }
    found = 0
    for column, path in enumerate(map(Path, headers.values())):
        if path.exists():
            text = path.read_text()
            for name, pair in NUMBERS.items():
                line = re.search(rf"define __NR(?:3264)?_{name}\s+(\d+)", text)
                assert line is not None, (path, name)
                assert int(line[1]) == pair[column], (path, name)
            found += 1
    if not found:
        pytest.skip(f"no kernel headers for {platform.machine()}")
