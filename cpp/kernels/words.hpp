// Eight bytes at a time: the first one lowest, as they lie in memory (target.hpp).
#pragma once

#include <cstdint>
#include <cstring>

#include "kernels/target.hpp"

#ifdef _MSC_VER
#include <intrin.h>
#endif

namespace htj2k::kernels {

HTJ2K_INLINE std::uint64_t load8(const std::uint8_t* p) {
  std::uint64_t word;
  std::memcpy(&word, p, sizeof word);
  return word;
}

HTJ2K_INLINE void store8(std::uint8_t* p, std::uint64_t word) { std::memcpy(p, &word, sizeof word); }

HTJ2K_INLINE std::uint64_t reversed_bytes(std::uint64_t word) {
#ifdef _MSC_VER
  return _byteswap_uint64(word);
#else
  return __builtin_bswap64(word);
#endif
}

// Not of zero.
HTJ2K_INLINE unsigned trailing_zeros(std::uint64_t word) {
#ifdef _MSC_VER
  unsigned long lowest = 0;
  _BitScanForward64(&lowest, word);
  return lowest;
#else
  return static_cast<unsigned>(__builtin_ctzll(word));
#endif
}

// How many bits a number has; not of zero.
HTJ2K_INLINE unsigned bit_length(std::uint32_t number) {
#ifdef _MSC_VER
  unsigned long highest = 0;
  _BitScanReverse(&highest, number);
  return highest + 1;
#else
  return 32 - static_cast<unsigned>(__builtin_clz(number));
#endif
}

HTJ2K_INLINE unsigned count_ones(std::uint64_t word) {
#ifdef _MSC_VER
  // The sums of 2, 4 and 8 bits; __popcnt64 is not on every CPU.
  word -= word >> 1 & 0x5555555555555555;
  word = (word & 0x3333333333333333) + (word >> 2 & 0x3333333333333333);
  return static_cast<unsigned>(((word + (word >> 4)) & 0x0F0F0F0F0F0F0F0F) * 0x0101010101010101 >> 56);
#else
  return static_cast<unsigned>(__builtin_popcountll(word));
#endif
}

// The highest bit of each byte whose lower 7 bits are ones: one more carries into it.
HTJ2K_INLINE std::uint64_t seven_ones(std::uint64_t word) {
  constexpr std::uint64_t lower = 0x7F7F7F7F7F7F7F7F, lowest = 0x0101010101010101;
  return ((word & lower) + lowest) & ~lower;
}

// The highest bit of each byte above 8F.
HTJ2K_INLINE std::uint64_t bytes_above_8f(std::uint64_t word) {
  constexpr std::uint64_t middle = 0x7070707070707070;
  return ((word & middle) + middle) & word & 0x8080808080808080;
}

}  // namespace htj2k::kernels
