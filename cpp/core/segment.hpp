// Reads the fields of one marker segment; every fault names segment, field, value and byte.
#pragma once

#include <string>

#include "core/bytes.hpp"
#include "core/error.hpp"
#include "core/marker.hpp"

namespace htj2k {

class segment_reader {
public:
  // `start` is the marker's own offset; the segment ends before `stop`, which is inside the data.
  segment_reader(byte_span data, std::uint16_t code, std::uint64_t start, std::uint64_t stop)
      : data_(data), code_(code), start_(start), position_(start + 4), stop_(stop) {}

  std::uint8_t u8(const char* field) { return *take(1, field); }
  std::uint16_t u16(const char* field) { return load_u16(take(2, field)); }
  std::uint32_t u32(const char* field) { return load_u32(take(4, field)); }
  // Component indices are one byte wide below 257 components, two from there on.
  std::uint16_t component_index(std::uint32_t num_components, const char* field);

  void skip(std::uint64_t count, const char* field) { take(count, field); }
  byte_range rest() const { return {position_, stop_}; }
  std::uint64_t left() const { return stop_ - position_; }
  std::uint64_t start() const { return start_; }
  std::uint16_t code() const { return code_; }
  void expect_end() const;

  // About the field read last.
  [[noreturn]] void refuse(const char* field, std::uint64_t value, const std::string& rule) const;
  // About the segment as a whole.
  [[noreturn]] void refuse(const std::string& what) const;

private:
  const std::uint8_t* take(std::uint64_t count, const char* field) {
    if (count > left()) too_short(field);
    field_ = position_;
    position_ += count;
    return data_.data + field_;
  }
  [[noreturn]] void too_short(const char* field) const;

  byte_span data_;
  std::uint16_t code_;
  std::uint64_t start_;
  std::uint64_t position_;
  std::uint64_t stop_;
  std::uint64_t field_ = 0;
};

// The length field of the segment whose marker `code` stands at `start`; its bytes are there.
std::uint16_t segment_length(byte_span data, std::uint16_t code, std::uint64_t start);

}  // namespace htj2k
