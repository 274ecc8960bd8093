// Bytes, big-endian: somebody else's, which are never read past their end, and our own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

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

inline void store_u16(std::uint8_t* p, std::uint64_t value) {
  p[0] = static_cast<std::uint8_t>(value >> 8);
  p[1] = static_cast<std::uint8_t>(value);
}

inline void store_u32(std::uint8_t* p, std::uint64_t value) {
  for (unsigned b = 0; b < 4; ++b) p[b] = static_cast<std::uint8_t>(value >> (24 - 8 * b));
}

inline void append_u8(std::vector<std::uint8_t>& bytes, std::uint64_t value) {
  bytes.push_back(static_cast<std::uint8_t>(value));
}

inline void append_u16(std::vector<std::uint8_t>& bytes, std::uint64_t value) {
  bytes.push_back(static_cast<std::uint8_t>(value >> 8));
  bytes.push_back(static_cast<std::uint8_t>(value));
}

inline void append_u32(std::vector<std::uint8_t>& bytes, std::uint64_t value) {
  append_u16(bytes, value >> 16);
  append_u16(bytes, value);
}

}  // namespace htj2k
