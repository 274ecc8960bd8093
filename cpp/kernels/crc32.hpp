// CRC-32 as zlib, PNG and gzip compute it: P(x) = 0x04C11DB7, bits reflected, the register inverted at both
// ends.
//
// Bytes enter with their lowest bit first, so a message is a polynomial whose highest power is bit 0 of byte
// 0. Everything here keeps that order: bit i of a 32-bit word stands for x^(31-i), and "reflected" needs no
// reversing.
#pragma once

#include <cstddef>
#include <cstdint>

namespace htj2k::kernels {

inline constexpr std::uint32_t crc32_polynomial = 0xEDB88320u;  // P without x^32
inline constexpr std::uint32_t crc32_one = 0x80000000u;         // the polynomial 1

// a * x mod P: every power moves up by one, and an x^32 that appears is replaced by the rest of P.
constexpr std::uint32_t crc32_times_x(std::uint32_t a) {
  return (a >> 1) ^ ((a & 1u) != 0 ? crc32_polynomial : 0u);
}

// a * b mod P
constexpr std::uint32_t crc32_multiply(std::uint32_t a, std::uint32_t b) {
  std::uint32_t product = 0;
  for (std::uint32_t power = crc32_one; power != 0; power >>= 1) {
    if ((a & power) != 0) product ^= b;
    b = crc32_times_x(b);
  }
  return product;
}

// x^n mod P, by squaring
constexpr std::uint32_t crc32_x_to_the(std::uint64_t n) {
  std::uint32_t result = crc32_one;
  for (std::uint32_t square = crc32_one >> 1; n != 0; n >>= 1) {
    if ((n & 1u) != 0) result = crc32_multiply(result, square);
    square = crc32_multiply(square, square);
  }
  return result;
}

// The CRC of the concatenation of two messages, from their CRCs and the second one's length in bytes. The
// inversions at both ends cancel, which leaves crc1 * x^(bits of the second) + crc2.
constexpr std::uint32_t crc32_combine(std::uint32_t crc1, std::uint32_t crc2, std::uint64_t size2) {
  // x^(2^32 - 1) = 1 mod P (the powers of x form a group of that order at most), so the bit count may be
  // reduced.
  return crc32_multiply(crc1, crc32_x_to_the(size2 % 0xFFFFFFFFu * 8u)) ^ crc2;
}

// What the first and the last 8 bytes of a lane are multiplied with: polynomials with x^63 at bit 0.
template <std::uint64_t First, std::uint64_t Last>
struct crc32_factors {
  static constexpr std::uint64_t first = First, last = Last;
};

constexpr std::uint64_t crc32_word_x_to_the(std::uint64_t n) {
  return std::uint64_t{crc32_x_to_the(n)} << 32;
}

// Moves 16 bytes up by `Bytes`. See crc32_fold.inl for why.
template <std::size_t Bytes>
struct crc32_fold : crc32_factors<crc32_word_x_to_the(8 * Bytes + 63), crc32_word_x_to_the(8 * Bytes - 1)> {};

// x^31 * P and x^31 * floor(x^64 / P): the quotient's powers fall out of dividing step by step.
inline constexpr std::uint64_t crc32_word_of_polynomial = (std::uint64_t{crc32_polynomial} << 1) | 1;
constexpr std::uint64_t crc32_word_of_quotient() {
  std::uint64_t word = 1;
  std::uint32_t rest = crc32_polynomial;
  for (unsigned bit = 1; bit <= 32; ++bit, rest = crc32_times_x(rest))
    word |= std::uint64_t{rest & 1u} << bit;
  return word;
}

// The bare register over some bytes: no inversion at either end. Table driven, runs everywhere.
std::uint32_t crc32_register(std::uint32_t reg, const std::uint8_t* data, std::size_t size);

}  // namespace htj2k::kernels
