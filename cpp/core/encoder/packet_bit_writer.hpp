// Writes the bits of a packet header, highest first; the byte after an FF takes only seven (T.800 B.10.1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace htj2k::encoder {

// Keeps its memory between packets.
class packet_bit_writer {
public:
  void begin() { size_ = 0; }

  // Must come before what is put for a codeblock. That is well below 500 bits: a length of up to 32 bits, as
  // many for Lblock, at most 37 missing bit-planes, and a bit for each of the 15 levels of two tag trees.
  void make_room() {
    constexpr std::size_t room = 64;
    if (bytes_.size() - size_ < room) bytes_.resize(2 * bytes_.size() + room);
  }

  // The lower `count` bits of `value`, up to 56; higher ones must be zero.
  void put(std::uint64_t value, unsigned count) {
    waiting_ = waiting_ << count | value;
    num_waiting_ += count;
    while (num_waiting_ >= next_takes_) put_byte();
  }

  // Zeros fill the last byte. It must not be FF, after which one more byte follows.
  void finish() {
    if (num_waiting_ != 0) put(0, next_takes_ - num_waiting_);
    if (next_takes_ == 7) put(0, next_takes_);
  }

  const std::uint8_t* data() const { return bytes_.data(); }
  std::size_t size() const { return size_; }

private:
  void put_byte() {
    num_waiting_ -= next_takes_;
    const auto byte = static_cast<std::uint8_t>(waiting_ >> num_waiting_ & (0xFFU >> (8 - next_takes_)));
    bytes_[size_++] = byte;
    next_takes_ = byte == 0xFF ? 7 : 8;
  }

  std::vector<std::uint8_t> bytes_;
  std::size_t size_ = 0;
  std::uint64_t waiting_ = 0;  // the lowest bits; those above are written
  unsigned num_waiting_ = 0;   // fewer than a byte between calls
  unsigned next_takes_ = 8;
};

}  // namespace htj2k::encoder
