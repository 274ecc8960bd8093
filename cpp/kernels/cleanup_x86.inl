// The HT cleanup pass in lanes of 16 or 32 bits. Included inside an instruction set's namespace and target
// region, which must have AVX2, BMI and BMI2.
//
// Quads are decoded in two steps, a row of quads at a time: their patterns and u_q from VLC and MEL, which is
// one long chain of lookups, and their samples from MagSgn, which is much arithmetic without a chain. The
// first step of a row and the second of the row above it are done in one loop, so that the CPU does one while
// it waits for the other.

// Runs of MEL events (T.814 7.3.3, Table 2).
class mel_events {
public:
  mel_events(const std::uint8_t* bytes, std::size_t size) : next_(bytes), left_(size) { take_run(); }

  HTJ2K_INLINE bool next() {
    if (zeros_ == 0) {
      take_run();
      return true;
    }
    if (--zeros_ == 0 && !ends_in_one_) take_run();
    return false;
  }

private:
  void take_run() {
    constexpr unsigned exponents[13] = {0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5};
    if (count_ < 6) fill();
    const unsigned exponent = exponents[state_];
    const bool is_full = (bits_ >> 63) != 0;
    // One bit, and after a zero as many as the exponent says.
    const unsigned length = is_full ? 1 : 1 + exponent;
    zeros_ =
        is_full ? 1U << exponent : static_cast<unsigned>(bits_ >> (63 - exponent)) & ((1U << exponent) - 1);
    ends_in_one_ = !is_full;
    if (is_full)
      state_ += state_ < 12 ? 1 : 0;
    else
      state_ -= state_ > 0 ? 1 : 0;
    bits_ <<= length;
    count_ -= length;
  }

  void fill() {
    while (count_ <= 56) {
      std::uint64_t byte = 0xFF;  // what follows the segment
      if (left_ > 0) byte = left_-- == 1 ? *next_++ | 0x0FU : *next_++;
      // The highest bit of a byte after FF is stuffed.
      const unsigned width = after_ff_ ? 7 : 8;
      bits_ |= (byte & ((1U << width) - 1)) << (64 - count_ - width);
      count_ += width;
      after_ff_ = byte == 0xFF;
    }
  }

  const std::uint8_t* next_;
  std::size_t left_;
  std::uint64_t bits_ = 0;  // the next one is the highest
  unsigned count_ = 0;
  bool after_ff_ = false;
  unsigned state_ = 0;
  unsigned zeros_ = 0;  // events of this run still to come, before its one
  bool ends_in_one_ = false;
};

// Step 1: patterns and u_q of quads.
class quad_reader {
public:
  quad_reader(const cleanup_tables* tables, const cleanup_segments& segments)
      : tables_(tables),
        mel_(segments.mel, segments.mel_size),
        vlc_(segments.vlc),
        size_(segments.vlc_size) {}

  void begin_row() { context_ = 0; }

  // `above` is what the row above adds to the contexts of both quads.
  template <bool IsFirstRow>
  HTJ2K_INLINE void read_pair(const std::uint16_t* above, bool has_second, std::uint16_t* patterns,
                              std::uint16_t* u) {
    refill();
    const std::uint32_t first = read_quad<IsFirstRow>(IsFirstRow ? 0 : above[0]);
    const std::uint32_t second = has_second ? read_quad<IsFirstRow>(IsFirstRow ? 0 : above[1]) : 0;
    patterns[0] = static_cast<std::uint16_t>(first >> 16);
    patterns[1] = static_cast<std::uint16_t>(second >> 16);
    // The fields below u_off do not carry into it.
    const std::uint32_t distance = (first + 2 * second) & 3U << cleanup_tables::u_off_bit;
    const std::uint32_t mode = distance >> cleanup_tables::u_off_bit;
    if constexpr (IsFirstRow) {
      read_u_parts(mode != 3     ? mode
                   : mel_.next() ? cleanup_tables::first_row_large
                                 : cleanup_tables::first_row_small,
                   u);
    } else {
      // A mode has so many bytes of the table: that is one shift less to wait for.
      static_assert(sizeof *tables_->u_whole << 10 == 1 << cleanup_tables::u_off_bit);
      const char* const of_mode = reinterpret_cast<const char*>(tables_->u_whole) + distance;
      const std::uint32_t both = reinterpret_cast<const std::uint32_t*>(of_mode)[bits_ & 1023];
      if (both == cleanup_tables::too_long) return read_u_parts(mode, u);
      consume(both & cleanup_tables::length_bits);
      u[0] = static_cast<std::uint16_t>(both >> 16 & 255);
      u[1] = static_cast<std::uint16_t>(both >> 24);
    }
  }

private:
  template <bool IsFirstRow>
  HTJ2K_INLINE std::uint32_t read_quad(std::uint32_t above) {
    const std::uint32_t context = context_ | above;
    std::uint32_t quad = (IsFirstRow ? tables_->first_row : tables_->other_rows)[context + (bits_ & 127)];
    if (context == 0 && !mel_.next()) quad = 0;  // nothing is significant, and no bit is used
    consume(quad & cleanup_tables::length_bits);
    context_ = quad & cleanup_tables::context_bits;
    return quad;
  }

  HTJ2K_INLINE void read_u_parts(std::uint32_t mode, std::uint16_t* u) {
    const std::uint32_t parts = tables_->u_parts[mode << 6 | (bits_ & 63)];
    consume(parts & cleanup_tables::length_bits);
    u[0] = static_cast<std::uint16_t>((parts >> 16 & 255) + take(parts >> 6 & 7));
    u[1] = static_cast<std::uint16_t>((parts >> 24) + take(parts >> 9 & 7));
  }

  HTJ2K_INLINE std::uint32_t take(std::uint32_t length) {
    const auto value = static_cast<std::uint32_t>(bits_) & ((1U << length) - 1);
    consume(length);
    return value;
  }

  HTJ2K_INLINE void consume(std::uint32_t length) {
    bits_ >>= length;
    count_ -= length;
  }

  // To 56 bits or more; a pair takes 30 at most. Behind the segment there are zeros.
  HTJ2K_INLINE void refill() {
    std::uint64_t ahead;
    std::memcpy(&ahead, vlc_ + std::min(offset_, size_), sizeof ahead);
    bits_ |= ahead << count_;
    offset_ += (63 - count_) >> 3;
    count_ |= 56;
  }

  const cleanup_tables* tables_;
  mel_events mel_;
  const std::uint8_t* vlc_;
  std::size_t size_;
  std::size_t offset_ = 0;
  std::uint64_t bits_ = 0;
  std::uint32_t count_ = 0;
  std::uint32_t context_ = 0;
};

// Memory for rows of quads; what lies before and behind them is zero.
template <typename T, std::size_t PerQuad = 1>
class quad_row {
public:
  explicit quad_row(std::size_t num_quads) {
    std::memset(memory_, 0, (before + PerQuad * (num_quads + behind)) * sizeof(T));
  }
  T* get() { return memory_ + before; }

private:
  static constexpr std::size_t before = 16, most = 512, behind = 16;
  alignas(32) T memory_[before + PerQuad * (most + behind)];
};

// V holds v_n.
template <typename V>
struct quad_rows {
  explicit quad_rows(std::size_t n)
      : patterns{row(n), row(n)}, u{row(n), row(n)}, above(n), bits(n), bottom(n) {}

  using row = quad_row<std::uint16_t>;
  row patterns[2], u[2];  // of even and odd rows of quads
  row above;              // what the row above adds to contexts
  row bits;               // U_q
  quad_row<V, 2> bottom;  // v_n | 1 of the significant samples of the last row of samples
};

inline __m128i load16(const void* p) { return _mm_loadu_si128(static_cast<const __m128i*>(p)); }
inline __m256i load32(const void* p) { return _mm256_loadu_si256(static_cast<const __m256i*>(p)); }

// Contexts of T.814 7.3.5: bit 7 of a quad's is the significance of the samples above it to the left and
// above its left column, bit 9 that of those above its right column and to the right. Bit 8 comes from the
// left.
inline void find_contexts(const std::uint16_t* patterns, std::size_t num_quads, std::uint16_t* above) {
  for (std::size_t q = 0; q < num_quads; q += 16) {
    const __m256i left = load32(patterns + q - 1), own = load32(patterns + q),
                  right = load32(patterns + q + 1);
    const __m256i second = _mm256_set1_epi16(0x20), fourth = _mm256_set1_epi16(0x80);
    const __m256i low =
        _mm256_or_si256(_mm256_and_si256(left, fourth), _mm256_slli_epi16(_mm256_and_si256(own, second), 2));
    const __m256i high = _mm256_or_si256(_mm256_slli_epi16(_mm256_and_si256(own, fourth), 2),
                                         _mm256_slli_epi16(_mm256_and_si256(right, second), 4));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(above + q), _mm256_or_si256(low, high));
  }
}

// The exponents of T.814 7.3.7 of four or eight quads, less 1: the highest bit of samples 2q - 1 to 2q + 2 of
// the row above, which is that of all of them together. That of a float is the number of its highest bit.
inline __m256i exponents_of(const std::uint16_t* bottom) {
  const __m256i four = _mm256_or_si256(load32(bottom - 1), load32(bottom + 1));
  const __m256i any =
      _mm256_and_si256(_mm256_or_si256(four, _mm256_srli_epi32(four, 16)), _mm256_set1_epi32(0xFFFF));
  return _mm256_sub_epi32(_mm256_srli_epi32(_mm256_castps_si256(_mm256_cvtepi32_ps(any)), 23),
                          _mm256_set1_epi32(127));
}

inline __m128i exponents_of_four(const std::uint32_t* bottom) {
  const __m256i first = _mm256_or_si256(load32(bottom - 1), load32(bottom));
  const __m256i second = _mm256_or_si256(load32(bottom + 1), load32(bottom + 2));
  // A lane of two is that of a quad. v_n has most_bits at most, which a float holds.
  const __m256i any =
      _mm256_permutevar8x32_epi32(_mm256_or_si256(first, second), _mm256_setr_epi32(0, 2, 4, 6, 0, 2, 4, 6));
  const __m128i exponent = _mm_srli_epi32(_mm_castps_si128(_mm_cvtepi32_ps(_mm256_castsi256_si128(any))), 23);
  return _mm_sub_epi32(exponent, _mm_set1_epi32(127));
}

inline __m256i exponents_of(const std::uint32_t* bottom) {
  return _mm256_inserti128_si256(_mm256_castsi128_si256(exponents_of_four(bottom)),
                                 exponents_of_four(bottom + 8), 1);
}

// U_q = u_q + kappa (T.814 7.3.7), where kappa comes from the exponents of the samples above. False if one is
// above `most`.
template <typename V>
bool find_bits(const std::uint16_t* patterns, const std::uint16_t* u, const V* bottom, std::size_t num_quads,
               unsigned most, std::uint16_t* bits) {
  const __m256i one = _mm256_set1_epi32(1), zero = _mm256_setzero_si256();
  __m256i largest = zero;
  for (std::size_t q = 0; q < num_quads; q += 8) {
    const __m256i rho =
        _mm256_and_si256(_mm256_cvtepu16_epi32(load16(patterns + q)), _mm256_set1_epi32(0xF0));
    const __m256i at_most_one = _mm256_cmpeq_epi32(_mm256_and_si256(rho, _mm256_sub_epi32(rho, one)), zero);
    const __m256i kappa =
        _mm256_max_epi32(_mm256_andnot_si256(at_most_one, exponents_of(bottom + 2 * q)), one);
    const __m256i sum = _mm256_add_epi32(_mm256_cvtepu16_epi32(load16(u + q)), kappa);
    largest = _mm256_max_epi32(largest, sum);
    const __m256i packed = _mm256_permute4x64_epi64(_mm256_packus_epi32(sum, zero), 0x08);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(bits + q), _mm256_castsi256_si128(packed));
  }
  const __m256i too_many = _mm256_cmpgt_epi32(largest, _mm256_set1_epi32(static_cast<int>(most)));
  return _mm256_testz_si256(too_many, too_many) != 0;
}

struct repeated_lanes {
  alignas(16) std::uint16_t of[8][8] = {};
  constexpr repeated_lanes() {
    for (std::uint16_t k = 0; k < 8; ++k)
      for (auto& lane : of[k]) lane = static_cast<std::uint16_t>(k + 7);
  }
};
inline constexpr repeated_lanes seven_and_more;

// Bits of MagSgn by their position.
class magsgn_bytes {
public:
  explicit magsgn_bytes(const cleanup_segments& segments)
      : bytes_(segments.magsgn), size_(segments.magsgn_size) {}

  // 16 bytes from that of a bit on, or, which is there too, from the one before.
  __m128i at(std::uint32_t bit) const { return load16(bytes_ + std::min<std::size_t>(bit >> 3, size_)); }
  __m128i before(std::uint32_t bit) const {
    return load16(bytes_ + std::min<std::size_t>(bit >> 3, size_) - 1);
  }

private:
  const std::uint8_t* bytes_;
  std::size_t size_;
};

inline __m256i two(__m128i low, __m128i high) {
  return _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
}

// Step 2: samples of four quads from MagSgn (T.814 7.1.2, 7.3.8). T: the lanes.
template <typename T>
class sample_reader;

template <>
class sample_reader<std::int16_t> {
public:
  using value = std::uint16_t;
  explicit sample_reader(const cleanup_segments& segments) : magsgn_(segments) {}

  // `bottom` gets v_n | 1 of the lower row.
  HTJ2K_INLINE void read_four(const std::uint16_t* patterns, const std::uint16_t* bits,
                              std::int16_t* upper_row, std::int16_t* lower_row, std::uint16_t* bottom) {
    // A lane a sample: those of quad 0, of 1, 2, 3.
    const __m256i to_lanes = _mm256_setr_epi8(0, 1, 0, 1, 0, 1, 0, 1, 2, 3, 2, 3, 2, 3, 2, 3,  //
                                              4, 5, 4, 5, 4, 5, 4, 5, 6, 7, 6, 7, 6, 7, 6, 7);
    const __m256i pattern = _mm256_shuffle_epi8(broadcast(patterns), to_lanes);
    const __m256i u = _mm256_shuffle_epi8(broadcast(bits), to_lanes);
    const __m256i significant = has(pattern, 0x0080'0040'0020'0010);
    const __m256i e_k = has(pattern, static_cast<long long>(0x8000'4000'2000'1000));
    const __m256i e_1 = has(pattern, 0x0800'0400'0200'0100);
    const __m256i m = _mm256_and_si256(significant, _mm256_add_epi16(u, e_k));

    const __m256i raw = fetch(m);
    const __m256i above = power_of_two(m);
    const __m256i below = _mm256_and_si256(raw, _mm256_sub_epi16(above, _mm256_set1_epi16(1)));
    const __m256i v = _mm256_or_si256(below, _mm256_and_si256(e_1, above));

    // The magnitude is v / 2 + 1, the lowest bit of v the sign.
    const __m256i ones = _mm256_set1_epi16(1);
    const __m256i one = _mm256_and_si256(significant, ones);
    const __m256i sign = _mm256_or_si256(_mm256_slli_epi16(v, 15), one);  // zero if not significant
    const __m256i magnitude = _mm256_add_epi16(_mm256_srli_epi16(v, 1), ones);
    seen_ = _mm256_or_si256(seen_, magnitude);
    store_rows(_mm256_sign_epi16(magnitude, sign), upper_row, lower_row);
    const __m256i odd = _mm256_shuffle_epi8(_mm256_or_si256(v, one), even_then_odd());
    _mm_storeu_si128(reinterpret_cast<__m128i*>(bottom),
                     _mm256_castsi256_si128(_mm256_permute4x64_epi64(odd, 0x0D)));
  }

  // Whether a magnitude had this bit or a higher one.
  bool has_seen(unsigned bit) const {
    const __m256i high = _mm256_srl_epi16(seen_, _mm_cvtsi32_si128(static_cast<int>(bit)));
    return _mm256_testz_si256(high, high) == 0;
  }

private:
  static __m256i broadcast(const std::uint16_t* four) {
    long long value;
    std::memcpy(&value, four, sizeof value);
    return _mm256_set1_epi64x(value);
  }

  // All ones where a lane has its bit of `mask`.
  static __m256i has(__m256i pattern, long long mask) {
    const __m256i bits = _mm256_set1_epi64x(mask);
    return _mm256_cmpeq_epi16(_mm256_and_si256(pattern, bits), bits);
  }

  // 2^m for m up to 15: each half of a lane looks its byte up, which is 0 for indices from 8 on and below 0.
  static __m256i power_of_two(__m256i m) {
    const __m256i powers =
        _mm256_broadcastsi128_si256(_mm_setr_epi8(1, 2, 4, 8, 16, 32, 64, -128, 0, 0, 0, 0, 0, 0, 0, 0));
    const __m256i indices =
        _mm256_sub_epi16(_mm256_or_si256(m, _mm256_slli_epi16(m, 8)), _mm256_set1_epi16(0x0800));
    return _mm256_shuffle_epi8(powers, indices);
  }

  // In each lane its m bits, and what follows them. Two quads take at most 8 * 14 bits, which with those
  // before them in their first byte are in 16 bytes. Reading begins a byte early, so that lanes are always
  // moved by 1 to 8 bits, which two multiplications do.
  HTJ2K_INLINE __m256i fetch(__m256i m) {
    __m256i sum = _mm256_add_epi16(m, _mm256_bslli_epi128(m, 2));
    sum = _mm256_add_epi16(sum, _mm256_bslli_epi128(sum, 4));
    sum = _mm256_add_epi16(sum, _mm256_bslli_epi128(sum, 8));
    const auto first = static_cast<std::uint32_t>(_mm256_extract_epi16(sum, 7));
    const auto second = static_cast<std::uint32_t>(_mm256_extract_epi16(sum, 15));
    const std::uint32_t middle = position_ + first;
    const __m256i bytes = two(magsgn_.before(position_), magsgn_.before(middle));
    const __m256i seven =
        two(load16(seven_and_more.of[position_ & 7]), load16(seven_and_more.of[middle & 7]));
    position_ = middle + second;

    const __m256i bit = _mm256_add_epi16(_mm256_sub_epi16(sum, m), seven);
    const __m256i byte = _mm256_srli_epi16(bit, 3);
    const __m256i pair =
        _mm256_add_epi16(_mm256_or_si256(byte, _mm256_slli_epi16(byte, 8)), _mm256_set1_epi16(0x0100));
    const __m256i third = _mm256_add_epi16(byte, _mm256_set1_epi16(static_cast<short>(0x8002)));
    // 2^(16 - n) for a move by n = bit % 8 + 1: only its higher byte is not zero.
    const __m256i powers =
        _mm256_broadcastsi128_si256(_mm_setr_epi8(-128, 64, 32, 16, 8, 4, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0));
    const __m256i in_byte = _mm256_slli_epi16(_mm256_and_si256(bit, _mm256_set1_epi16(7)), 8);
    const __m256i factor = _mm256_shuffle_epi8(powers, _mm256_or_si256(in_byte, _mm256_set1_epi16(0x80)));
    return _mm256_or_si256(_mm256_mulhi_epu16(_mm256_shuffle_epi8(bytes, pair), factor),
                           _mm256_mullo_epi16(_mm256_shuffle_epi8(bytes, third), factor));
  }

  // Samples of the upper row to the lower half of each 128 bits, those of the lower row to the upper half.
  static __m256i even_then_odd() {
    return _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15));
  }

  static void store_rows(__m256i samples, std::int16_t* upper_row, std::int16_t* lower_row) {
    const __m256i rows = _mm256_permute4x64_epi64(_mm256_shuffle_epi8(samples, even_then_odd()), 0xD8);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(upper_row), _mm256_castsi256_si128(rows));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(lower_row), _mm256_extracti128_si256(rows, 1));
  }

  magsgn_bytes magsgn_;
  std::uint32_t position_ = 0;  // in bits
  __m256i seen_ = _mm256_setzero_si256();
};

template <>
class sample_reader<std::int32_t> {
public:
  using value = std::uint32_t;
  explicit sample_reader(const cleanup_segments& segments) : magsgn_(segments) {}

  HTJ2K_INLINE void read_four(const std::uint16_t* patterns, const std::uint16_t* bits,
                              std::int32_t* upper_row, std::int32_t* lower_row, std::uint32_t* bottom) {
    read_two(patterns, bits, upper_row, lower_row, bottom);
    read_two(patterns + 2, bits + 2, upper_row + 4, lower_row + 4, bottom + 4);
  }

  bool has_seen(unsigned bit) const {
    const __m256i high = _mm256_srl_epi32(seen_, _mm_cvtsi32_si128(static_cast<int>(bit)));
    return _mm256_testz_si256(high, high) == 0;
  }

private:
  HTJ2K_INLINE void read_two(const std::uint16_t* patterns, const std::uint16_t* bits,
                             std::int32_t* upper_row, std::int32_t* lower_row, std::uint32_t* bottom) {
    const __m256i ones = _mm256_set1_epi32(1);
    const __m256i pattern = to_lanes(patterns);
    const __m256i significant = has(pattern, 4);
    const __m256i e_1 = has(pattern, 8);
    const __m256i m = _mm256_and_si256(significant, _mm256_add_epi32(to_lanes(bits), has(pattern, 12)));

    const __m256i raw = fetch(m);
    const __m256i above = _mm256_sllv_epi32(ones, m);
    const __m256i below = _mm256_and_si256(raw, _mm256_sub_epi32(above, ones));
    const __m256i v = _mm256_or_si256(below, _mm256_and_si256(e_1, above));

    const __m256i one = _mm256_and_si256(significant, ones);
    const __m256i sign = _mm256_or_si256(_mm256_slli_epi32(v, 31), one);
    const __m256i magnitude = _mm256_add_epi32(_mm256_srli_epi32(v, 1), ones);
    seen_ = _mm256_or_si256(seen_, magnitude);
    const __m256i rows = upper_then_lower(_mm256_sign_epi32(magnitude, sign));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(upper_row), _mm256_castsi256_si128(rows));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(lower_row), _mm256_extracti128_si256(rows, 1));
    const __m256i odd = upper_then_lower(_mm256_or_si256(v, one));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(bottom), _mm256_extracti128_si256(odd, 1));
  }

  // Four lanes for each of two numbers.
  static __m256i to_lanes(const std::uint16_t* two_numbers) {
    std::int32_t both;
    std::memcpy(&both, two_numbers, sizeof both);
    const __m256i places = _mm256_setr_epi8(0, 1, -1, -1, 0, 1, -1, -1, 0, 1, -1, -1, 0, 1, -1, -1,  //
                                            2, 3, -1, -1, 2, 3, -1, -1, 2, 3, -1, -1, 2, 3, -1, -1);
    return _mm256_shuffle_epi8(_mm256_set1_epi32(both), places);
  }

  // All ones where a sample has its bit of the pattern, the first one's being `bit`.
  static __m256i has(__m256i pattern, int bit) {
    const __m256i bits = _mm256_slli_epi32(_mm256_setr_epi32(1, 2, 4, 8, 1, 2, 4, 8), bit);
    return _mm256_cmpeq_epi32(_mm256_and_si256(pattern, bits), bits);
  }

  // In each lane its m bits, and what follows them: 25 at least.
  HTJ2K_INLINE __m256i fetch(__m256i m) {
    __m256i sum = _mm256_add_epi32(m, _mm256_bslli_epi128(m, 4));
    sum = _mm256_add_epi32(sum, _mm256_bslli_epi128(sum, 8));
    const std::uint32_t middle = position_ + static_cast<std::uint32_t>(_mm256_extract_epi32(sum, 3));
    const __m256i bytes = two(magsgn_.at(position_), magsgn_.at(middle));
    const __m256i in_first =
        two(_mm_set1_epi32(static_cast<int>(position_ & 7)), _mm_set1_epi32(static_cast<int>(middle & 7)));
    position_ = middle + static_cast<std::uint32_t>(_mm256_extract_epi32(sum, 7));

    const __m256i bit = _mm256_add_epi32(_mm256_sub_epi32(sum, m), in_first);
    const __m256i four_times =
        _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 0, 0, 0, 4, 4, 4, 4, 8, 8, 8, 8, 12, 12, 12, 12));
    const __m256i byte = _mm256_shuffle_epi8(_mm256_srli_epi32(bit, 3), four_times);
    const __m256i indices = _mm256_add_epi8(byte, _mm256_set1_epi32(0x03020100));
    return _mm256_srlv_epi32(_mm256_shuffle_epi8(bytes, indices),
                             _mm256_and_si256(bit, _mm256_set1_epi32(7)));
  }

  static __m256i upper_then_lower(__m256i samples) {
    return _mm256_permutevar8x32_epi32(samples, _mm256_setr_epi32(0, 2, 4, 6, 1, 3, 5, 7));
  }

  magsgn_bytes magsgn_;
  std::uint32_t position_ = 0;
  __m256i seen_ = _mm256_setzero_si256();
};

// One loop over a row of quads: step 1 of row `row`, step 2 of the one above it.
template <bool Reads, bool IsFirstRow, bool Samples, typename T, typename Rows>
void decode_quad_row(const cleanup_block<T>& block, Rows& rows, std::size_t row, quad_reader& quads_left,
                     sample_reader<T>& samples_left) {
  const std::size_t num_quads = (block.width + 1) / 2;
  const std::uint16_t* above = rows.above.get();
  std::uint16_t* patterns = rows.patterns[row % 2].get();
  std::uint16_t* u = rows.u[row % 2].get();
  const std::uint16_t* done = rows.patterns[(row + 1) % 2].get();
  const std::uint16_t* bits = rows.bits.get();
  auto* bottom = rows.bottom.get();
  T* upper = Samples ? block.rows + 2 * (row - 1) * block.row_stride : nullptr;
  T* lower = Samples ? upper + block.row_stride : nullptr;
  // Copies that stay in registers.
  quad_reader quads = quads_left;
  sample_reader<T> samples = samples_left;
  quads.begin_row();
  for (std::size_t q = 0; q < num_quads; q += 4) {
    if constexpr (Reads) {
      quads.read_pair<IsFirstRow>(above + q, q + 1 < num_quads, patterns + q, u + q);
      if (q + 2 < num_quads)
        quads.read_pair<IsFirstRow>(above + q + 2, q + 3 < num_quads, patterns + q + 2, u + q + 2);
    }
    if constexpr (Samples)
      samples.read_four(done + q, bits + q, upper + 2 * q, lower + 2 * q, bottom + 2 * q);
  }
  quads_left = quads;
  samples_left = samples;
}

template <typename T>
bool decode_cleanup(const cleanup_block<T>& block) {
  quad_reader quads(block.tables, block.segments);
  sample_reader<T> samples(block.segments);
  const std::size_t num_rows = (block.height + 1) / 2;
  const std::size_t num_quads = (block.width + 1) / 2;
  quad_rows<typename sample_reader<T>::value> rows(num_quads);
  decode_quad_row<true, true, false>(block, rows, 0, quads, samples);
  for (std::size_t row = 1; row <= num_rows; ++row) {
    const std::uint16_t* patterns = rows.patterns[(row + 1) % 2].get();
    if (!find_bits(patterns, rows.u[(row + 1) % 2].get(), rows.bottom.get(), num_quads,
                   std::min(block.num_planes + 1, cleanup_block<T>::most_bits), rows.bits.get()))
      return false;
    if (row == num_rows) break;
    find_contexts(patterns, num_quads, rows.above.get());
    decode_quad_row<true, false, true>(block, rows, row, quads, samples);
  }
  decode_quad_row<false, false, true>(block, rows, num_rows, quads, samples);
  return !samples.has_seen(block.num_planes);
}
