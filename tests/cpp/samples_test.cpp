// Every implementation's ways between samples in memory and rows of integers, against a sample by sample
// view.
#include <algorithm>
#include <cstring>
#include <limits>
#include <type_traits>

#include "check.hpp"
#include "kernels/implementation.hpp"
#include "rows.hpp"

namespace {

using namespace htj2k::kernels;
using namespace htj2k::test;

template <typename Sample>
constexpr std::size_t log2_size = sizeof(Sample) / 2;

template <typename Sample>
constexpr std::size_t sign_index = std::is_signed<Sample>::value ? 1 : 0;

struct fixture {
  guarded memory = guarded((longest + 1) * most_components * 8);
  random_engine random = random_engine(13);
};

template <typename Sample>
Sample sample_at(const std::uint8_t* p, bool swap = false) {
  std::uint8_t raw[sizeof(Sample)];
  std::memcpy(raw, p, sizeof raw);
  if (swap) std::reverse(raw, raw + sizeof raw);
  Sample value;
  std::memcpy(&value, raw, sizeof value);
  return value;
}

template <typename Sample, typename T>
void test_load(const line_kernels<T>& kernels, const rows<T>& r, fixture& f, std::size_t n, place where) {
  T* row = r.get(0, where, n);
  for (const unsigned step : {1u, 2u, 3u, 7u}) {
    const std::size_t bytes = ((n - 1) * step + 1) * sizeof(Sample);
    auto* start = at<std::uint8_t>(f.memory, where, bytes);
    fill(start, bytes, f.random, any_value<std::uint8_t>);
    for (const bool swap : {false, true}) {
      for (const bool backwards : {false, true}) {
        const auto stride = static_cast<std::ptrdiff_t>(step * sizeof(Sample)) * (backwards ? -1 : 1);
        const std::uint8_t* first = backwards ? start + bytes - sizeof(Sample) : start;
        kernels.load[sign_index<Sample>][log2_size<Sample>](first, stride, n, swap, row);
        for (std::size_t i = 0; i < n; ++i, first += stride)
          CHECK(row[i] == static_cast<T>(sample_at<Sample>(first, swap)));
      }
    }
  }
}

template <typename Sample, typename T>
void test_unpack(const line_kernels<T>& kernels, const rows<T>& r, fixture& f, std::size_t n, place where) {
  for (std::size_t components = 1; components <= most_components; ++components) {
    const std::size_t bytes = n * components * sizeof(Sample);
    auto* start = at<std::uint8_t>(f.memory, where, bytes);
    fill(start, bytes, f.random, any_value<std::uint8_t>);
    T* out[most_components];
    for (std::size_t c = 0; c < components; ++c) out[c] = r.get(c, where, n);
    kernels.unpack[sign_index<Sample>][log2_size<Sample>](start, components, n, out);
    for (std::size_t i = 0; i < n * components; ++i)
      CHECK(out[i % components][i / components] ==
            static_cast<T>(sample_at<Sample>(start + i * sizeof(Sample))));
  }
}

template <typename T>
struct bounds {
  T low, high;
};

// The sample's own range as far as T reaches, one inside it, and one of a single bit.
template <typename Sample, typename T>
std::vector<bounds<T>> clamps() {
  using sample = std::numeric_limits<Sample>;
  using row = std::numeric_limits<T>;
  const auto low = static_cast<T>(std::max<std::int64_t>(sample::min(), row::min()));
  const auto high = static_cast<T>(std::min<std::int64_t>(sample::max(), row::max()));
  return {{low, high}, {static_cast<T>(low / 4), static_cast<T>(high / 4)}, {0, 1}};
}

template <typename Sample, typename T>
void check_sample(const std::uint8_t* out, T value, bounds<T> to) {
  CHECK(static_cast<T>(sample_at<Sample>(out)) == std::clamp(value, to.low, to.high));
}

template <typename Sample, typename T>
void test_store(const line_kernels<T>& kernels, const rows<T>& r, fixture& f, std::size_t n, place where) {
  T* row = r.get(0, where, n);
  fill(row, n, f.random, any_value<T>);
  for (const unsigned step : {1u, 2u, 5u}) {
    const std::size_t bytes = ((n - 1) * step + 1) * sizeof(Sample);
    auto* start = at<std::uint8_t>(f.memory, where, bytes);
    for (const auto to : clamps<Sample, T>()) {
      std::fill_n(start, bytes, std::uint8_t{0xA5});
      const auto stride = static_cast<std::ptrdiff_t>(step * sizeof(Sample));
      kernels.store[log2_size<Sample>](row, n, to.low, to.high, start, stride);
      for (std::size_t i = 0; i < n; ++i) check_sample<Sample>(start + i * step * sizeof(Sample), row[i], to);
      for (std::size_t i = 0; i < bytes; ++i)  // the samples between belong to somebody else
        CHECK(i / sizeof(Sample) % step == 0 || start[i] == 0xA5);
    }
  }
}

template <typename Sample, typename T>
void test_pack(const line_kernels<T>& kernels, const rows<T>& r, fixture& f, std::size_t n, place where) {
  const T* in[most_components];
  for (std::size_t c = 0; c < most_components; ++c) {
    T* row = r.get(c, where, n);
    fill(row, n, f.random, any_value<T>);
    in[c] = row;
  }
  for (std::size_t components = 1; components <= most_components; ++components) {
    auto* start = at<std::uint8_t>(f.memory, where, n * components * sizeof(Sample));
    for (const auto to : clamps<Sample, T>()) {
      kernels.pack[log2_size<Sample>](in, components, n, to.low, to.high, start);
      for (std::size_t i = 0; i < n * components; ++i)
        check_sample<Sample>(start + i * sizeof(Sample), in[i % components][i / components], to);
    }
  }
}

template <typename Sample, typename T>
void test_type(const line_kernels<T>& kernels) {
  const rows<T> r;
  fixture f;
  for (const std::size_t n : widths()) {
    for (const place where : places) {
      test_load<Sample>(kernels, r, f, n, where);
      test_unpack<Sample>(kernels, r, f, n, where);
      test_store<Sample>(kernels, r, f, n, where);
      test_pack<Sample>(kernels, r, f, n, where);
    }
  }
}

template <typename T>
void test_types(const line_kernels<T>& kernels) {
  test_type<std::uint8_t>(kernels);
  test_type<std::int8_t>(kernels);
  test_type<std::uint16_t>(kernels);
  test_type<std::int16_t>(kernels);
  if constexpr (sizeof(T) >= 4) test_type<std::int32_t>(kernels);
  if constexpr (sizeof(T) == 8) test_type<std::uint32_t>(kernels);
}

}  // namespace

int main() {
  for (const implementation* kernels : available()) {
    test_types(kernels->lines16);
    test_types(kernels->lines32);
    test_types(kernels->lines64);
  }
  return htj2k::test::finish();
}
