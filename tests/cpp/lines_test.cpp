// Every implementation's transforms of rows against plain loops that follow the standard's text.
#include <algorithm>
#include <limits>
#include <vector>

#include "check.hpp"
#include "filtered.hpp"
#include "kernels/implementation.hpp"
#include "rows.hpp"

namespace {

using namespace htj2k::kernels;
using namespace htj2k::test;

template <typename T>
std::vector<std::int64_t> copy_of(const T* row, std::size_t n) {
  return {row, row + n};
}

// Every second element from `first` on.
wide every_second(const wide& all, std::size_t first) {
  wide some;
  for (std::size_t i = first; i < all.size(); i += 2) some.push_back(all[i]);
  return some;
}

template <typename T>
void test_horizontal(const line_kernels<T>& kernels, rows<T>& r, std::size_t n, place where,
                     random_engine& random) {
  T* row = r.get(0, where, n);
  T* scratch = r.get(2, where, n + 4);
  fill(row, n, random, line_value<T>);
  for (const std::size_t start : {0U, 1U}) {
    const std::size_t lows = (n + 1 - start) / 2;
    T* low = r.get(1, where, lows);
    T* high = r.get(3, where, n - lows);
    const wide before = copy_of(row, n), expected = filtered(before, static_cast<std::int64_t>(start));
    kernels.horizontal(row, n, start != 0, scratch, low, high);
    CHECK(copy_of(low, lows) == every_second(expected, start));
    CHECK(copy_of(high, n - lows) == every_second(expected, 1 - start));
    CHECK(copy_of(row, n) == before);
    if (start != 0) continue;
    std::fill(low, low + lows, T{});
    kernels.horizontal_low(row, n, scratch, low);
    CHECK(copy_of(low, lows) == every_second(expected, 0));
  }
}

template <typename T>
void test_lifting(const line_kernels<T>& kernels, rows<T>& r, std::size_t n, place where,
                  random_engine& random) {
  T* in[3];
  for (std::size_t i = 0; i < 3; ++i) fill(in[i] = r.get(i, where, n), n, random, line_value<T>);
  T* out = r.get(3, where, n);
  kernels.predict(in[0], in[1], in[2], out, n);
  for (std::size_t i = 0; i < n; ++i) CHECK(out[i] == in[2][i] - floor_div(in[0][i] + in[1][i], 2));
  kernels.update(in[0], in[1], in[2], out, n);
  for (std::size_t i = 0; i < n; ++i) CHECK(out[i] == in[0][i] + floor_div(in[1][i] + in[2][i] + 2, 4));
}

template <typename T>
void test_lift(const line_kernels<T>& kernels, rows<T>& r, std::size_t n, place where,
               random_engine& random) {
  T* in[4];
  std::vector<std::int64_t> before[4];
  for (std::size_t i = 0; i < 4; ++i) {
    fill(in[i] = r.get(i, where, n), n, random, line_value<T>);
    before[i] = copy_of(in[i], n);
  }
  const auto& [even, next_even, odd, high] = before;
  kernels.lift(in[0], in[1], in[2], in[3], n);
  for (std::size_t i = 0; i < n; ++i) {
    const std::int64_t next_high = odd[i] - floor_div(even[i] + next_even[i], 2);
    CHECK(in[0][i] == even[i] + floor_div(high[i] + next_high + 2, 4));
    CHECK(in[3][i] == next_high);
  }
  CHECK(copy_of(in[1], n) == next_even && copy_of(in[2], n) == odd);
}

template <typename T>
void test_rct(const line_kernels<T>& kernels, rows<T>& r, std::size_t n, place where, random_engine& random) {
  std::vector<std::int64_t> rgb[3];
  T* in[3];
  for (std::size_t c = 0; c < 3; ++c) {
    fill(in[c] = r.get(c, where, n), n, random, line_value<T>);
    rgb[c] = copy_of(in[c], n);
  }
  kernels.forward_rct(in[0], in[1], in[2], n);
  for (std::size_t i = 0; i < n; ++i) {
    CHECK(in[0][i] == floor_div(rgb[0][i] + 2 * rgb[1][i] + rgb[2][i], 4));
    CHECK(in[1][i] == rgb[2][i] - rgb[1][i]);
    CHECK(in[2][i] == rgb[0][i] - rgb[1][i]);
  }
  kernels.inverse_rct(in[0], in[1], in[2], n);
  for (std::size_t c = 0; c < 3; ++c) CHECK(copy_of(in[c], n) == rgb[c]);
}

template <typename T>
void test_range(const line_kernels<T>& kernels, rows<T>& r, std::size_t n, place where,
                random_engine& random) {
  T* row = r.get(0, where, n);
  fill(row, n, random, line_value<T>);
  T low = std::numeric_limits<T>::max(), high = std::numeric_limits<T>::min();
  kernels.extend_range(row, n, low, high);
  CHECK(low == *std::min_element(row, row + n));
  CHECK(high == *std::max_element(row, row + n));
}

// A line of the codec may hold anything; what T cannot hold is told by the range.
template <typename T>
void test_copy(const line_kernels<T>& kernels, rows<T>& r, std::size_t n, place where,
               random_engine& random) {
  const rows<std::int32_t> lines;
  std::int32_t* line = lines.get(0, where, n);
  fill(line, n, random, any_value<std::int32_t>);
  T* row = r.get(0, where, n);
  const auto small = *std::min_element(line, line + n), large = *std::max_element(line, line + n);
  using limits = std::numeric_limits<std::int32_t>;
  for (const std::int32_t before : {0, limits::min(), limits::max()}) {
    std::int32_t low = before, high = before;
    kernels.copy_extending_range(line, n, row, low, high);
    for (std::size_t i = 0; i < n; ++i) CHECK(row[i] == static_cast<T>(line[i]));
    CHECK(low == std::min(before, small));
    CHECK(high == std::max(before, large));
  }
}

template <typename T>
void test_all(const line_kernels<T>& kernels) {
  random_engine random(11);
  rows<T> r;
  for (const std::size_t n : widths()) {
    for (const place where : places) {
      test_lifting(kernels, r, n, where, random);
      test_lift(kernels, r, n, where, random);
      test_horizontal(kernels, r, n, where, random);
      test_rct(kernels, r, n, where, random);
      test_range(kernels, r, n, where, random);
      test_copy(kernels, r, n, where, random);
    }
  }
}

}  // namespace

int main() {
  for (const implementation* kernels : available()) {
    test_all(kernels->lines16);
    test_all(kernels->lines32);
    test_all(kernels->lines64);
  }
  return htj2k::test::finish();
}
