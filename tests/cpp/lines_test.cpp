// Every implementation's row kernels against plain loops, each row right before a forbidden page and right
// after one.
#include <algorithm>
#include <cstring>
#include <limits>
#include <random>
#include <type_traits>
#include <vector>

#include "check.hpp"
#include "guarded.hpp"
#include "kernels/implementation.hpp"

namespace {

using namespace htj2k::kernels;
using htj2k::test::guarded;

constexpr std::size_t longest = 70;

template <typename T>
struct rows {
  guarded memory[4] = {guarded(longest * sizeof(T)), guarded(longest * sizeof(T)),
                       guarded(longest * sizeof(T)), guarded(longest * sizeof(T))};

  T* get(std::size_t i, std::size_t n, bool at_end) {
    return at_end ? memory[i].last_of<T>(n) : memory[i].first_of<T>();
  }
};

template <typename T>
T random_sample(std::mt19937_64& random) {
  constexpr int bits =
      sizeof(T) == 4 ? 20 : 36;  // what low passes of 16-bit and of 32-bit samples need, and more
  return static_cast<T>(random() >> (64 - bits)) - (T{1} << (bits - 1));
}

template <typename T>
void fill(T* row, std::size_t n, std::mt19937_64& random) {
  for (std::size_t i = 0; i < n; ++i) row[i] = random_sample<T>(random);
}

// Floor division, not a shift.
template <typename T>
T floor_div(T a, T b) {
  return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);
}

template <typename T>
std::vector<T> expected_low(const std::vector<T>& x) {
  const auto n = static_cast<std::ptrdiff_t>(x.size());
  if (n == 1) return x;
  const auto at = [&](std::ptrdiff_t i) {
    i = i < 0 ? -i : i;
    return x[static_cast<std::size_t>(i >= n ? 2 * (n - 1) - i : i)];
  };
  const auto high = [&](std::ptrdiff_t k) {  // at odd position k
    return at(k) - floor_div<T>(at(k - 1) + at(k + 1), 2);
  };
  std::vector<T> low;
  for (std::ptrdiff_t i = 0; i < n; i += 2) {
    const T left = i == 0 ? high(1) : high(i - 1);
    const T right = i == n - 1 ? high(i - 1) : high(i + 1);
    low.push_back(at(i) + floor_div<T>(left + right + 2, 4));
  }
  return low;
}

template <typename T>
void test_horizontal(const line_kernels<T>& kernels, rows<T>& r, std::size_t n, bool at_end,
                     std::mt19937_64& random) {
  T* row = r.get(0, n, at_end);
  T* low = r.get(1, (n + 1) / 2, at_end);
  T* scratch = at_end ? r.memory[2].template last_of<T>(n + 4) : r.memory[2].template first_of<T>();
  fill(row, n, random);
  kernels.horizontal_low(row, n, scratch, low);
  CHECK(std::vector<T>(low, low + (n + 1) / 2) == expected_low(std::vector<T>(row, row + n)));
}

template <typename T>
void test_lifting(const line_kernels<T>& kernels, rows<T>& r, std::size_t n, bool at_end,
                  std::mt19937_64& random) {
  T* in[3];
  for (std::size_t i = 0; i < 3; ++i) fill(in[i] = r.get(i, n, at_end), n, random);
  T* out = r.get(3, n, at_end);
  kernels.predict(in[0], in[1], in[2], out, n);
  for (std::size_t i = 0; i < n; ++i) CHECK(out[i] == in[2][i] - floor_div<T>(in[0][i] + in[1][i], 2));
  kernels.update(in[0], in[1], in[2], out, n);
  for (std::size_t i = 0; i < n; ++i) CHECK(out[i] == in[0][i] + floor_div<T>(in[1][i] + in[2][i] + 2, 4));
}

template <typename T>
void test_rct(const line_kernels<T>& kernels, rows<T>& r, std::size_t n, bool at_end,
              std::mt19937_64& random) {
  std::vector<T> rgb[3];
  T* in[3];
  for (std::size_t c = 0; c < 3; ++c) {
    fill(in[c] = r.get(c, n, at_end), n, random);
    rgb[c].assign(in[c], in[c] + n);
  }
  kernels.forward_rct(in[0], in[1], in[2], n);
  for (std::size_t i = 0; i < n; ++i) {
    CHECK(in[0][i] == floor_div<T>(rgb[0][i] + 2 * rgb[1][i] + rgb[2][i], 4));
    CHECK(in[1][i] == rgb[2][i] - rgb[1][i]);
    CHECK(in[2][i] == rgb[0][i] - rgb[1][i]);
  }
  kernels.inverse_rct(in[0], in[1], in[2], n);
  for (std::size_t c = 0; c < 3; ++c) CHECK(std::equal(rgb[c].begin(), rgb[c].end(), in[c]));
}

template <typename T>
void test_range(const line_kernels<T>& kernels, rows<T>& r, std::size_t n, bool at_end,
                std::mt19937_64& random) {
  T* row = r.get(0, n, at_end);
  fill(row, n, random);
  T low = std::numeric_limits<T>::max(), high = std::numeric_limits<T>::min();
  kernels.extend_range(row, n, low, high);
  CHECK(low == *std::min_element(row, row + n));
  CHECK(high == *std::max_element(row, row + n));
}

template <typename Sample, typename T>
void test_load(const line_kernels<T>& kernels, rows<T>& r, std::size_t n, bool at_end,
               std::mt19937_64& random) {
  constexpr std::size_t log2 = sizeof(Sample) / 2;
  const auto load = kernels.load[std::is_signed<Sample>::value][log2];
  T* row = r.get(0, n, at_end);
  for (std::size_t step = 1; step <= 3; ++step) {
    const std::size_t bytes = ((n - 1) * step + 1) * sizeof(Sample);
    const guarded source(bytes);
    std::uint8_t* start = at_end ? source.last(bytes) : source.first();
    for (std::size_t i = 0; i < bytes; ++i) start[i] = static_cast<std::uint8_t>(random());
    for (const bool swap : {false, true}) {
      load(start, static_cast<std::ptrdiff_t>(step * sizeof(Sample)), n, swap, row);
      for (std::size_t i = 0; i < n; ++i) {
        std::uint8_t raw[sizeof(Sample)];
        std::memcpy(raw, start + i * step * sizeof(Sample), sizeof raw);
        if (swap) std::reverse(raw, raw + sizeof raw);
        Sample value;
        std::memcpy(&value, raw, sizeof value);
        CHECK(row[i] == static_cast<T>(value));
      }
    }
  }
}

template <typename Raw, typename T>
void test_pack(const line_kernels<T>& kernels, rows<T>& r, std::size_t n, bool at_end,
               std::mt19937_64& random) {
  const T low = -100, high = 27;
  for (std::size_t components = 1; components <= 4; ++components) {
    const T* in[4];
    for (std::size_t c = 0; c < components; ++c) {
      T* row = r.get(c, n, at_end);
      for (std::size_t i = 0; i < n; ++i) row[i] = random_sample<T>(random) % 256;
      in[c] = row;
    }
    const std::size_t bytes = n * components * sizeof(Raw);
    const guarded target(bytes);
    std::uint8_t* out = at_end ? target.last(bytes) : target.first();
    kernels.pack[sizeof(Raw) / 2](in, components, n, low, high, out);
    for (std::size_t i = 0; i < n * components; ++i) {
      const Raw value = static_cast<Raw>(std::clamp(in[i % components][i / components], low, high));
      for (std::size_t b = 0; b < sizeof(Raw); ++b)
        CHECK(out[i * sizeof(Raw) + b] == static_cast<std::uint8_t>(value >> (8 * b)));
    }
  }
}

template <typename T>
void test_all(const line_kernels<T>& kernels) {
  std::mt19937_64 random(11);
  rows<T> r;
  for (std::size_t n = 1; n <= longest; ++n) {
    for (const bool at_end : {false, true}) {
      test_lifting(kernels, r, n, at_end, random);
      test_horizontal(kernels, r, n, at_end, random);
      test_rct(kernels, r, n, at_end, random);
      test_range(kernels, r, n, at_end, random);
      test_load<std::uint8_t>(kernels, r, n, at_end, random);
      test_load<std::int8_t>(kernels, r, n, at_end, random);
      test_load<std::uint16_t>(kernels, r, n, at_end, random);
      test_load<std::int16_t>(kernels, r, n, at_end, random);
      if constexpr (sizeof(T) == 8) test_load<std::uint32_t>(kernels, r, n, at_end, random);
      test_load<std::int32_t>(kernels, r, n, at_end, random);
      test_pack<std::uint8_t>(kernels, r, n, at_end, random);
      test_pack<std::uint16_t>(kernels, r, n, at_end, random);
      test_pack<std::uint32_t>(kernels, r, n, at_end, random);
    }
  }
}

}  // namespace

int main() {
  for (const implementation* kernels : available()) {
    test_all(kernels->lines32);
    test_all(kernels->lines64);
  }
  return htj2k::test::finish();
}
