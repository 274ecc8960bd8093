// The three strings of bits that make the bytes of a cleanup pass (ITU-T T.814 7.1). MagSgn and VLC are put
// together without stuffed bits first, and these are added to the whole: a loop over codewords need not look
// at bytes then. Included inside an instruction set's namespace and target region.

// The first bit is the lowest of its byte.
struct collected_bits {
  const std::uint8_t* bytes;
  std::size_t size;  // in bits
};

class bit_collector {
public:
  explicit bit_collector(std::uint8_t* out) : first_(out), out_(out) {}

  // Up to most_bits_at_once; above them there are zeros. Writes 8 bytes.
  HTJ2K_INLINE void put(std::uint64_t bits, unsigned length) {
    waiting_ |= bits << count_;
    store8(out_, waiting_);
    count_ += length;
    out_ += count_ / 8;
    waiting_ >>= count_ & ~7U;
    count_ &= 7;
  }

  collected_bits get() const { return {first_, 8 * static_cast<std::size_t>(out_ - first_) + count_}; }

private:
  std::uint8_t* first_;
  std::uint8_t* out_;
  std::uint64_t waiting_ = 0;
  unsigned count_ = 0;  // below 8
};

// Takes bits of a string, 7 bytes at a time while there are as many.
class bit_source {
public:
  explicit bit_source(const collected_bits& from) : bytes_(from.bytes), left_(from.size) {}

  std::size_t left() const { return left_; }
  bool has_many() const { return left_ >= 57; }
  // The next 57 bits, as far as there are so many.
  HTJ2K_INLINE std::uint64_t ahead() const { return load8(bytes_ + position_ / 8) >> (position_ % 8); }
  HTJ2K_INLINE std::uint8_t ahead(std::size_t count) const {
    return static_cast<std::uint8_t>(ahead() & ((1U << count) - 1));
  }
  HTJ2K_INLINE void skip(std::size_t count) {
    position_ += count;
    left_ -= count;
  }

private:
  const std::uint8_t* bytes_;
  std::size_t position_ = 0;
  std::size_t left_;
};

constexpr std::uint64_t seven_bytes = ~std::uint64_t{0} >> 8;

// MagSgn (7.1.2): a byte after FF has 7 bits, so that no two bytes are above FF8F. Behind the last bit there
// are ones; a last byte of nothing but ones is left out. Returns the end.
HTJ2K_NOINLINE std::uint8_t* stuff_magsgn(bit_source from, std::uint8_t* out) {
  bool after_ff = false;
  while (from.has_many()) {
    std::uint64_t word = from.ahead();
    const unsigned stuffed = after_ff ? 1 : 0;
    if (after_ff) word = (word & 0x7F) | (word & ~std::uint64_t{0x7F}) << 1;
    const std::uint64_t ff = seven_ones(word) & word & seven_bytes;
    store8(out, word);
    after_ff = ff != 0;
    if (!after_ff) {  // mostly: where the next word begins does not wait for this one then
      out += 7;
      from.skip(56 - stuffed);
      continue;
    }
    const unsigned count = trailing_zeros(ff) / 8 + 1;
    out += count;
    from.skip(8 * count - stuffed);
  }
  while (from.left() > 0) {
    const std::size_t width = after_ff ? 7 : 8;
    const std::size_t count = std::min(width, from.left());
    *out = static_cast<std::uint8_t>(from.ahead(count) | ((1U << width) - (1U << count)));
    after_ff = *out++ == 0xFF;
    from.skip(count);
  }
  return after_ff ? out - 1 : out;
}

// Bits of a last byte that is not full.
struct last_bits {
  unsigned bits, count;
};

// VLC (7.1.4), which grows downwards from `out`: of a byte after one above 8F, seven bits of ones make a byte
// of their own. Returns where it begins; what is left is less than a byte.
HTJ2K_NOINLINE std::uint8_t* stuff_vlc(bit_source from, std::uint8_t* out, last_bits& left) {
  bool after_large = true;  // the byte with the upper bits of Scup counts as FF
  while (from.has_many()) {
    const std::uint64_t word = from.ahead();
    const std::uint64_t above = bytes_above_8f(word);
    const std::uint64_t stuffed = seven_ones(word) & (above << 8 | (after_large ? 0x80 : 0)) & seven_bytes;
    store8(out - 8, reversed_bytes(word));
    if (stuffed == 0) {
      out -= 7;
      from.skip(56);
      after_large = (above >> 55 & 1) != 0;
      continue;
    }
    const unsigned before = trailing_zeros(stuffed) / 8;
    out -= before + 1;
    *out = 0x7F;
    from.skip(8 * before + 7);
    after_large = false;
  }
  for (; from.left() > 0; --out) {
    const bool is_stuffed = after_large && from.left() >= 7 && from.ahead(7) == 0x7F;
    if (!is_stuffed && from.left() < 8) break;
    out[-1] = from.ahead(is_stuffed ? 7 : 8);
    after_large = out[-1] > 0x8F;
    from.skip(is_stuffed ? 7 : 8);
  }
  left = {from.ahead(from.left()), static_cast<unsigned>(from.left())};
  return out;
}

// Runs of MEL events (7.3.3, Table 2).
class mel_writer {
public:
  explicit mel_writer(std::uint8_t* out) : first_(out), out_(out) {}

  HTJ2K_INLINE void put(bool event) {
    if (event)
      put_one();
    else
      put_zeros(1);
  }

  HTJ2K_INLINE void put_zeros(std::size_t count) {
    zeros_ += static_cast<unsigned>(count);
    while (zeros_ >= 1U << mel_exponents[state_]) {
      put_bit(1);
      zeros_ -= 1U << mel_exponents[state_];
      state_ += state_ < 12 ? 1 : 0;
    }
  }

  void put_one() {
    put_bit(0);
    for (unsigned bit = mel_exponents[state_]; bit-- > 0;) put_bit(zeros_ >> bit & 1);
    zeros_ = 0;
    state_ -= state_ > 0 ? 1 : 0;
  }

  // What the last byte has. A run that has begun counts as full: the number of quads tells where it ends.
  last_bits finish() {
    if (zeros_ > 0) put_bit(1);
    return {bits_ << room_, 8 - room_};
  }

  std::size_t size() const { return static_cast<std::size_t>(out_ - first_); }

private:
  HTJ2K_INLINE void put_bit(unsigned bit) {
    bits_ = bits_ << 1 | bit;
    if (--room_ > 0) return;
    *out_++ = static_cast<std::uint8_t>(bits_);
    room_ = bits_ == 0xFF ? 7 : 8;  // the highest bit of a byte after FF is stuffed
    bits_ = 0;
  }

  std::uint8_t* first_;
  std::uint8_t* out_;
  unsigned bits_ = 0;  // the last byte's
  unsigned room_ = 8;
  unsigned zeros_ = 0;  // of the run
  unsigned state_ = 0;
};
