// What the CPU offers and the operating system lets us use.
#pragma once

#include "kernels/target.hpp"

#if HTJ2K_X86
namespace htj2k::kernels {

struct cpu_features {
  bool sse41 = false;
  bool pclmulqdq = false;
  bool avx2 = false;        // includes that the operating system saves the upper halves of the registers
  bool vpclmulqdq = false;  // the same
};

cpu_features detect_cpu();

}  // namespace htj2k::kernels
#endif
