// What a row of quads has to say, quad by quad. For CPUs without cleanup_quads_x86.inl.

// One sample of a quad.
struct quad_sample {
  template <typename T>
  explicit quad_sample(T coefficient) {
    const auto value = static_cast<std::int32_t>(coefficient);
    magnitude = static_cast<std::uint32_t>(value < 0 ? -value : value);
    if (magnitude == 0) return;
    v = 2 * (magnitude - 1) + (value < 0 ? 1U : 0);
    exponent = static_cast<int>(bit_length(2 * magnitude - 1));
  }

  std::uint32_t magnitude = 0, v = 0;
  int exponent = 0;
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

  // Returns the largest U_q; all magnitudes are added to `seen`. If that is above most_narrow_bits, and the
  // row not wide, or above most_encoded_bits, MagSgn means nothing.
  template <bool IsFirst, bool IsWide>
  unsigned run(std::uint32_t& seen) const {
    int most = 0;
    unsigned rho = 0;
    std::memset(scratch.zero_contexts, 0, sizeof scratch.zero_contexts);
    std::memset(scratch.significant, 0, sizeof scratch.significant);
    for (std::size_t q = 0; q < (width + 1) / 2; ++q) {
      const bool is_whole = 2 * q + 1 < width;
      const quad_sample samples[4] = {quad_sample(upper[2 * q]), quad_sample(lower[2 * q]),
                                      quad_sample(is_whole ? upper[2 * q + 1] : T{0}),
                                      quad_sample(is_whole ? lower[2 * q + 1] : T{0})};
      for (const quad_sample& s : samples) seen |= s.magnitude;
      most = std::max(most, take<IsFirst, IsWide>(q, samples, rho));
    }
    return static_cast<unsigned>(most);
  }

private:
  static constexpr std::size_t around = cleanup_scratch::around;

  // `rho` is that of the quad to the left, and becomes that of this one.
  template <bool IsFirst, bool IsWide>
  int take(std::size_t q, const quad_sample (&samples)[4], unsigned& rho) const {
    const unsigned context = context_of<IsFirst>(q, rho);
    int largest = 0;
    rho = 0;
    for (unsigned i = 0; i < 4; ++i) {
      largest = std::max(largest, samples[i].exponent);
      rho |= samples[i].exponent > 0 ? 1U << i : 0;
    }
    own.left[around + q] = samples[1].exponent;
    own.right[around + q] = samples[3].exponent;
    const int kappa = !IsFirst && (rho & (rho - 1)) != 0 ? std::max(1, exponent_above(q) - 1) : 1;
    const int bits = std::max(largest, kappa);
    unsigned eps = 0;
    for (unsigned i = 0; i < 4; ++i) eps |= bits > kappa && samples[i].exponent == bits ? 1U << i : 0;
    const std::uint16_t* const entries = IsFirst ? codes.first_row : codes.other_rows;
    const unsigned entry = entries[context << 8 | rho << 4 | eps];
    scratch.quads[q] = (entry & 0x7FF) | static_cast<unsigned>(bits - kappa) << 16;
    scratch.zero_contexts[q / 8] |= static_cast<std::uint8_t>(context == 0 ? 1U << (q % 8) : 0);
    scratch.significant[q / 8] |= static_cast<std::uint8_t>(rho != 0 ? 1U << (q % 8) : 0);
    if (bits <= static_cast<int>(IsWide ? most_encoded_bits : most_narrow_bits))
      put_bits<IsWide>(q, samples, static_cast<unsigned>(bits), entry >> 12);
    return bits;
  }

  // T.814 7.3.5.
  template <bool IsFirst>
  unsigned context_of(std::size_t q, unsigned left) const {
    if (IsFirst) return left >> 1 | (left & 1);
    const std::size_t i = around + q;
    const bool to_left = above.right[i - 1] != 0 || above.left[i] != 0;
    const bool to_right = above.right[i] != 0 || above.left[i + 1] != 0;
    return (to_left ? 1U : 0) | ((left & 12) != 0 ? 2U : 0) | (to_right ? 4U : 0);
  }

  // T.814 7.3.7.
  int exponent_above(std::size_t q) const {
    const std::size_t i = around + q;
    return std::max(std::max(above.right[i - 1], above.left[i]), std::max(above.right[i], above.left[i + 1]));
  }

  template <bool IsWide>
  void put_bits(std::size_t q, const quad_sample (&samples)[4], unsigned bits, unsigned e_k) const {
    constexpr unsigned pieces = IsWide ? 2 : 1;
    for (unsigned piece = 0; piece < pieces; ++piece) {
      std::uint64_t all = 0;
      unsigned length = 0;
      for (unsigned i = 4 / pieces * piece; i < 4 / pieces * (piece + 1); ++i) {
        const unsigned m = samples[i].exponent > 0 ? bits - (e_k >> i & 1) : 0;
        all |= (samples[i].v & ((std::uint64_t{1} << m) - 1)) << length;
        length += m;
      }
      scratch.magsgn[pieces * q + piece] = all;
      scratch.magsgn_lengths[pieces * q + piece] = length;
    }
  }
};
