#include "kernels/cpu.hpp"

#if HTJ2K_X86
#include <cstdint>

#ifdef _MSC_VER
#include <immintrin.h>
#include <intrin.h>
#else
#include <cpuid.h>
#endif

namespace htj2k::kernels {
namespace {

struct registers {
  std::uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
};

// All zero, so without features, when the CPU does not know the leaf.
registers cpuid(std::uint32_t leaf) {
  registers r;
#ifdef _MSC_VER
  int out[4];
  __cpuid(out, 0);
  if (leaf > static_cast<std::uint32_t>(out[0])) return r;
  __cpuidex(out, static_cast<int>(leaf), 0);
  r = {static_cast<std::uint32_t>(out[0]), static_cast<std::uint32_t>(out[1]),
       static_cast<std::uint32_t>(out[2]), static_cast<std::uint32_t>(out[3])};
#else
  if (!__get_cpuid_count(leaf, 0, &r.eax, &r.ebx, &r.ecx, &r.edx)) return registers{};
#endif
  return r;
}

std::uint32_t enabled_state() {
#ifdef _MSC_VER
  return static_cast<std::uint32_t>(_xgetbv(0));
#else
  // _xgetbv() would need a target region of its own.
  std::uint32_t eax, edx;
  __asm__("xgetbv" : "=a"(eax), "=d"(edx) : "c"(0));
  return eax;
#endif
}

constexpr bool bit(std::uint32_t word, int n) { return ((word >> n) & 1u) != 0; }

}  // namespace

cpu_features detect_cpu() {
  const registers basic = cpuid(1);
  const registers extended = cpuid(7);
  cpu_features found;
  found.sse41 = bit(basic.ecx, 19);
  found.pclmulqdq = bit(basic.ecx, 1);
  // XGETBV exists only when OSXSAVE says so. XCR0 bits 1 and 2: the system saves XMM and YMM registers.
  const std::uint32_t saved = bit(basic.ecx, 27) ? enabled_state() : 0u;
  const bool avx = bit(basic.ecx, 28) && (saved & 6u) == 6u;
  found.avx2 = avx && bit(extended.ebx, 5) && bit(extended.ebx, 3) && bit(extended.ebx, 8);
  found.vpclmulqdq = avx && bit(extended.ecx, 10);
  // XCR0 bits 5 to 7: also the mask registers, the upper halves of ZMM0-15, and ZMM16-31.
  const bool zmm = avx && (saved & 0xE0u) == 0xE0u;
  found.avx512 =
      zmm && bit(extended.ebx, 16) && bit(extended.ebx, 17) && bit(extended.ebx, 30) && bit(extended.ebx, 31);
  return found;
}

}  // namespace htj2k::kernels
#endif
