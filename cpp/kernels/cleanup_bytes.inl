// Bits of a cleanup pass without those that are stuffed between them. Included before cleanup_x86.inl, which
// says where.

inline __m256i load32(const void* p) { return _mm256_loadu_si256(static_cast<const __m256i*>(p)); }

// Bytes in the opposite order.
inline __m256i reversed(__m256i bytes) {
  const __m256i order =
      _mm256_broadcastsi128_si256(_mm_setr_epi8(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0));
  return _mm256_permute4x64_epi64(_mm256_shuffle_epi8(bytes, order), 0x4E);
}

// Whether a byte is `wanted` where `mask` has ones.
inline bool has_byte(__m256i bytes, std::uint8_t mask, std::uint8_t wanted) {
  const __m256i masked = _mm256_and_si256(bytes, _mm256_set1_epi8(static_cast<char>(mask)));
  return _mm256_movemask_epi8(_mm256_cmpeq_epi8(masked, _mm256_set1_epi8(static_cast<char>(wanted)))) != 0;
}

// In the order in which bits are read, the first one lowest in its byte. Loops take it by value, so that what
// they write is known not to change it.
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

  // Without the bits of `stuffed`, one in eight at most. Writes 8 bytes.
  void put_word(std::uint64_t word, std::uint64_t stuffed) {
    if (stuffed == 0) return put_whole_word(word);
    unsigned count = 64;
    for (; stuffed != 0; --count) {
      const std::uint64_t below = (stuffed & (~stuffed + 1)) - 1;
      word = (word & below) | (word >> 1 & ~below);
      stuffed = (stuffed & (stuffed - 1)) >> 1;
    }
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

  // Four words, and one before each of them: the last that was put comes first. Writes 32 bytes.
  void put_words(__m256i words, __m256i before) {
    const __m256i moved = _mm256_sll_epi64(words, _mm_cvtsi32_si128(static_cast<int>(count_)));
    const __m256i rest = _mm256_srl_epi64(before, _mm_cvtsi32_si128(static_cast<int>(64 - count_)));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out_), _mm256_or_si256(moved, rest));
    out_ += 32;
    const auto last = static_cast<std::uint64_t>(_mm256_extract_epi64(words, 3));
    waiting_ = last >> 1 >> (63 - count_);
  }

  // All bits behind the last one become those of `fill`. How many bytes hold others.
  std::size_t finish(std::uint8_t fill) {
    *out_++ = static_cast<std::uint8_t>(waiting_ | static_cast<std::uint64_t>(fill) << count_);
    std::memset(out_, fill, cleanup_memory::behind - 1);
    return bytes();
  }

private:
  void put_whole_word(std::uint64_t word) {
    const std::uint64_t bits = waiting_ | word << count_;
    std::memcpy(out_, &bits, sizeof bits);
    out_ += sizeof bits;
    waiting_ = word >> 1 >> (63 - count_);
  }

  std::uint8_t* first_;
  std::uint8_t* out_;
  std::uint64_t waiting_ = 0;
  unsigned count_ = 0;  // below 8
};

// MagSgn (T.814 7.1.2): after a byte FF the next one has 7 bits. Stops when `most` bytes are there.
HTJ2K_NOINLINE bit_writer unstuff_magsgn(const std::uint8_t* in, std::size_t size, std::size_t most,
                                         bit_writer out) {
  const std::uint8_t* const stop = in + size;
  bool after_ff = false;
  bool after_word = false;  // of 64 bits
  while (in != stop && out.bytes() < most) {
    if (after_word && stop - in >= 32 && out.bytes() + 32 <= most && !has_byte(load32(in), 0xFF, 0xFF)) {
      out.put_words(load32(in), load32(in - 8));
      in += 32;
      continue;
    }
    if (stop - in >= 8 && out.bytes() + 8 <= most) {
      const std::uint64_t word = load8(in), ff = seven_ones(word) & word;
      const std::uint64_t stuffed = ff << 8 | (after_ff ? 0x80 : 0);
      if ((word & stuffed) == 0) {
        out.put_word(word, stuffed);
        after_ff = ff >> 63 != 0;
        after_word = stuffed == 0 && !after_ff;
        in += 8;
        continue;
      }
    }
    out.put(*in, after_ff ? 7 : 8);
    after_ff = *in++ == 0xFF;
    after_word = false;
  }
  return out;
}

// VLC (T.814 7.1.4), from its end backwards: a byte whose lower 7 bits are ones has only these when the one
// before it, which lies behind it, is above 8F.
HTJ2K_NOINLINE bit_writer unstuff_vlc(const std::uint8_t* begin, std::size_t size, bit_writer out) {
  const std::uint8_t* last = begin + size - 1;
  const unsigned upper = *last >> 4;
  out.put(upper, (upper & 7) == 7 ? 3 : 4);
  bool after_large = (*last | 0x0F) > 0x8F;
  bool after_word = false;  // of 64 bits
  while (last != begin) {
    if (after_word && last - begin >= 32 && !has_byte(load32(last - 32), 0x7F, 0x7F)) {
      out.put_words(reversed(load32(last - 32)), reversed(load32(last - 24)));
      last -= 32;
      after_large = *last > 0x8F;
      continue;
    }
    if (last - begin >= 8) {
      const std::uint64_t word = reversed_bytes(load8(last - 8));
      const std::uint64_t above = bytes_above_8f(word);
      const std::uint64_t stuffed = seven_ones(word) & (above << 8 | (after_large ? 0x80 : 0));
      if ((word & stuffed) == 0) {
        out.put_word(word, stuffed);
        after_large = above >> 63 != 0;
        after_word = stuffed == 0;
        last -= 8;
        continue;
      }
    }
    --last;
    out.put(*last, after_large && (*last & 0x7F) == 0x7F ? 7 : 8);
    after_large = *last > 0x8F;
    after_word = false;
  }
  return out;
}
