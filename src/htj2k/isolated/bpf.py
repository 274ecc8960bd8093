"""The rules for the kernel as a program for its packet filter (classic BPF, as linux/seccomp.h wants it)."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from .syscalls import NUMBERS, Machine, Rule

# An instruction: code, where to go on if true and if false (counted from the next one), constant.
_INSTRUCTION = struct.Struct("=HBBI")

_LOAD = 0x20  # BPF_LD | BPF_W | BPF_ABS: the 32 bits at an offset of seccomp_data
_IF_EQUAL = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
_IF_ANY_BIT = 0x45  # BPF_JMP | BPF_JSET | BPF_K
_RETURN = 0x06  # BPF_RET | BPF_K

ALLOW = 0x7FFF0000
KILL_PROCESS = 0x80000000

# struct seccomp_data: int nr; u32 arch; u64 instruction_pointer; u64 args[6], little-endian on both machines.
_NUMBER, _ARCH, _ARGUMENTS = 0, 4, 16


def filter_program(machine: Machine, rules: Sequence[Rule]) -> bytes:
    """Allow what `rules` say on this machine; kill the process for everything else.

    Calls of another mode of the CPU (32 bits) have another architecture, those of x32 other numbers.
    """
    program = [
        (_LOAD, 0, 0, _ARCH),
        (_IF_EQUAL, 1, 0, machine.audit_arch),
        (_RETURN, 0, 0, KILL_PROCESS),
    ]
    for rule in rules:
        program += _allow(NUMBERS[rule.name][machine.column], rule)
    program.append((_RETURN, 0, 0, KILL_PROCESS))
    return b"".join(_INSTRUCTION.pack(*instruction) for instruction in program)


def _allow(number: int, rule: Rule) -> list[tuple[int, int, int, int]]:
    """If the number is this one: allow, or kill for the sake of the argument. Else go on behind it."""
    end = [(_RETURN, 0, 0, ALLOW)]
    # Only the low half of an argument counts: descriptors and protections are 32-bit values.
    argument = (_LOAD, 0, 0, _ARGUMENTS + 8 * rule.argument)
    if rule.equals is not None:
        end = [argument, (_IF_EQUAL, 1, 0, rule.equals), (_RETURN, 0, 0, KILL_PROCESS), *end]
    elif rule.without:
        end = [argument, (_IF_ANY_BIT, 0, 1, rule.without), (_RETURN, 0, 0, KILL_PROCESS), *end]
    return [(_LOAD, 0, 0, _NUMBER), (_IF_EQUAL, 0, len(end), number), *end]
