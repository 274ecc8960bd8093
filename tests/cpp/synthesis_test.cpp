// Every implementation's inverse transforms against plain loops in 64 bits that follow the standard's text,
// and the promise that an int16_t that does not hold a value is noticed.
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "check.hpp"
#include "kernels/implementation.hpp"
#include "rows.hpp"

namespace {

using namespace htj2k::kernels;
using namespace htj2k::test;
using wide = std::vector<std::int64_t>;

template <typename T>
struct made {
  wide values;
  bool fits = true;  // each of them, and all before, in T
};

template <typename T>
void put(made<T>& out, std::size_t i, std::int64_t value) {
  out.values[i] = value;
  out.fits = out.fits && value >= std::numeric_limits<T>::min() && value <= std::numeric_limits<T>::max();
}

std::int64_t floor_shift(std::int64_t value, unsigned bits) { return value >> bits; }

// T.800 F.3.8.1.1 on the interleaved row, mirrored at both ends.
template <typename T>
made<T> expected_join(const wide& low, const wide& high, bool starts_high) {
  const std::size_t n = low.size() + high.size();
  made<T> x{wide(n)};
  for (std::size_t i = 0; i < n; ++i) x.values[i] = (i % 2 != 0) == starts_high ? low[i / 2] : high[i / 2];
  const auto before = [&](std::size_t i) { return x.values[i == 0 ? 1 : i - 1]; };
  const auto after = [&](std::size_t i) { return x.values[i + 1 == n ? n - 2 : i + 1]; };
  for (std::size_t i = starts_high ? 1 : 0; i < n; i += 2)
    put(x, i, x.values[i] - floor_shift(before(i) + after(i) + 2, 2));
  for (std::size_t i = starts_high ? 0 : 1; i < n; i += 2)
    put(x, i, x.values[i] + floor_shift(before(i) + after(i), 1));
  return x;
}

template <typename T>
void check_row(const made<T>& expected, const T* row, T overflow) {
  const bool may_overflow = sizeof(T) == 2;
  if (may_overflow) CHECK((overflow < 0) == !expected.fits);
  if (expected.fits) CHECK(std::equal(expected.values.begin(), expected.values.end(), row));
}

template <typename T>
T some_value(random_engine& random, bool is_small) {
  const T value = any_value<T>(random);
  return is_small ? static_cast<T>(value / 16) : value;
}

template <typename T>
T* filled(rows<T>& r, std::size_t i, place where, std::size_t n, random_engine& random, bool is_small) {
  T* row = r.get(i, where, n);
  for (std::size_t k = 0; k < n; ++k) row[k] = some_value<T>(random, is_small);
  return row;
}

template <typename T>
void test_join(const synthesis_kernels<T>& kernels, rows<T>& r, std::size_t n, place where,
               random_engine& random, bool is_small) {
  if (n < 2 || 2 * n > longest) return;
  for (const bool starts_high : {false, true}) {
    const std::size_t lows = (n + (starts_high ? 0 : 1)) / 2;
    const T* low = filled(r, 0, where, lows, random, is_small);
    const T* high = filled(r, 1, where, n - lows, random, is_small);
    T* row = r.get(2, where, n);
    T overflow = 0;
    kernels.join(low, high, n, starts_high, r.get(3, where, 2 * n), row, overflow);
    check_row(expected_join<T>(wide(low, low + lows), wide(high, high + (n - lows)), starts_high), row,
              overflow);
  }
}

template <typename T>
void test_columns(const synthesis_kernels<T>& kernels, rows<T>& r, std::size_t n, place where,
                  random_engine& random, bool is_small) {
  const T* row = filled(r, 0, where, n, random, is_small);
  const T* above = filled(r, 1, where, n, random, is_small);
  const T* below = filled(r, 2, where, n, random, is_small);
  T* out = r.get(3, where, n);
  for (unsigned step = 0; step < 2; ++step) {
    made<T> expected{wide(n)};
    for (std::size_t i = 0; i < n; ++i) {
      const std::int64_t sum = std::int64_t{above[i]} + below[i];
      put(expected, i, step == 0 ? row[i] - floor_shift(sum + 2, 2) : row[i] + floor_shift(sum, 1));
    }
    T overflow = 0;
    kernels.unlift[step](row, above, below, n, out, overflow);
    check_row(expected, out, overflow);
  }
}

template <typename T>
void test_colors(const synthesis_kernels<T>& kernels, rows<T>& r, std::size_t n, place where,
                 random_engine& random, bool is_small) {
  const T* y = filled(r, 0, where, n, random, is_small);
  const T* u = filled(r, 1, where, n, random, is_small);
  T* out = r.get(2, where, n);
  made<T> sums{wide(n)};
  for (std::size_t i = 0; i < n; ++i) put(sums, i, std::int64_t{y[i]} + 100);
  T overflow = 0;
  kernels.add(y, T{100}, n, out, overflow);
  check_row(sums, out, overflow);
  const T offsets[3] = {1, 2, 3};
  made<T> red{wide(n)}, green{wide(n)}, blue{wide(n)};
  for (std::size_t i = 0; i < n; ++i) {
    const std::int64_t g = y[i] - floor_shift(std::int64_t{u[i]} + u[i], 2);  // u stands for v too
    put(green, i, g);
    put(red, i, g + u[i]);
    put(green, i, g + 2);
    put(red, i, g + u[i] + 1);
    put(blue, i, g + u[i]);
    put(blue, i, g + u[i] + 3);
  }
  const bool all_fit = red.fits && green.fits && blue.fits;
  overflow = 0;
  kernels.inverse_rct(y, u, u, offsets, n, r.get(2, where, n), r.get(3, where, n), r.get(4, where, n),
                      overflow);
  red.fits = green.fits = blue.fits = all_fit;
  check_row(red, r.get(2, where, n), overflow);
  check_row(green, r.get(3, where, n), overflow);
  check_row(blue, r.get(4, where, n), overflow);
}

template <typename T>
void test_block(const synthesis_kernels<T>& kernels, rows<T>& r, std::size_t n, place where,
                random_engine& random, unsigned shift) {
  using word = typename block_transfer<T>::word;
  constexpr word sign = word{1} << (8 * sizeof(word) - 1);
  std::vector<word> words(n);
  for (word& w : words) w = static_cast<word>(random());
  block_transfer<T> how;
  how.words = words.data();
  how.width = n;
  how.height = 1;
  how.rows = r.get(0, where, n);
  how.shift = shift;
  made<T> expected{wide(n)};
  for (std::size_t i = 0; i < n; ++i) {
    const auto magnitude = static_cast<std::int64_t>((words[i] & ~sign) >> shift);
    put(expected, i, (words[i] & sign) != 0 ? -magnitude : magnitude);
    if (magnitude > std::numeric_limits<T>::max()) expected.fits = false;  // -32768 is not tried either
  }
  T overflow = 0;
  kernels.take_block(how, overflow);
  check_row(expected, how.rows, overflow);
}

void test_rounding(const irreversible_kernels& kernels) {
  const float values[] = {-0.5F,  0.5F,   1.5F, 2.5F,  0.49999997F, -1.5F,
                          127.5F, 126.5F, 1e9F, -1e9F, -128.5F,     8388609.0F};
  std::int32_t out[std::size(values)];
  for (const unsigned depth : {8U, 16U, 24U, 26U, 32U}) {
    kernels.round(values, 1, depth, 7, std::size(values), out);
    const std::int64_t half = std::int64_t{1} << (depth - 1);
    for (std::size_t i = 0; i < std::size(values); ++i) {
      const auto nearest = static_cast<std::int64_t>(std::nearbyint(static_cast<double>(values[i])));
      CHECK(out[i] == std::clamp(nearest, -half, half - 1) + 7);
    }
  }
}

template <typename T>
void test_type(const implementation& kernels, random_engine& random) {
  rows<T> r;
  for (const std::size_t n : widths())
    for (const place where : places)
      for (const bool is_small : {true, false}) {
        if (!is_small && sizeof(T) != 2) continue;  // wider types are not watched: nothing may leave them
        test_join(kernels.synthesis<T>(), r, n, where, random, is_small);
        test_columns(kernels.synthesis<T>(), r, n, where, random, is_small);
        test_colors(kernels.synthesis<T>(), r, n, where, random, is_small);
        test_block(kernels.synthesis<T>(), r, n, where, random, is_small ? 16 : 14);
      }
}

}  // namespace

int main() {
  random_engine random(5);
  for (const implementation* kernels : available()) {
    test_type<std::int16_t>(*kernels, random);
    test_type<std::int32_t>(*kernels, random);
    test_type<std::int64_t>(*kernels, random);
    test_rounding(kernels->irreversible);
  }
  return finish();
}
