"""No instruction beyond the baseline of x86-64 outside the functions that run only where the CPU has it.

What one inline function of a header, or one static initialiser, compiled for AVX2 does on an older CPU is an
illegal instruction at import. So the check is of what the compiler made, in the objects of the installed build.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SSE = re.compile(  # SSE3 to SSE4.2 and PCLMULQDQ, without those that older CPUs read as something harmless
    r"pclmul|pshufb|pmulld|pmulhrsw|pmaddubs|p(min|max)(sb|sd|uw|ud)|pmov[sz]x|pblend|blendv?p|pextr[bdq]|pinsr[bdq]"
    r"|ptest|packusdw|pcmp(eq|gt)q|pcmp[ei]str|pabs|ph(add|sub)|psign|palignr|round[ps][sd]|dpp[sd]|extractps"
    r"|insertps|mpsadbw|phminpos|movntdqa|h(add|sub)p|addsubp|lddqu|movs[hl]dup|movddup|crc32|popcnt|pmuldq"
)
BMI = re.compile(r"(sh[lr]|sar|ror)x|mulx|pdep|pext[lq]?$|bzhi|andn[lq]?$|bextr|bls(i|r|msk)")
NAMESPACE = re.compile(r"^(?:[\w: ]+[ *&])?htj2k::kernels::(?P<path>\w+)::")
MAY_USE = {
    "avx512": {"avx512", "avx", "bmi", "sse"},
    "avx2": {"avx", "bmi", "sse"},
    "sse41": {"sse"},
}


def level_of(instruction: str) -> str | None:
    mnemonic = instruction.split(" ", 1)[0]
    if "%zmm" in instruction or "%k" in instruction or re.search(r"%[xy]mm(1[6-9]|2\d|3[01])", instruction):
        return "avx512"
    if "%ymm" in instruction or (mnemonic.startswith("v") and mnemonic not in {"verr", "verw"}):
        return "avx"
    if BMI.match(mnemonic):
        return "bmi"
    return "sse" if SSE.match(mnemonic) else None


def levels_used(disassembly: str) -> Counter[tuple[str, str]]:
    """How often each (function, level) occurs in what objdump printed."""
    used: Counter[tuple[str, str]] = Counter()
    function = ""
    for line in disassembly.splitlines():
        if header := re.match(r"^[0-9a-f]+ <(.*)>:$", line):
            function = header[1]
        elif "\t" in line and (level := level_of(line.split("\t", 1)[1].strip())):
            used[function, level] += 1
    return used


def path_of(function: str) -> str:
    found = NAMESPACE.match(function)
    return found["path"] if found and not function.startswith("_GLOBAL__") else ""


def strays(used: Counter[tuple[str, str]]) -> list[str]:
    return [f"{level}: {f}" for f, level in used if level not in MAY_USE.get(path_of(f), set())]


def objects() -> list[Path]:
    found: list[Path] = []
    for pattern in ("libhtj2k_kernels.a", "libhtj2k_core.a", "CMakeFiles/_core.dir/cpp/bindings/*.o"):
        found += sorted(ROOT.glob(f"build/cp*/{pattern}"))
    return found


@pytest.fixture(scope="module")
def used() -> Counter[tuple[str, str]]:
    if platform.machine().lower() not in {"x86_64", "amd64"}:
        pytest.skip("the other instruction sets are x86's")
    missing = [] if shutil.which("objdump") else ["objdump"]
    if not objects():
        missing.append("the build's objects (pip install . from this folder leaves them in build/)")
    if missing:
        (pytest.fail if os.environ.get("HTJ2K_CI") else pytest.skip)("not found: " + ", ".join(missing))
    command = ["objdump", "-d", "-C", "--no-show-raw-insn", *map(str, objects())]
    return levels_used(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_no_instruction_strays_into_code_that_every_cpu_runs(used: Counter[tuple[str, str]]) -> None:
    assert strays(used) == []


@pytest.mark.parametrize(
    ("path", "level"), [("avx512", "avx512"), ("avx2", "avx"), ("avx2", "bmi"), ("sse41", "sse")]
)
def test_each_path_uses_its_own_instructions(used: Counter[tuple[str, str]], path: str, level: str) -> None:
    assert sum(n for (f, found), n in used.items() if path_of(f) == path and found == level) > 100


@pytest.mark.parametrize(
    ("function", "instruction", "is_stray"),
    [
        ("htj2k::kernels::avx2::(anonymous namespace)::predict<int>(int*)", "vpaddd %ymm1,%ymm0,%ymm0", False),
        ("unsigned int htj2k::kernels::avx2::f<1>()", "vmovd  %eax,%xmm0", False),
        ("htj2k::kernels::avx2::f()", "vpxorq %xmm17,%xmm1,%xmm0", True),
        ("htj2k::kernels::sse41::f()", "pclmulqdq $0x0,%xmm1,%xmm0", False),
        ("htj2k::kernels::sse41::f()", "vpclmulqdq $0x0,%xmm1,%xmm0", True),
        ("htj2k::kernels::detect_cpu()", "pshufb %xmm1,%xmm0", True),
        ("std::vector<htj2k::kernels::avx2::x>::size()", "vpxor  %xmm0,%xmm0,%xmm0", True),
        ("_GLOBAL__sub_I_htj2k::kernels::avx2::f()", "vzeroupper", True),
        ("htj2k::decode()", "movdqu (%rax),%xmm0", False),
        ("htj2k::decode()", "shrx   %rcx,%rax,%rax", True),
        ("htj2k::kernels::avx2::f()", "shrx   %rcx,%rax,%rax", False),
        ("htj2k::kernels::sse41::f()", "andn   %rcx,%rax,%rax", True),
    ],
)
def test_the_check_itself(function: str, instruction: str, is_stray: bool) -> None:
    assert bool(strays(levels_used(f"00000000 <{function}>:\n   0:\t{instruction}"))) is is_stray
