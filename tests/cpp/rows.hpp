// What the tests of the row kernels share: widths, places in guarded memory, random values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "guarded.hpp"

namespace htj2k::test {

constexpr std::size_t longest = 1001;
constexpr std::size_t most_components = 5;

// Every tail of every vector, and the ends of the blocks that the kernels work in.
inline std::vector<std::size_t> widths() {
  std::vector<std::size_t> all;
  for (std::size_t n = 1; n <= 70; ++n) all.push_back(n);
  for (const unsigned n : {127u, 128u, 255u, 256u, 257u, 271u, 272u, 511u, 512u, 513u, 1000u, 1001u})
    all.push_back(n);
  return all;
}

// Right after a forbidden page, right before one, and one element further than the first: another alignment.
enum class place { first, last, odd };
constexpr place places[] = {place::first, place::last, place::odd};

template <typename T>
T* at(const guarded& memory, place where, std::size_t n) {
  if (where == place::last) return memory.last_of<T>(n);
  return memory.first_of<T>() + (where == place::odd ? 1 : 0);
}

// Memory for a row of T of each of some components, and of a scratch row, which is a little longer.
template <typename T>
struct rows {
  static constexpr std::size_t bytes = (longest + 8) * sizeof(T);
  guarded memory[most_components] = {guarded(bytes), guarded(bytes), guarded(bytes), guarded(bytes),
                                     guarded(bytes)};

  T* get(std::size_t i, place where, std::size_t n) const { return at<T>(memory[i], where, n); }
};

using random_engine = std::mt19937_64;

// Any value of T, the extremes often.
template <typename T>
T any_value(random_engine& random) {
  const std::uint64_t bits = random();
  if (bits % 8 == 0) return std::numeric_limits<T>::min();
  if (bits % 8 == 1) return std::numeric_limits<T>::max();
  return static_cast<T>(bits >> (bits % 64));  // of any magnitude
}

// What low passes of 12-bit, of 16-bit and of 32-bit samples need, and more.
template <typename T>
T line_value(random_engine& random) {
  constexpr int bits = sizeof(T) == 2 ? 13 : sizeof(T) == 4 ? 20 : 36;
  return static_cast<T>(static_cast<std::int64_t>(random() >> (64 - bits)) - (std::int64_t{1} << (bits - 1)));
}

template <typename T, typename Value>
void fill(T* row, std::size_t n, random_engine& random, Value value) {
  for (std::size_t i = 0; i < n; ++i) row[i] = value(random);
}

}  // namespace htj2k::test
