// What a row of quads has to say (see cleanup_quads.inl, which says the same sample by sample), eight quads
// at a time: a vector holds one of the four samples of each, or one number of each. Included inside an
// instruction set's namespace and target region, which must have AVX2.

inline __m256i both(__m256i a, __m256i b) { return _mm256_and_si256(a, b); }
inline __m256i either(__m256i a, __m256i b) { return _mm256_or_si256(a, b); }
inline __m256i all_lanes(int value) { return _mm256_set1_epi32(value); }

inline void store32(void* p, __m256i bits) { _mm256_storeu_si256(static_cast<__m256i*>(p), bits); }

// Sixteen columns of one row of samples: those of the left columns of quads, and those of the right ones.
struct quad_columns {
  __m256i left, right;
};

// Ones for as many columns as there are.
template <typename T>
struct column_masks {
  T memory[32];
  constexpr column_masks() : memory() {
    for (int i = 0; i < 16; ++i) memory[i] = -1;
  }
};
template <typename T>
inline constexpr column_masks<T> masks_of_columns{};

inline quad_columns split_columns(__m256i sixteen) {
  return {_mm256_srai_epi32(_mm256_slli_epi32(sixteen, 16), 16), _mm256_srai_epi32(sixteen, 16)};
}

inline quad_columns split_columns(__m256i first, __m256i second) {
  const __m256 a = _mm256_castsi256_ps(first), b = _mm256_castsi256_ps(second);
  const __m256i left = _mm256_castps_si256(_mm256_shuffle_ps(a, b, 0x88));
  const __m256i right = _mm256_castps_si256(_mm256_shuffle_ps(a, b, 0xDD));
  return {_mm256_permute4x64_epi64(left, 0xD8), _mm256_permute4x64_epi64(right, 0xD8)};
}

HTJ2K_INLINE quad_columns load_columns(const std::int16_t* row, std::size_t count) {
  __m256i samples = load32(row);
  if (count < 16) samples = both(samples, load32(masks_of_columns<std::int16_t>.memory + 16 - count));
  return split_columns(samples);
}

HTJ2K_INLINE quad_columns load_columns(const std::int32_t* row, std::size_t count) {
  __m256i first = load32(row), second = load32(row + 8);
  if (count < 16) {
    const std::int32_t* const masks = masks_of_columns<std::int32_t>.memory + 16 - count;
    first = both(first, load32(masks));
    second = both(second, load32(masks + 8));
  }
  return split_columns(first, second);
}

// One sample of each quad.
struct quad_samples {
  __m256i v;            // v_n, where significant
  __m256i exponent;     // E_n
  __m256i significant;  // all ones, or zero

  template <typename T>
  static HTJ2K_INLINE quad_samples of(__m256i coefficient, T, __m256i& seen) {
    const __m256i magnitude = _mm256_abs_epi32(coefficient);
    seen = either(seen, magnitude);
    const __m256i significant = _mm256_cmpgt_epi32(magnitude, _mm256_setzero_si256());
    const __m256i below = _mm256_add_epi32(magnitude, all_lanes(-1));
    const __m256i v = _mm256_add_epi32(_mm256_add_epi32(below, below), _mm256_srli_epi32(coefficient, 31));
    // 2 mu - 1, of which a float has the number of the highest bit. It has 24 bits: a row of more is not to
    // be rounded up to the next power of two.
    __m256i odd = _mm256_add_epi32(magnitude, below);
    if constexpr (sizeof(T) > 2) odd = _mm256_andnot_si256(_mm256_srli_epi32(odd, 1), odd);
    const __m256i bits = _mm256_srli_epi32(_mm256_castps_si256(_mm256_cvtepi32_ps(odd)), 23);
    return {v, both(significant, _mm256_add_epi32(bits, all_lanes(-126))), significant};
  }
};

// A number of each quad in lanes of 64 bits: of the first four, and of the others.
struct eight_lanes {
  __m256i first, second;

  static HTJ2K_INLINE eight_lanes from(__m256i eight) {
    return {_mm256_cvtepu32_epi64(_mm256_castsi256_si128(eight)),
            _mm256_cvtepu32_epi64(_mm256_extracti128_si256(eight, 1))};
  }
  // `bits` behind these, which are so many.
  HTJ2K_INLINE eight_lanes with(const eight_lanes& bits, const eight_lanes& lengths) const {
    return {either(first, _mm256_sllv_epi64(bits.first, lengths.first)),
            either(second, _mm256_sllv_epi64(bits.second, lengths.second))};
  }
};

template <typename T>
struct quad_analysis {
  const T* upper;
  const T* lower;
  std::size_t width;
  const cleanup_codes& codes;
  const cleanup_scratch::exponents& above;
  cleanup_scratch::exponents& own;
  cleanup_scratch& scratch;

  // Returns the largest U_q; all magnitudes are added to `all_seen`. If that is above most_narrow_bits, and
  // the row not wide, or above most_encoded_bits, MagSgn means nothing.
  template <bool IsFirst, bool IsWide>
  unsigned run(std::uint32_t& all_seen) const {
    __m256i most = _mm256_setzero_si256(), seen = most, rho = most;
    for (std::size_t x = 0; x < width; x += 16) {
      const quad_columns top = load_columns(upper + x, width - x),
                         bottom = load_columns(lower + x, width - x);
      const quad_samples samples[4] = {
          quad_samples::of(top.left, T{}, seen), quad_samples::of(bottom.left, T{}, seen),
          quad_samples::of(top.right, T{}, seen), quad_samples::of(bottom.right, T{}, seen)};
      most = _mm256_max_epi32(most, take<IsFirst, IsWide>(x / 2, samples, rho));
    }
    all_seen |= any_of(seen);
    return highest_of(most);
  }

private:
  static constexpr std::size_t around = cleanup_scratch::around;

  // `rho` is that of the eight quads to the left, and becomes that of these. Returns U_q.
  template <bool IsFirst, bool IsWide>
  HTJ2K_INLINE __m256i take(std::size_t q, const quad_samples (&samples)[4], __m256i& rho) const {
    const __m256i last_rho = rho;
    rho = pattern_of(samples[0].significant, samples[1].significant, samples[2].significant,
                     samples[3].significant);
    const __m256i left = _mm256_permutevar8x32_epi32(_mm256_blend_epi32(rho, last_rho, 0x80),
                                                     _mm256_setr_epi32(7, 0, 1, 2, 3, 4, 5, 6));
    store32(own.left + around + q, samples[1].exponent);
    store32(own.right + around + q, samples[3].exponent);
    const __m256i one = all_lanes(1);
    __m256i context = either(_mm256_srli_epi32(left, 1), both(left, one)), kappa = one;
    if constexpr (!IsFirst) find_context(q, left, rho, context, kappa);

    const __m256i largest = _mm256_max_epi32(_mm256_max_epi32(samples[0].exponent, samples[1].exponent),
                                             _mm256_max_epi32(samples[2].exponent, samples[3].exponent));
    const __m256i bits = _mm256_max_epi32(largest, kappa);
    const __m256i u = _mm256_sub_epi32(bits, kappa);
    const __m256i largest_ones = pattern_of(
        _mm256_cmpeq_epi32(samples[0].exponent, bits), _mm256_cmpeq_epi32(samples[1].exponent, bits),
        _mm256_cmpeq_epi32(samples[2].exponent, bits), _mm256_cmpeq_epi32(samples[3].exponent, bits));
    const __m256i eps = both(largest_ones, _mm256_cmpgt_epi32(u, _mm256_setzero_si256()));
    const __m256i index = either(_mm256_slli_epi32(context, 8), either(_mm256_slli_epi32(rho, 4), eps));
    const std::uint16_t* const entries = IsFirst ? codes.first_row : codes.other_rows;
    const __m256i entry = look_up(entries, index);
    store32(scratch.quads + q, either(both(entry, all_lanes(0x7FF)), _mm256_slli_epi32(u, 16)));
    scratch.zero_contexts[q / 8] = bits_of(_mm256_cmpeq_epi32(context, _mm256_setzero_si256()));
    scratch.significant[q / 8] = bits_of(_mm256_cmpgt_epi32(rho, _mm256_setzero_si256()));
    put_bits<IsWide>(q, samples, bits, entry);
    return bits;
  }

  // Not by a gather: it is no faster on Zen 3, and QEMU 7.2 finds zeros with it.
  static HTJ2K_INLINE __m256i look_up(const std::uint16_t* entries, __m256i indices) {
    std::uint32_t i[8];
    store32(i, indices);
    return _mm256_setr_epi32(entries[i[0]], entries[i[1]], entries[i[2]], entries[i[3]], entries[i[4]],
                             entries[i[5]], entries[i[6]], entries[i[7]]);
  }

  // T.814 7.3.5 and 7.3.7. A sample is significant where its exponent is not zero.
  HTJ2K_INLINE void find_context(std::size_t q, __m256i left, __m256i rho, __m256i& context,
                                 __m256i& kappa) const {
    const std::int32_t *const left_above = above.left + around + q, *const right_above =
                                                                        above.right + around + q;
    const __m256i before = _mm256_max_epi32(load32(right_above - 1), load32(left_above));
    const __m256i behind = _mm256_max_epi32(load32(right_above), load32(left_above + 1));
    const __m256i zero = _mm256_setzero_si256();
    context = either(both(_mm256_cmpgt_epi32(before, zero), all_lanes(1)),
                     either(both(_mm256_cmpgt_epi32(left, all_lanes(3)), all_lanes(2)),
                            both(_mm256_cmpgt_epi32(behind, zero), all_lanes(4))));
    const __m256i minus_one = all_lanes(-1);
    const __m256i several = _mm256_cmpgt_epi32(both(rho, _mm256_add_epi32(rho, minus_one)), zero);
    const __m256i of_above = _mm256_add_epi32(_mm256_max_epi32(before, behind), minus_one);
    kappa = _mm256_max_epi32(all_lanes(1), both(several, of_above));
  }

  template <bool IsWide>
  HTJ2K_INLINE void put_bits(std::size_t q, const quad_samples (&samples)[4], __m256i bits,
                             __m256i entry) const {
    __m256i m[4], low[4];
    for (int i = 0; i < 4; ++i) {
      const __m256i e_k = both(_mm256_srli_epi32(entry, 12 + i), all_lanes(1));
      m[i] = both(samples[i].significant, _mm256_sub_epi32(bits, e_k));
      low[i] = _mm256_andnot_si256(_mm256_sllv_epi32(all_lanes(-1), m[i]), samples[i].v);
    }
    const __m256i left_length = _mm256_add_epi32(m[0], m[1]), right_length = _mm256_add_epi32(m[2], m[3]);
    if constexpr (IsWide) {
      put_columns(q, eight_lanes::from(low[0]).with(eight_lanes::from(low[1]), eight_lanes::from(m[0])),
                  eight_lanes::from(low[2]).with(eight_lanes::from(low[3]), eight_lanes::from(m[2])));
      const __m256i first = _mm256_unpacklo_epi32(left_length, right_length);
      const __m256i second = _mm256_unpackhi_epi32(left_length, right_length);
      store32(scratch.magsgn_lengths + 2 * q, _mm256_permute2x128_si256(first, second, 0x20));
      store32(scratch.magsgn_lengths + 2 * q + 8, _mm256_permute2x128_si256(first, second, 0x31));
    } else {
      const __m256i left = either(low[0], _mm256_sllv_epi32(low[1], m[0]));
      const __m256i right = either(low[2], _mm256_sllv_epi32(low[3], m[2]));
      const eight_lanes all =
          eight_lanes::from(left).with(eight_lanes::from(right), eight_lanes::from(left_length));
      store32(scratch.magsgn + q, all.first);
      store32(scratch.magsgn + q + 4, all.second);
      store32(scratch.magsgn_lengths + q, _mm256_add_epi32(left_length, right_length));
    }
  }

  HTJ2K_INLINE void put_columns(std::size_t q, const eight_lanes& left, const eight_lanes& right) const {
    put_four_columns(scratch.magsgn + 2 * q, left.first, right.first);
    put_four_columns(scratch.magsgn + 2 * q + 8, left.second, right.second);
  }

  static HTJ2K_INLINE void put_four_columns(std::uint64_t* out, __m256i left, __m256i right) {
    const __m256i even = _mm256_unpacklo_epi64(left, right), odd = _mm256_unpackhi_epi64(left, right);
    store32(out, _mm256_permute2x128_si256(even, odd, 0x20));
    store32(out + 4, _mm256_permute2x128_si256(even, odd, 0x31));
  }

  // Bit i where the i-th is all ones.
  static HTJ2K_INLINE __m256i pattern_of(__m256i a, __m256i b, __m256i c, __m256i d) {
    return either(either(both(a, all_lanes(1)), both(b, all_lanes(2))),
                  either(both(c, all_lanes(4)), both(d, all_lanes(8))));
  }

  static std::uint8_t bits_of(__m256i lanes) {
    return static_cast<std::uint8_t>(_mm256_movemask_ps(_mm256_castsi256_ps(lanes)));
  }

  static std::uint32_t any_of(__m256i lanes) {
    std::uint32_t eight[8], any = 0;
    store32(eight, lanes);
    for (const std::uint32_t lane : eight) any |= lane;
    return any;
  }

  static std::uint32_t highest_of(__m256i lanes) {
    std::uint32_t eight[8];
    store32(eight, lanes);
    return *std::max_element(eight, eight + 8);
  }
};
