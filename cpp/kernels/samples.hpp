// Rows of samples between the caller's memory (any integer type, any stride) and the codec's int32 lines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace htj2k::kernels {

inline std::uint8_t swap_bytes(std::uint8_t v) { return v; }
inline std::uint16_t swap_bytes(std::uint16_t v) { return static_cast<std::uint16_t>((v << 8) | (v >> 8)); }
inline std::uint32_t swap_bytes(std::uint32_t v) {
  return (v << 24) | ((v & 0xFF00u) << 8) | ((v >> 8) & 0xFF00u) | (v >> 24);
}

// The smallest and largest value seen. Empty while low > high.
struct value_range {
  std::int64_t low = INT64_MAX;
  std::int64_t high = INT64_MIN;

  void include(std::int64_t a, std::int64_t b) {
    if (a < low) low = a;
    if (b > high) high = b;
  }
};

// memcpy because numpy arrays need not be aligned; compilers make plain moves of it.
template <typename T>
T load_sample(const unsigned char* p) {
  T value;
  std::memcpy(&value, p, sizeof value);
  return value;
}

template <typename T, bool Swap>
T load_ordered(const unsigned char* p) {
  using raw = std::make_unsigned_t<T>;
  raw value = load_sample<raw>(p);
  if constexpr (Swap) value = swap_bytes(value);
  return static_cast<T>(value);
}

// Reads `count` samples `stride` bytes apart into `line` and extends `seen` by their range.
// 32-bit unsigned samples enter as their bit pattern, which is how OpenJPH takes them.
template <typename T, bool Swap>
void load_line(const void* source, std::ptrdiff_t stride, std::size_t count, std::int32_t* line,
               value_range& seen) {
  const auto* p = static_cast<const unsigned char*>(source);
  T low = load_ordered<T, Swap>(p);
  T high = low;
  for (std::size_t i = 0; i < count; ++i, p += stride) {
    const T value = load_ordered<T, Swap>(p);
    low = value < low ? value : low;
    high = value > high ? value : high;
    line[i] = static_cast<std::int32_t>(value);
  }
  seen.include(low, high);
}

// The same for neighbouring samples, which the compiler turns into vector code.
template <typename T>
void load_contiguous_line(const void* source, std::size_t count, std::int32_t* line, value_range& seen) {
  load_line<T, false>(source, static_cast<std::ptrdiff_t>(sizeof(T)), count, line, seen);
}

// Writes `count` samples `stride` bytes apart, each clamped to [low, high]: never wrapped.
template <typename T>
void store_line(const std::int32_t* line, std::size_t count, std::int32_t low, std::int32_t high,
                void* target, std::ptrdiff_t stride) {
  auto* p = static_cast<unsigned char*>(target);
  for (std::size_t i = 0; i < count; ++i, p += stride) {
    std::int32_t value = line[i];
    value = value < low ? low : value;
    value = value > high ? high : value;
    const T narrow = static_cast<T>(value);
    std::memcpy(p, &narrow, sizeof narrow);
  }
}

template <typename T>
void store_contiguous_line(const std::int32_t* line, std::size_t count, std::int32_t low, std::int32_t high,
                           void* target) {
  store_line<T>(line, count, low, high, target, static_cast<std::ptrdiff_t>(sizeof(T)));
}

}  // namespace htj2k::kernels
