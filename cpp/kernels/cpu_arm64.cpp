#include "kernels/cpu.hpp"

#if HTJ2K_ARM64
#ifdef __linux__
#include <sys/auxv.h>
#endif

namespace htj2k::kernels {

cpu_features detect_cpu() {
  cpu_features found;
#if defined(__linux__)
  constexpr unsigned long hwcap_pmull = 1ul << 4;  // the kernel's ABI, asm/hwcap.h
  found.pmull = (getauxval(AT_HWCAP) & hwcap_pmull) != 0;
#elif defined(__ARM_FEATURE_AES)
  found.pmull = true;  // the compiler was told that every CPU it compiles for has it, as on every Mac
#endif
  return found;
}

}  // namespace htj2k::kernels
#endif
