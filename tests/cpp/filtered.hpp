// The forward 5/3 filter along one dimension, as T.800 writes it and in 64 bits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace htj2k::test {

using wide = std::vector<std::int64_t>;

// Floor division, not a shift.
inline std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);
}

// The symmetric extension of F.4.7: the index within [i0, i1) that i stands for.
inline std::int64_t reflected(std::int64_t i, std::int64_t i0, std::int64_t i1) {
  while (i < i0 || i >= i1) i = i < i0 ? 2 * i0 - i : 2 * (i1 - 1) - i;
  return i;
}

// 1D_SD of F.4.6 and the filter of F.4.8.1: x at coordinates from i0 becomes y, interleaved.
inline wide filtered(const wide& x, std::int64_t i0) {
  const auto i1 = i0 + static_cast<std::int64_t>(x.size());
  if (x.size() == 1) return {i0 % 2 == 0 ? x[0] : 2 * x[0]};
  const auto at = [&](std::int64_t i) { return x[static_cast<std::size_t>(reflected(i, i0, i1) - i0)]; };
  const auto high = [&](std::int64_t i) { return at(i) - floor_div(at(i - 1) + at(i + 1), 2); };
  wide y;
  for (std::int64_t i = i0; i < i1; ++i)
    y.push_back(i % 2 != 0 ? high(i) : at(i) + floor_div(high(i - 1) + high(i + 1) + 2, 4));
  return y;
}

}  // namespace htj2k::test
