// The arithmetic decoder of Part 1 (T.800 Annex C), and the raw bits that take its place in bypass mode.
//
// Both read a codeword segment that is followed by two bytes FF: as these look like a marker, neither goes
// beyond them, and decodes as if FF came for ever (T.800 C.3.4, D.4.1).
#pragma once

#include <array>
#include <cstdint>

namespace htj2k::native {

struct mq_state {
  std::uint16_t probability;  // Qe
  std::uint8_t after_mps, after_lps;
  bool switches;
};

// T.800 Table C.2.
constexpr std::array<mq_state, 47> mq_states{{
    {0x5601, 1, 1, true},    {0x3401, 2, 6, false},   {0x1801, 3, 9, false},   {0x0AC1, 4, 12, false},
    {0x0521, 5, 29, false},  {0x0221, 38, 33, false}, {0x5601, 7, 6, true},    {0x5401, 8, 14, false},
    {0x4801, 9, 14, false},  {0x3801, 10, 14, false}, {0x3001, 11, 17, false}, {0x2401, 12, 18, false},
    {0x1C01, 13, 20, false}, {0x1601, 29, 21, false}, {0x5601, 15, 14, true},  {0x5401, 16, 14, false},
    {0x5101, 17, 15, false}, {0x4801, 18, 16, false}, {0x3801, 19, 17, false}, {0x3401, 20, 18, false},
    {0x3001, 21, 19, false}, {0x2801, 22, 19, false}, {0x2401, 23, 20, false}, {0x2201, 24, 21, false},
    {0x1C01, 25, 22, false}, {0x1801, 26, 23, false}, {0x1601, 27, 24, false}, {0x1401, 28, 25, false},
    {0x1201, 29, 26, false}, {0x1101, 30, 27, false}, {0x0AC1, 31, 28, false}, {0x09C1, 32, 29, false},
    {0x08A1, 33, 30, false}, {0x0521, 34, 31, false}, {0x0441, 35, 32, false}, {0x02A1, 36, 33, false},
    {0x0221, 37, 34, false}, {0x0141, 38, 35, false}, {0x0111, 39, 36, false}, {0x0085, 40, 37, false},
    {0x0049, 41, 38, false}, {0x0025, 42, 39, false}, {0x0015, 43, 40, false}, {0x0009, 44, 41, false},
    {0x0005, 45, 42, false}, {0x0001, 45, 43, false}, {0x5601, 46, 46, false},
}};

struct mq_context {
  std::uint8_t state = 0;  // index into mq_states
  std::uint8_t mps = 0;    // the more probable symbol
};

class mq_decoder {
public:
  // INITDEC.
  explicit mq_decoder(const std::uint8_t* segment) : next_(segment), code_(std::uint32_t{*segment} << 16) {
    read_byte();
    code_ <<= 7;
    left_ -= 7;
  }

  unsigned decode(mq_context& context) {
    const mq_state& state = mq_states[context.state];
    interval_ -= state.probability;
    const bool is_upper = code_ >> 16 >= state.probability;
    if (is_upper) {
      code_ -= std::uint32_t{state.probability} << 16;
      if ((interval_ & 0x8000U) != 0) return context.mps;
    }
    // Of two intervals the larger one is the more probable symbol's, whatever its place.
    const bool is_mps = is_upper == (interval_ >= state.probability);
    if (!is_upper) interval_ = state.probability;
    const unsigned symbol = is_mps ? context.mps : 1U - context.mps;
    if (!is_mps && state.switches) context.mps ^= 1;
    context.state = is_mps ? state.after_mps : state.after_lps;
    renormalize();
    return symbol;
  }

private:
  void renormalize() {
    do {
      if (left_ == 0) read_byte();
      interval_ <<= 1;
      code_ <<= 1;
      --left_;
    } while ((interval_ & 0x8000U) == 0);
  }

  // BYTEIN.
  void read_byte() {
    left_ = 8;
    if (next_[0] != 0xFF) {
      code_ += std::uint32_t{*++next_} << 8;
    } else if (next_[1] <= 0x8F) {
      code_ += std::uint32_t{*++next_} << 9;
      left_ = 7;
    } else {
      code_ += 0xFF00;
    }
  }

  const std::uint8_t* next_;  // the byte that was read last
  std::uint32_t code_;
  std::uint32_t interval_ = 0x8000;
  unsigned left_ = 0;
};

class raw_bits {
public:
  explicit raw_bits(const std::uint8_t* segment) : next_(segment) {}

  unsigned bit() {
    if (left_ == 0) {
      const bool is_stuffed = current_ == 0xFF;
      left_ = is_stuffed && *next_ <= 0x8F ? 7 : 8;
      if (!is_stuffed || *next_ <= 0x8F) current_ = *next_++;
    }
    return (current_ >> --left_) & 1U;
  }

private:
  const std::uint8_t* next_;
  unsigned current_ = 0;
  unsigned left_ = 0;
};

}  // namespace htj2k::native
