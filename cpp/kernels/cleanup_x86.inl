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

  // Takes the next four events when they are zeros and not the last of their run.
  HTJ2K_INLINE bool skip_four() {
    if (zeros_ <= 4) return false;
    zeros_ -= 4;
    return true;
  }

private:
  void take_run() {
    if (count_ < 6) fill();
    const unsigned exponent = mel_exponents[state_];
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

// What is behind them in memory is not told from them: zeros after VLC, ones after MagSgn.
struct bit_string {
  const std::uint8_t* bytes;
  std::size_t size;
};

inline bit_string vlc_bits(const cleanup_segments& coded, cleanup_memory& memory) {
  bit_writer out = unstuff_vlc(coded.mel_and_vlc, coded.mel_and_vlc_size, bit_writer(memory.vlc));
  return {memory.vlc, out.finish(0)};
}

// As many as all samples can have: more is not read, and of a block that ends early most need not be there.
template <typename T>
bit_string magsgn_bits(const cleanup_block<T>& block) {
  const std::size_t num_quads = (block.width + 1) / 2 * ((block.height + 1) / 2);
  const std::size_t most =
      std::min(num_quads * 4 * cleanup_block<T>::most_bits / 8, cleanup_memory::most_magsgn_bytes);
  std::uint8_t* const first = block.memory->magsgn + cleanup_memory::before;
  bit_writer out = unstuff_magsgn(block.segments.magsgn, block.segments.magsgn_size, most, bit_writer(first));
  return {first, out.finish(0xFF)};
}

// Step 1: patterns and u_q of quads.
class quad_reader {
public:
  // `mel` is not a part of this, so that the rest can stay in registers.
  quad_reader(const cleanup_tables* lookups, const bit_string& vlc, mel_events& mel)
      : tables_(lookups),
        mel_(&mel),
        next_(reinterpret_cast<std::uintptr_t>(vlc.bytes)),
        stop_(next_ + vlc.size) {
    refill();
  }

  void begin_row() { context_ = 0; }

  // `above` is what the row above adds to the contexts of both quads.
  //
  // Each lookup waits for the one before it, so what else a bit of the next index would have to wait for is
  // kept short: tables are entered at distances that are added up beside, and the bits are filled up while
  // u_q is looked up in those that are there.
  template <bool IsFirstRow>
  HTJ2K_INLINE void read_pair(const std::uint16_t* above, bool has_second, std::uint16_t* patterns,
                              std::uint16_t* u) {
    const std::uint32_t first = read_quad<IsFirstRow>(IsFirstRow ? 0 : above[0]);
    const std::uint32_t second = has_second ? read_quad<IsFirstRow>(IsFirstRow ? 0 : above[1]) : 0;
    const std::uint32_t both_patterns = first >> 16 | (second & 0xFFFF0000);
    std::memcpy(patterns, &both_patterns, sizeof both_patterns);
    const std::uint64_t ahead = bits_;
    refill();
    if constexpr (IsFirstRow) {
      const std::uint32_t mode =
          ((first & tables::u_off_of_second) + 2 * (second & tables::u_off_of_second)) /
          tables::u_off_of_second;
      read_u_parts(mode != 3 ? mode : mel_->next() ? tables::first_row_large : tables::first_row_small, u);
    } else {
      const char* of_mode =
          reinterpret_cast<const char*>(tables_->u_whole) + (first & tables::u_off_of_first);
      HTJ2K_COMPUTE(of_mode);
      of_mode += second & tables::u_off_of_second;
      HTJ2K_COMPUTE(of_mode);
      const std::uint32_t both = reinterpret_cast<const std::uint16_t*>(of_mode)[ahead & 1023];
      if (both == tables::too_long) {
        const auto distance = (first & tables::u_off_of_first) + (second & tables::u_off_of_second);
        return read_u_parts(distance / tables::u_off_of_first, u);
      }
      consume(both & tables::length_bits);
      u[0] = static_cast<std::uint16_t>(both >> 6 & 31);
      u[1] = static_cast<std::uint16_t>(both >> 11);
    }
  }

  // Four quads, none with anything significant in reach. Their u_q, of which no sample takes bits, stays that
  // of the row above.
  HTJ2K_INLINE bool skip_four(const std::uint16_t* above, std::uint16_t* patterns) {
    std::uint64_t contexts;
    std::memcpy(&contexts, above, sizeof contexts);
    if ((contexts | context_) != 0 || !mel_->skip_four()) return false;
    std::memset(patterns, 0, 4 * sizeof *patterns);
    return true;
  }

private:
  using tables = cleanup_tables;

  template <bool IsFirstRow>
  HTJ2K_INLINE std::uint32_t read_quad(std::size_t above) {
    const std::uint32_t* const quads = IsFirstRow ? tables_->first_row : tables_->other_rows;
    const char* of_context = reinterpret_cast<const char*>(quads) + above;
    HTJ2K_COMPUTE(of_context);
    of_context += context_;
    HTJ2K_COMPUTE(of_context);
    std::uint32_t quad = reinterpret_cast<const std::uint32_t*>(of_context)[bits_ & 127];
    // Nothing is significant then, and no bit is used.
    if ((context_ | above) == 0 && !mel_->next()) quad = 0;
    consume(quad & tables::length_bits);
    context_ = quad & (IsFirstRow ? tables::first_row_context : tables::other_rows_context);
    return quad;
  }

  HTJ2K_INLINE void read_u_parts(std::uint32_t mode, std::uint16_t* u) {
    const std::uint32_t parts = tables_->u_parts[mode << 6 | (bits_ & 63)];
    consume(parts & tables::length_bits);
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

  // To 56 bits or more. Quads take 7 at most, u_q of a pair 16. Behind the segment there are zeros.
  HTJ2K_INLINE void refill() {
    std::uint64_t ahead;
    std::memcpy(&ahead, reinterpret_cast<const std::uint8_t*>(std::min(next_, stop_)), sizeof ahead);
    bits_ |= ahead << count_;
    next_ += (63 - count_) >> 3;
    count_ |= 56;
  }

  const cleanup_tables* tables_;
  mel_events* mel_;
  // Numbers, as the first one may go beyond the memory.
  std::uintptr_t next_, stop_;
  std::uint64_t bits_ = 0;
  std::uint32_t count_ = 0;
  std::size_t context_ = 0;  // in bytes of the table
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
  explicit quad_rows(std::size_t n) : patterns(n), u(n), bits(n), above(n), bottom(n) {}

  quad_row<std::uint16_t> patterns;  // of the row that step 1 reads, or read last
  quad_row<std::uint16_t> u;         // u_q of it
  quad_row<std::uint16_t> bits;      // U_q of the row that step 2 has next
  quad_row<std::uint16_t> above;     // what the row above adds to contexts
  quad_row<V, 2> bottom;             // v_n | 1 of the significant samples of the last row of samples
};

inline __m128i load16(const void* p) { return _mm_loadu_si128(static_cast<const __m128i*>(p)); }

// Contexts of T.814 7.3.5, as distances in bytes: bit 9 of a quad's is the significance of the samples above
// it to the left and above its left column, bit 11 that of those above its right column and to the right. Bit
// 10 comes from the left.
inline void find_contexts(const std::uint16_t* patterns, std::size_t num_quads, std::uint16_t* above) {
  for (std::size_t q = 0; q < num_quads; q += 16) {
    const __m256i left = load32(patterns + q - 1), own = load32(patterns + q),
                  right = load32(patterns + q + 1);
    const __m256i second = _mm256_set1_epi16(0x20), fourth = _mm256_set1_epi16(0x80);
    const __m256i low = _mm256_or_si256(_mm256_slli_epi16(_mm256_and_si256(left, fourth), 2),
                                        _mm256_slli_epi16(_mm256_and_si256(own, second), 4));
    const __m256i high = _mm256_or_si256(_mm256_slli_epi16(_mm256_and_si256(own, fourth), 4),
                                         _mm256_slli_epi16(_mm256_and_si256(right, second), 6));
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

// Bits of MagSgn by their position.
class magsgn_bytes {
public:
  explicit magsgn_bytes(const bit_string& bits) : bytes_(bits.bytes), size_(bits.size) {}

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

// What lanes are combined with lies in memory, at an address that compilers know nothing of: of constants
// that they know, GCC makes those for which it has no register anew each time.
template <typename Lane>
struct same_lanes {
  alignas(32) Lane lanes[32 / sizeof(Lane)] = {};
  constexpr explicit same_lanes(std::uint32_t value) {
    for (Lane& lane : lanes) lane = static_cast<Lane>(value);
  }
  __m256i get() const { return load32(lanes); }
};

// 128 bits of each number from `first` on.
template <typename Lane>
struct counted_lanes {
  alignas(16) Lane lanes[8][16 / sizeof(Lane)] = {};
  constexpr explicit counted_lanes(unsigned first) {
    for (unsigned k = 0; k < 8; ++k)
      for (Lane& lane : lanes[k]) lane = static_cast<Lane>(first + k);
  }
  __m128i get(std::uint32_t k) const { return load16(lanes[k]); }
};

// Step 2: samples of four quads from MagSgn (T.814 7.1.2, 7.3.8). T: the lanes.
template <typename T>
class sample_reader;

struct lanes16_constants {
  // A lane a sample: those of quad 0, of 1, 2, 3.
  alignas(32) std::uint8_t to_lanes[32] = {0, 1, 0, 1, 0, 1, 0, 1, 2, 3, 2, 3, 2, 3, 2, 3,
                                           4, 5, 4, 5, 4, 5, 4, 5, 6, 7, 6, 7, 6, 7, 6, 7};
  // Samples of the upper row to the lower half of each 128 bits, those of the lower row to the upper half.
  alignas(32) std::uint8_t even_then_odd[32] = {0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15,
                                                0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15};
  alignas(32) std::uint8_t powers[32] = {1, 2, 4, 8, 16, 32, 64, 128, 0, 0, 0, 0, 0, 0, 0, 0,
                                         1, 2, 4, 8, 16, 32, 64, 128, 0, 0, 0, 0, 0, 0, 0, 0};
  alignas(32) std::uint8_t falling_powers[32] = {128, 64, 32, 16, 8, 4, 2, 1, 128, 64, 32, 16, 8, 4, 2, 1,
                                                 128, 64, 32, 16, 8, 4, 2, 1, 128, 64, 32, 16, 8, 4, 2, 1};
  alignas(32) std::uint16_t rho[16] = {0x10, 0x20, 0x40, 0x80, 0x10, 0x20, 0x40, 0x80,
                                       0x10, 0x20, 0x40, 0x80, 0x10, 0x20, 0x40, 0x80};
  alignas(32) std::uint16_t e_1[16] = {0x100, 0x200, 0x400, 0x800, 0x100, 0x200, 0x400, 0x800,
                                       0x100, 0x200, 0x400, 0x800, 0x100, 0x200, 0x400, 0x800};
  alignas(32) std::uint16_t e_k[16] = {0x1000, 0x2000, 0x4000, 0x8000, 0x1000, 0x2000, 0x4000, 0x8000,
                                       0x1000, 0x2000, 0x4000, 0x8000, 0x1000, 0x2000, 0x4000, 0x8000};
  same_lanes<std::uint16_t> one{1}, twice{0x0101}, minus_eight{0xF800}, next{0x0100}, third{0x8002};
  counted_lanes<std::uint16_t> seven_and_more{7};
};
inline constexpr lanes16_constants of_lanes16;

template <>
class sample_reader<std::int16_t> {
public:
  using value = std::uint16_t;
  explicit sample_reader(const bit_string& magsgn) : magsgn_(magsgn) { HTJ2K_COMPUTE(constants_); }

  // `bottom` gets v_n | 1 of the lower row.
  HTJ2K_INLINE void read_four(const std::uint16_t* patterns, const std::uint16_t* bits,
                              std::int16_t* upper_row, std::int16_t* lower_row, std::uint16_t* bottom) {
    const __m256i to_lanes = load32(constants_->to_lanes);
    const __m256i pattern = _mm256_shuffle_epi8(broadcast(patterns), to_lanes);
    const __m256i u = _mm256_shuffle_epi8(broadcast(bits), to_lanes);
    const __m256i significant = has(pattern, constants_->rho);
    const __m256i e_k = has(pattern, constants_->e_k);
    const __m256i e_1 = has(pattern, constants_->e_1);
    const __m256i m = _mm256_and_si256(significant, _mm256_add_epi16(u, e_k));

    const __m256i raw = fetch(m);
    const __m256i above = power_of_two(m);
    const __m256i ones = constants_->one.get();
    const __m256i below = _mm256_and_si256(raw, _mm256_sub_epi16(above, ones));
    const __m256i v = _mm256_or_si256(below, _mm256_and_si256(e_1, above));

    // The magnitude is v / 2 + 1, the lowest bit of v the sign.
    const __m256i one = _mm256_and_si256(significant, ones);
    const __m256i sign = _mm256_or_si256(_mm256_slli_epi16(v, 15), one);  // zero if not significant
    const __m256i magnitude = _mm256_add_epi16(_mm256_srli_epi16(v, 1), ones);
    seen_ = _mm256_or_si256(seen_, magnitude);
    store_rows(_mm256_sign_epi16(magnitude, sign), upper_row, lower_row);
    const __m256i odd = _mm256_shuffle_epi8(_mm256_or_si256(v, one), load32(constants_->even_then_odd));
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
  static __m256i has(__m256i pattern, const std::uint16_t* mask) {
    const __m256i bits = load32(mask);
    return _mm256_cmpeq_epi16(_mm256_and_si256(pattern, bits), bits);
  }

  // Both bytes of a lane as the lower one.
  HTJ2K_INLINE __m256i twice(__m256i bytes) const {
    return _mm256_mullo_epi16(bytes, constants_->twice.get());
  }

  // 2^m for m up to 15: each half of a lane looks its byte up, which is 0 for indices from 8 on and below 0.
  HTJ2K_INLINE __m256i power_of_two(__m256i m) const {
    const __m256i indices = _mm256_add_epi16(twice(m), constants_->minus_eight.get());
    return _mm256_shuffle_epi8(load32(constants_->powers), indices);
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
        two(constants_->seven_and_more.get(position_ & 7), constants_->seven_and_more.get(middle & 7));
    position_ = middle + second;

    const __m256i bit = _mm256_add_epi16(_mm256_sub_epi16(sum, m), seven);
    const __m256i byte = _mm256_srli_epi16(bit, 3);
    const __m256i pair = _mm256_add_epi16(twice(byte), constants_->next.get());
    const __m256i third = _mm256_add_epi16(byte, constants_->third.get());
    // 2^(16 - n) for a move by n = bit % 8 + 1: only its higher byte is not zero. bit is below 128.
    const __m256i factor = _mm256_slli_epi16(_mm256_shuffle_epi8(load32(constants_->falling_powers), bit), 8);
    return _mm256_or_si256(_mm256_mulhi_epu16(_mm256_shuffle_epi8(bytes, pair), factor),
                           _mm256_mullo_epi16(_mm256_shuffle_epi8(bytes, third), factor));
  }

  HTJ2K_INLINE void store_rows(__m256i samples, std::int16_t* upper_row, std::int16_t* lower_row) const {
    const __m256i apart = _mm256_shuffle_epi8(samples, load32(constants_->even_then_odd));
    const __m256i rows = _mm256_permute4x64_epi64(apart, 0xD8);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(upper_row), _mm256_castsi256_si128(rows));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(lower_row), _mm256_extracti128_si256(rows, 1));
  }

  magsgn_bytes magsgn_;
  const lanes16_constants* constants_ = &of_lanes16;
  std::uint32_t position_ = 0;  // in bits
  __m256i seen_ = _mm256_setzero_si256();
};

struct lanes32_constants {
  // A lane a sample: those of quad 0, of 1. Index 255 is a zero.
  alignas(32) std::uint8_t to_lanes[32] = {0, 1, 255, 255, 0, 1, 255, 255, 0, 1, 255, 255, 0, 1, 255, 255,
                                           2, 3, 255, 255, 2, 3, 255, 255, 2, 3, 255, 255, 2, 3, 255, 255};
  alignas(32) std::uint8_t four_times[32] = {0, 0, 0, 0, 4, 4, 4, 4, 8, 8, 8, 8, 12, 12, 12, 12,
                                             0, 0, 0, 0, 4, 4, 4, 4, 8, 8, 8, 8, 12, 12, 12, 12};
  alignas(32) std::uint32_t upper_then_lower[8] = {0, 2, 4, 6, 1, 3, 5, 7};
  alignas(32) std::uint32_t rho[8] = {0x10, 0x20, 0x40, 0x80, 0x10, 0x20, 0x40, 0x80};
  alignas(32) std::uint32_t e_1[8] = {0x100, 0x200, 0x400, 0x800, 0x100, 0x200, 0x400, 0x800};
  alignas(32) std::uint32_t e_k[8] = {0x1000, 0x2000, 0x4000, 0x8000, 0x1000, 0x2000, 0x4000, 0x8000};
  same_lanes<std::uint32_t> one{1}, seven{7}, four_bytes{0x03020100};
  counted_lanes<std::uint32_t> in_byte{0};
};
inline constexpr lanes32_constants of_lanes32;

template <>
class sample_reader<std::int32_t> {
public:
  using value = std::uint32_t;
  explicit sample_reader(const bit_string& magsgn) : magsgn_(magsgn) { HTJ2K_COMPUTE(constants_); }

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
    const __m256i ones = constants_->one.get();
    const __m256i pattern = to_lanes(patterns);
    const __m256i significant = has(pattern, constants_->rho);
    const __m256i e_1 = has(pattern, constants_->e_1);
    const __m256i m =
        _mm256_and_si256(significant, _mm256_add_epi32(to_lanes(bits), has(pattern, constants_->e_k)));

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
  HTJ2K_INLINE __m256i to_lanes(const std::uint16_t* two_numbers) const {
    std::int32_t both;
    std::memcpy(&both, two_numbers, sizeof both);
    return _mm256_shuffle_epi8(_mm256_set1_epi32(both), load32(constants_->to_lanes));
  }

  // All ones where a lane has its bit of `mask`.
  static __m256i has(__m256i pattern, const std::uint32_t* mask) {
    const __m256i bits = load32(mask);
    return _mm256_cmpeq_epi32(_mm256_and_si256(pattern, bits), bits);
  }

  // In each lane its m bits, and what follows them: 25 at least.
  HTJ2K_INLINE __m256i fetch(__m256i m) {
    __m256i sum = _mm256_add_epi32(m, _mm256_bslli_epi128(m, 4));
    sum = _mm256_add_epi32(sum, _mm256_bslli_epi128(sum, 8));
    const std::uint32_t middle = position_ + static_cast<std::uint32_t>(_mm256_extract_epi32(sum, 3));
    const __m256i bytes = two(magsgn_.at(position_), magsgn_.at(middle));
    const __m256i in_first = two(constants_->in_byte.get(position_ & 7), constants_->in_byte.get(middle & 7));
    position_ = middle + static_cast<std::uint32_t>(_mm256_extract_epi32(sum, 7));

    const __m256i bit = _mm256_add_epi32(_mm256_sub_epi32(sum, m), in_first);
    const __m256i byte = _mm256_shuffle_epi8(_mm256_srli_epi32(bit, 3), load32(constants_->four_times));
    const __m256i indices = _mm256_add_epi8(byte, constants_->four_bytes.get());
    return _mm256_srlv_epi32(_mm256_shuffle_epi8(bytes, indices),
                             _mm256_and_si256(bit, constants_->seven.get()));
  }

  HTJ2K_INLINE __m256i upper_then_lower(__m256i samples) const {
    return _mm256_permutevar8x32_epi32(samples, load32(constants_->upper_then_lower));
  }

  magsgn_bytes magsgn_;
  const lanes32_constants* constants_ = &of_lanes32;
  std::uint32_t position_ = 0;
  __m256i seen_ = _mm256_setzero_si256();
};

// Step 2 for four quads; quick where none of their samples is significant, if those are looked for.
template <bool IsSparse, typename T, typename V>
HTJ2K_INLINE void read_samples(quad_rows<V>& rows, std::size_t q, T* upper_row, T* lower_row,
                               sample_reader<T>& samples) {
  const std::uint16_t* const patterns = rows.patterns.get() + q;
  V* const bottom = rows.bottom.get() + 2 * q;
  if constexpr (IsSparse) {
    if (load8(reinterpret_cast<const std::uint8_t*>(patterns)) == 0) {
      std::memset(upper_row, 0, 8 * sizeof(T));
      std::memset(lower_row, 0, 8 * sizeof(T));
      std::memset(bottom, 0, 8 * sizeof(V));
      return;
    }
  }
  samples.read_four(patterns, rows.bits.get() + q, upper_row, lower_row, bottom);
}

enum class row_kind { first, other, end };  // what step 1 reads; at the end nothing

// One loop over a row of quads: step 2 of one that was read, step 1 of the one below it, which takes its
// place.
template <row_kind Kind, bool IsSparse, typename T, typename V>
HTJ2K_INLINE void decode_quad_row(std::size_t num_quads, quad_rows<V>& rows, T* upper_row,
                                  std::size_t row_stride, quad_reader& quads_left,
                                  sample_reader<T>& samples_left) {
  constexpr bool is_first = Kind == row_kind::first;
  // Copies that stay in registers.
  quad_reader quads = quads_left;
  sample_reader<T> samples = samples_left;
  quads.begin_row();
  for (std::size_t q = 0; q < num_quads; q += 4) {
    if constexpr (!is_first) {
      read_samples<IsSparse>(rows, q, upper_row, upper_row + row_stride, samples);
      upper_row += 8;
    }
    if constexpr (Kind != row_kind::end) {
      const std::uint16_t* const above = rows.above.get() + q;
      std::uint16_t *const patterns = rows.patterns.get() + q, *const u = rows.u.get() + q;
      if constexpr (IsSparse && !is_first)
        if (q + 4 <= num_quads && quads.skip_four(above, patterns)) continue;
      quads.read_pair<is_first>(above, q + 1 < num_quads, patterns, u);
      if (q + 2 < num_quads) quads.read_pair<is_first>(above + 2, q + 3 < num_quads, patterns + 2, u + 2);
    }
  }
  quads_left = quads;
  samples_left = samples;
}

template <bool IsSparse, typename T>
HTJ2K_NOINLINE bool decode_rows(const cleanup_block<T>& block, const bit_string& vlc,
                                const bit_string& magsgn) {
  mel_events mel(block.segments.mel_and_vlc, block.segments.mel_and_vlc_size);
  quad_reader quads(block.tables, vlc, mel);
  sample_reader<T> samples(magsgn);
  const std::size_t num_rows = (block.height + 1) / 2;
  const std::size_t num_quads = (block.width + 1) / 2;
  const unsigned most = std::min(block.num_planes + 1, cleanup_block<T>::most_bits);
  quad_rows<typename sample_reader<T>::value> rows(num_quads);
  T* upper_row = block.rows;
  const std::size_t stride = block.row_stride;
  decode_quad_row<row_kind::first, IsSparse>(num_quads, rows, upper_row, stride, quads, samples);
  for (std::size_t row = 1; row <= num_rows; ++row) {
    if (!find_bits(rows.patterns.get(), rows.u.get(), rows.bottom.get(), num_quads, most, rows.bits.get()))
      return false;
    if (row == num_rows) break;
    find_contexts(rows.patterns.get(), num_quads, rows.above.get());
    decode_quad_row<row_kind::other, IsSparse>(num_quads, rows, upper_row, stride, quads, samples);
    upper_row += 2 * stride;
  }
  decode_quad_row<row_kind::end, IsSparse>(num_quads, rows, upper_row, stride, quads, samples);
  return !samples.has_seen(block.num_planes);
}

// To look for quads without samples pays where there are some: these are the blocks of few bytes.
template <typename T>
bool decode_cleanup(const cleanup_block<T>& block) {
  const cleanup_segments& coded = block.segments;
  const bit_string vlc = vlc_bits(coded, *block.memory);
  const bit_string magsgn = magsgn_bits(block);
  const bool is_sparse = 2 * (coded.magsgn_size + coded.mel_and_vlc_size) < block.width * block.height;
  return is_sparse ? decode_rows<true>(block, vlc, magsgn) : decode_rows<false>(block, vlc, magsgn);
}
