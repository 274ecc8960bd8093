// What C++17 lacks of counting bits.
#pragma once

#include <cstdint>

#ifdef _MSC_VER
#include <intrin.h>
#endif

namespace htj2k {

// 64 for zero.
inline unsigned leading_zeros(std::uint64_t value) {
  if (value == 0) return 64;
#ifdef _MSC_VER
  unsigned long highest = 0;
  _BitScanReverse64(&highest, value);
  return 63 - highest;
#else
  return static_cast<unsigned>(__builtin_clzll(value));
#endif
}

}  // namespace htj2k
