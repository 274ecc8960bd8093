#include "core/native/cleanup_decoder.hpp"

#include <cstring>

#include "core/bytes.hpp"
#include "core/native/cleanup_tables.hpp"
#include "kernels/implementation.hpp"

namespace htj2k::native {
namespace {

std::uint64_t load8(const std::uint8_t* p) {
  std::uint64_t word;
  std::memcpy(&word, p, sizeof word);
  return word;
}

// The highest bit of each byte whose lower 7 bits are ones: one more carries into it.
std::uint64_t seven_ones(std::uint64_t word) {
  constexpr std::uint64_t lower = 0x7F7F7F7F7F7F7F7F, lowest = 0x0101010101010101;
  return ((word & lower) + lowest) & ~lower;
}

// The highest bit of each byte that is FF, or above 8F.
std::uint64_t bytes_ff(std::uint64_t word) { return seven_ones(word) & word; }
std::uint64_t bytes_above_8f(std::uint64_t word) {
  constexpr std::uint64_t middle = 0x7070707070707070;
  return ((word & middle) + middle) & word & 0x8080808080808080;
}

// `word` without the bits of `which`, those behind each moved down.
std::uint64_t without(std::uint64_t word, std::uint64_t which) {
  while (which != 0) {
    const std::uint64_t below = (which & (~which + 1)) - 1;
    word = (word & below) | (word >> 1 & ~below);
    which = (which & (which - 1)) >> 1;
  }
  return word;
}

unsigned count_bits(std::uint64_t word) {
  unsigned count = 0;
  for (; word != 0; word &= word - 1) ++count;
  return count;
}

// Bits in the order in which they are read, the first one lowest in its byte. Loops take it by value, so that
// what they write is known not to change it.
class bit_writer {
public:
  explicit bit_writer(std::uint8_t* out) : first_(out), out_(out) {}

  std::size_t bytes() const { return static_cast<std::size_t>(out_ - first_); }

  // A stuffed bit, which should be zero, is left to the next bit.
  void put(std::uint64_t bits, unsigned count) {
    waiting_ |= bits << count_;
    count_ += count;
    if (count_ < 8) return;
    *out_++ = static_cast<std::uint8_t>(waiting_);
    waiting_ >>= 8;
    count_ -= 8;
  }

  // At least 56; those of `word` behind them are zero. Writes 8 bytes.
  void put_word(std::uint64_t word, unsigned count) {
    const std::uint64_t bits = waiting_ | word << count_;
    std::memcpy(out_, &bits, sizeof bits);
    const unsigned total = count_ + count;
    out_ += total / 8;
    if (total >= 64)
      waiting_ = count_ == 0 ? 0 : word >> (64 - count_);
    else
      waiting_ = bits >> 56;
    count_ = total % 8;
  }

  // As many as there are.
  void put_words(const std::uint64_t (&words)[4]) {
    for (const std::uint64_t word : words) {
      const std::uint64_t bits = waiting_ | word << count_;
      std::memcpy(out_, &bits, sizeof bits);
      out_ += sizeof bits;
      waiting_ = word >> 1 >> (63 - count_);
    }
  }

  // All bits behind the last one become those of `fill`. How many bytes hold others.
  std::size_t finish(std::uint8_t fill, std::size_t behind) {
    *out_++ = static_cast<std::uint8_t>(waiting_ | static_cast<std::uint64_t>(fill) << count_);
    std::memset(out_, fill, behind);
    return bytes();
  }

private:
  std::uint8_t* first_;
  std::uint8_t* out_;
  std::uint64_t waiting_ = 0;
  unsigned count_ = 0;  // below 8
};

// MagSgn (T.814 7.1.2): after a byte FF the next one has 7 bits. Stops when `most` bytes are there.
bit_writer unstuff_magsgn(const std::uint8_t* in, std::size_t size, std::size_t most, bit_writer out) {
  const std::uint8_t* const stop = in + size;
  bool after_ff = false, is_plain = true;
  while (in != stop && out.bytes() < most) {
    if (is_plain && stop - in >= 32 && out.bytes() + 32 <= most) {
      const std::uint64_t words[4] = {load8(in), load8(in + 8), load8(in + 16), load8(in + 24)};
      if ((bytes_ff(words[0]) | bytes_ff(words[1]) | bytes_ff(words[2]) | bytes_ff(words[3])) == 0) {
        out.put_words(words);
        in += 32;
        continue;
      }
    }
    if (stop - in >= 8 && out.bytes() + 8 <= most) {
      const std::uint64_t word = load8(in), ff = bytes_ff(word);
      const std::uint64_t stuffed = ff << 8 | (after_ff ? 0x80 : 0);
      if ((word & stuffed) == 0) {
        out.put_word(without(word, stuffed), 64 - count_bits(stuffed));
        after_ff = ff >> 63 != 0;
        is_plain = ff == 0;
        in += 8;
        continue;
      }
    }
    out.put(*in, after_ff ? 7 : 8);
    after_ff = *in++ == 0xFF;
    is_plain = false;
  }
  return out;
}

// VLC (T.814 7.1.4), from its end backwards: a byte whose lower 7 bits are ones has only these when the one
// before it, which lies behind it, is above 8F.
bit_writer unstuff_vlc(const std::uint8_t* begin, std::size_t size, bit_writer out) {
  const std::uint8_t* last = begin + size - 1;
  const unsigned upper = *last >> 4;
  out.put(upper, (upper & 7) == 7 ? 3 : 4);
  bool after_large = (*last | 0x0F) > 0x8F;
  while (last != begin) {
    if (last - begin >= 8) {
      const std::uint64_t word = load_u64(last - 8), ones = seven_ones(word);
      const std::uint64_t stuffed =
          ones == 0 ? 0 : ones & (bytes_above_8f(word) << 8 | (after_large ? 0x80 : 0));
      if ((word & stuffed) == 0) {
        if (stuffed == 0)
          out.put_word(word, 64);
        else
          out.put_word(without(word, stuffed), 64 - count_bits(stuffed));
        last -= 8;
        after_large = word >> 56 > 0x8F;
        continue;
      }
    }
    --last;
    out.put(*last, after_large && (*last & 0x7F) == 0x7F ? 7 : 8);
    after_large = *last > 0x8F;
  }
  return out;
}

}  // namespace

template <typename T>
bool cleanup_decoder::decode(const std::uint8_t* bytes, std::size_t size, std::size_t width,
                             std::size_t height, unsigned num_planes, T* rows, std::size_t row_stride) {
  const auto decode_cleanup = kernels::active().decode_cleanup<T>();
  const kernels::cleanup_tables* const tables = cleanup_tables();
  if (decode_cleanup == nullptr || tables == nullptr || size < 2) return false;
  // MEL forwards and VLC backwards share the last `suffix` bytes, of which the last 12 bits say how many they
  // are.
  const std::size_t suffix = std::size_t{bytes[size - 1]} << 4 | (bytes[size - 2] & 15);
  if (suffix < 2 || suffix > size || suffix > 4079) return false;
  kernels::cleanup_block<T> block;
  // A byte has 7 bits or 8: these are more than most_bits a sample.
  if (7 * (size - suffix) > block.most_bits * width * height) return false;

  block.tables = tables;
  block.segments.mel = bytes + size - suffix;
  block.segments.mel_size = suffix - 1;
  bit_writer vlc = unstuff_vlc(block.segments.mel, suffix - 1, bit_writer(vlc_));
  block.segments.vlc = vlc_;
  block.segments.vlc_size = vlc.finish(0, behind - 1);
  bit_writer magsgn =
      unstuff_magsgn(bytes, size - suffix, most_magsgn_bytes<T>, bit_writer(magsgn_ + before));
  block.segments.magsgn = magsgn_ + before;
  block.segments.magsgn_size = magsgn.finish(0xFF, behind - 1);

  block.width = width;
  block.height = height;
  block.num_planes = num_planes;
  block.rows = rows;
  block.row_stride = row_stride;
  return decode_cleanup(block);
}

template bool cleanup_decoder::decode(const std::uint8_t*, std::size_t, std::size_t, std::size_t, unsigned,
                                      std::int16_t*, std::size_t);
template bool cleanup_decoder::decode(const std::uint8_t*, std::size_t, std::size_t, std::size_t, unsigned,
                                      std::int32_t*, std::size_t);

}  // namespace htj2k::native
