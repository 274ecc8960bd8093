// The bits of a packet header, highest first; the byte after an FF has only seven (T.800 B.10.1).
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/bytes.hpp"
#include "core/error.hpp"

namespace htj2k {

class packet_bits {
public:
  packet_bits(byte_span bytes, std::uint64_t position, std::uint64_t stop)
      : bytes_(bytes), position_(position), stop_(stop) {}

  unsigned bit() {
    if (left_ == 0) next_byte();
    return (current_ >> --left_) & 1U;
  }

  std::uint64_t bits(unsigned count) {
    std::uint64_t value = 0;
    while (count > 0) {
      if (left_ == 0) next_byte();
      const unsigned taken = std::min(count, left_);
      count -= taken;
      left_ -= taken;
      value = value << taken | (current_ >> left_ & ((1U << taken) - 1));
    }
    return value;
  }

  // Where the header ends: a last byte FF is followed by a stuffed one.
  std::uint64_t finish() {
    if (current_ == 0xFF) next_byte();
    return position_;
  }

  std::uint64_t position() const { return position_; }

private:
  void next_byte() {
    if (position_ >= stop_)
      throw error(error_code::codestream, "a packet header runs over the end of its tile-part", position_);
    left_ = current_ == 0xFF ? 7 : 8;
    current_ = bytes_.data[position_++];
  }

  byte_span bytes_;
  std::uint64_t position_;
  std::uint64_t stop_;
  unsigned current_ = 0;
  unsigned left_ = 0;
};

}  // namespace htj2k
