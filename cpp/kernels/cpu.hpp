// What the CPU offers and the operating system lets us use.
#pragma once

#include "kernels/target.hpp"

namespace htj2k::kernels {

#if HTJ2K_X86
struct cpu_features {
  bool sse41 = false;
  bool pclmulqdq = false;
  bool avx2 =
      false;  // with BMI and BMI2; includes that the operating system saves the upper halves of the registers
  bool vpclmulqdq = false;  // the same
  bool avx512 = false;      // F, BW, DQ and VL, and that the operating system saves all of the registers
};

cpu_features detect_cpu();
#elif HTJ2K_ARM64
struct cpu_features {
  bool pmull = false;
};

cpu_features detect_cpu();
#endif

}  // namespace htj2k::kernels
