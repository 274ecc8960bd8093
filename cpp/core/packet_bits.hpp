// The bits of a packet header, highest first; the byte after an FF has only seven (T.800 B.10.1).
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/bits.hpp"
#include "core/bytes.hpp"
#include "core/error.hpp"
#include "kernels/words.hpp"

namespace htj2k {

// Up to 64 bits are read ahead, from behind the header too; where the header ends is counted back from them.
class packet_bits {
public:
  packet_bits(byte_span bytes, std::uint64_t position, std::uint64_t stop)
      : bytes_(bytes), start_(position), position_(position), stop_(stop) {}

  unsigned bit() { return static_cast<unsigned>(bits(1)); }

  // Up to 56 of them.
  std::uint64_t bits(unsigned count) {
    if (left_ < count) need(count);
    const std::uint64_t value = window_ >> 1 >> (63 - count);
    window_ <<= count;
    left_ -= count;
    return value;
  }

  // How many ones, or zeros, come before the first zero, or one, which is read too. Stops at more than
  // `most`.
  unsigned ones(unsigned most) { return run<1>(most); }
  unsigned zeros(unsigned most) { return run<0>(most); }

  // Whether the next bit, which is not read yet, is known to be zero.
  bool has_zero() const { return left_ > 0 && window_ >> 63 == 0; }

  // Reads ahead what a codeblock usually needs, if it is there.
  void look_ahead() {
    if (left_ < usual) fill();
  }

  // Where the header ends: a last byte FF is followed by a stuffed one.
  std::uint64_t finish() const {
    const std::uint64_t end = position();
    if (end == start_ || bytes_.data[end - 1] != 0xFF) return end;
    if (end == stop_) runs_over();
    return end + 1;
  }

  // Behind the byte that holds the last bit.
  std::uint64_t position() const {
    std::uint64_t behind = position_;
    for (unsigned left = left_; left > 0; --behind) {
      const unsigned in_byte = behind - 1 > start_ && bytes_.data[behind - 2] == 0xFF ? 7 : 8;
      if (left < in_byte) break;
      left -= in_byte;
    }
    return behind;
  }

private:
  static constexpr unsigned usual = 48;

  template <unsigned Bit>
  unsigned run(unsigned most) {
    unsigned found = 0;
    while (true) {
      if (left_ == 0) need(1);
      // Behind the window's bits, ones end there, and zeros may seem to go on.
      const unsigned here = std::min(leading_zeros(Bit == 1 ? ~window_ : window_), left_);
      if (found + here > most) {
        skip(most - found);
        return most + 1;
      }
      found += here;
      if (here < left_) {
        skip(here);
        return found;
      }
      window_ = 0;
      left_ = 0;
    }
  }

  // And one more.
  void skip(unsigned count) {
    window_ = window_ << count << 1;
    left_ -= count + 1;
  }

  // By value, so that a reader whose address nobody has can stay in registers.
  void need(unsigned count) { *this = with(*this, count); }
  static packet_bits with(packet_bits bits, unsigned count);

  // As many bytes as have room, where there is room for one, up to the first FF.
  void fill() {
    if (stop_ - position_ < 8) return fill_byte();
    std::uint64_t word = load_u64(bytes_.data + position_);
    const unsigned stuffed = is_after_ff_ ? 1 : 0;
    const std::uint64_t ff = kernels::seven_ones(word) & word;
    const unsigned up_to_ff = ff == 0 ? 8 : leading_zeros(ff) / 8 + 1;
    const unsigned taken = std::min((64 - left_) / 8, up_to_ff);
    const unsigned count = 8 * taken - stuffed;
    word = word << stuffed >> (64 - count) << (64 - count);
    window_ |= word >> left_;
    left_ += count;
    position_ += taken;
    is_after_ff_ = ff != 0 && taken == up_to_ff;
  }

  void fill_byte() {
    const unsigned count = is_after_ff_ ? 7 : 8;
    if (position_ == stop_) return;
    const std::uint64_t byte = bytes_.data[position_++];
    window_ |= byte << (64 - count) >> left_;
    left_ += count;
    is_after_ff_ = byte == 0xFF;
  }

  [[noreturn]] void runs_over() const;

  byte_span bytes_;
  std::uint64_t start_;
  std::uint64_t position_;  // of the next byte
  std::uint64_t stop_;
  std::uint64_t window_ = 0;  // the highest bit comes next; zeros behind the last
  unsigned left_ = 0;
  bool is_after_ff_ = false;
};

}  // namespace htj2k
