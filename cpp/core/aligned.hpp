// Memory for rows of samples from the beginning of a cache line on: a vector as long as a line lies in one
// then, and threads that write beside each other, each whole lines, do not wait for each other.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <new>

namespace htj2k {

constexpr std::size_t cache_line = 64;

// `count` samples, rounded up to whole cache lines.
template <typename T>
constexpr std::size_t whole_lines(std::size_t count) {
  constexpr std::size_t in_line = cache_line / sizeof(T);
  return (count + in_line - 1) / in_line * in_line;
}

template <typename T>
class aligned_array {
public:
  aligned_array() = default;
  // Not cleared. With plain `new`, which is faster than the one that aligns.
  explicit aligned_array(std::uint64_t count) {
    if (count > (std::numeric_limits<std::size_t>::max() - cache_line) / sizeof(T)) throw std::bad_alloc();
    memory_.reset(new std::uint8_t[static_cast<std::size_t>(count) * sizeof(T) + cache_line - 1]);
    const auto address = reinterpret_cast<std::uintptr_t>(memory_.get());
    start_ = reinterpret_cast<T*>(memory_.get() + (cache_line - address % cache_line) % cache_line);
  }
  T* get() const { return start_; }

private:
  std::unique_ptr<std::uint8_t[]> memory_;
  T* start_ = nullptr;
};

template <typename T>
aligned_array<T> cleared_array(std::uint64_t count) {
  aligned_array<T> made(count);
  std::fill_n(made.get(), count, T{0});
  return made;
}

}  // namespace htj2k
