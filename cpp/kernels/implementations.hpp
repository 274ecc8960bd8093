// The tables that implementation.cpp chooses from. Each is a constant expression: nothing of an instruction
// set runs before it has been chosen, not even to initialise a table.
#pragma once

#include "kernels/implementation.hpp"
#include "kernels/target.hpp"

namespace htj2k::kernels {

extern const implementation portable_implementation;
#if HTJ2K_X86
extern const implementation sse41_implementation;
extern const implementation avx2_implementation;
extern const implementation avx512_implementation;
#elif HTJ2K_ARM64
extern const implementation neon_implementation;
#endif

}  // namespace htj2k::kernels
