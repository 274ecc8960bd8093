// Somebody else's bytes, read big-endian and never past their end.
#pragma once

#include <cstddef>
#include <cstdint>

namespace htj2k {

struct byte_span {
  const std::uint8_t* data = nullptr;
  std::uint64_t size = 0;
};

// Half open, and always in the caller's bytes: a codestream inside a JPH file keeps the file's offsets.
struct byte_range {
  std::uint64_t start = 0;
  std::uint64_t stop = 0;
  std::uint64_t size() const { return stop - start; }
};

// The caller has checked that the bytes are there.
inline std::uint16_t load_u16(const std::uint8_t* p) {
  return static_cast<std::uint16_t>((p[0] << 8) | p[1]);
}

inline std::uint32_t load_u32(const std::uint8_t* p) {
  return (static_cast<std::uint32_t>(load_u16(p)) << 16) | load_u16(p + 2);
}

inline std::uint64_t load_u64(const std::uint8_t* p) {
  return (static_cast<std::uint64_t>(load_u32(p)) << 32) | load_u32(p + 4);
}

// True when bytes [start, start + count) exist; no sum that could wrap.
inline bool holds(byte_span bytes, std::uint64_t start, std::uint64_t count) {
  return start <= bytes.size && count <= bytes.size - start;
}

}  // namespace htj2k
