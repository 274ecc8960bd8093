// Memory that begins with a cache line, and the length of rows in it.
#include "core/aligned.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <new>
#include <utility>

#include "check.hpp"

namespace {

using namespace htj2k;

bool begins_with_line(const void* memory) {
  return reinterpret_cast<std::uintptr_t>(memory) % cache_line == 0;
}

// AddressSanitizer sees whether the last sample is there.
template <typename T>
void test_arrays() {
  for (std::size_t count = 1; count < 200; ++count) {
    aligned_array<T> samples(count);
    CHECK(begins_with_line(samples.get()));
    for (std::size_t i = 0; i < count; ++i) samples.get()[i] = static_cast<T>(i);
    const aligned_array<T> moved = std::move(samples);
    CHECK(begins_with_line(moved.get()));
    CHECK(moved.get()[count - 1] == static_cast<T>(count - 1));
  }
  CHECK(aligned_array<T>().get() == nullptr);
  const aligned_array<T> zeros = cleared_array<T>(100);
  CHECK(std::count(zeros.get(), zeros.get() + 100, T{0}) == 100);
}

// What does not fit in the address space is not allocated in part.
void test_too_many() {
  bool has_thrown = false;
  try {
    const aligned_array<std::int32_t> samples(std::numeric_limits<std::uint64_t>::max() / 4 + 2);
  } catch (const std::bad_alloc&) {
    has_thrown = true;
  }
  CHECK(has_thrown);
}

template <typename T>
void test_lines() {
  for (std::size_t count = 0; count < 200; ++count) {
    const std::size_t whole = whole_lines<T>(count);
    CHECK(whole >= count && whole < count + cache_line / sizeof(T) && whole * sizeof(T) % cache_line == 0);
  }
}

}  // namespace

int main() {
  test_arrays<std::int16_t>();
  test_arrays<std::int64_t>();
  test_arrays<float>();
  test_too_many();
  test_lines<std::int16_t>();
  test_lines<std::int64_t>();
  return test::finish();
}
