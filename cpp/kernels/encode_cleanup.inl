// Encodes the HT cleanup pass of a codeblock (ITU-T T.814 7.1 to 7.3), a row of quads at a time: what
// quad_analysis (cleanup_quads.inl, cleanup_quads_x86.inl) finds of them, where no quad waits for another,
// and then their codewords (cleanup_writers.inl). Included behind these.

// Where the codewords of a block go. Apart from what quad_analysis works on, so that it can stay in
// registers.
struct cleanup_writers {
  explicit cleanup_writers(cleanup_scratch& scratch)
      : magsgn(scratch.magsgn_bits), vlc(scratch.vlc_bits), mel(scratch.mel) {
    vlc.put(0xF, 4);  // the byte that these share with Scup has them as ones
  }

  bit_collector magsgn, vlc;
  mel_writer mel;
};

// A row's bits of MagSgn, in `count` pieces.
inline void put_magsgn(const cleanup_scratch& scratch, std::size_t count, bit_collector& out_magsgn) {
  bit_collector out = out_magsgn;
  for (std::size_t i = 0; i < count; ++i) out.put(scratch.magsgn[i], scratch.magsgn_lengths[i]);
  out_magsgn = out;
}

// The codewords of a pair of quads, then those of their u_q (7.3.6).
HTJ2K_INLINE void put_pair(const std::uint32_t* quads, std::uint32_t of_u, bit_collector& vlc) {
  const unsigned length = quads[0] >> 8 & 7;
  const unsigned both = length + (quads[1] >> 8 & 7);
  const std::uint64_t bits = (quads[0] & 127) | (quads[1] & 127) << length;
  vlc.put(bits | std::uint64_t{of_u & 0xFFFF} << both, both + (of_u >> 16 & 31));
}

HTJ2K_INLINE std::size_t index_of_u(const std::uint32_t* quads) {
  return (quads[0] >> 16 << 5) | quads[1] >> 16;
}

inline void put_vlc(const cleanup_scratch& scratch, std::size_t num_quads, const cleanup_codes& codes,
                    bit_collector& out_vlc) {
  bit_collector out = out_vlc;
  for (const std::uint32_t *q = scratch.quads, *const stop = q + num_quads; q < stop; q += 2)
    put_pair(q, codes.other_rows_u[index_of_u(q)], out);
  out_vlc = out;
}

// Up to 64 events: of each quad whose context is zero, whether it has a significant sample.
inline void put_events(std::uint64_t zero_contexts, std::uint64_t significant, mel_writer& mel) {
  std::uint64_t ones = zero_contexts & significant;
  while (ones != 0) {
    const std::uint64_t up_to_one = ones ^ (ones - 1);
    mel.put_zeros(count_ones(zero_contexts & up_to_one) - 1);
    mel.put_one();
    zero_contexts &= ~up_to_one;
    ones &= ones - 1;
  }
  mel.put_zeros(count_ones(zero_contexts));
}

inline void put_mel(const cleanup_scratch& scratch, std::size_t num_quads, mel_writer& mel) {
  for (std::size_t q = 0; q < num_quads; q += 64) {
    const std::size_t count = std::min<std::size_t>(64, num_quads - q);
    const std::uint64_t mask = ~std::uint64_t{0} >> (64 - count);
    put_events(load8(scratch.zero_contexts + q / 8) & mask, load8(scratch.significant + q / 8), mel);
  }
}

// In the first row events of the quads and of their u_q take turns.
inline void put_first_row(const cleanup_scratch& scratch, std::size_t num_quads, const cleanup_codes& codes,
                          cleanup_writers& out) {
  for (std::size_t q = 0; q < num_quads; q += 2) {
    const unsigned mask = q + 1 < num_quads ? 3 : 1;
    const std::uint32_t of_u = codes.first_row_u[index_of_u(scratch.quads + q)];
    put_events(scratch.zero_contexts[q / 8] >> (q % 8) & mask, scratch.significant[q / 8] >> (q % 8),
               out.mel);
    if ((of_u & cleanup_codes::has_event) != 0) out.mel.put((of_u & cleanup_codes::event) != 0);
    put_pair(scratch.quads + q, of_u, out.vlc);
  }
}

// MEL and VLC grow towards each other. Where the last byte of one leaves the bits free that the other's has,
// they are one byte (7.1.1).
struct mel_and_vlc {
  std::size_t mel_size;
  const std::uint8_t* vlc;
  std::size_t vlc_size;
};

inline mel_and_vlc finish_mel_and_vlc(cleanup_writers& out, cleanup_scratch& scratch) {
  std::uint8_t* const end = scratch.vlc + sizeof scratch.vlc;
  end[-1] = 0xFF;
  last_bits of_vlc;
  std::uint8_t* vlc = stuff_vlc(bit_source(out.vlc.get()), end - 1, of_vlc);
  const last_bits of_mel = out.mel.finish();
  std::size_t mel_size = out.mel.size();
  const unsigned mel_mask = 0xFFU << (8 - of_mel.count) & 0xFF, vlc_mask = (1U << of_vlc.count) - 1;
  if ((mel_mask | vlc_mask) != 0) {
    const unsigned both = of_mel.bits | of_vlc.bits;
    const bool agree = ((both ^ of_mel.bits) & mel_mask) == 0 && ((both ^ of_vlc.bits) & vlc_mask) == 0;
    const bool is_one_byte = agree && both != 0xFF && vlc + 1 < end;
    scratch.mel[mel_size++] = static_cast<std::uint8_t>(is_one_byte ? both : of_mel.bits);
    if (!is_one_byte) *--vlc = static_cast<std::uint8_t>(of_vlc.bits);
  }
  return {mel_size, vlc, static_cast<std::size_t>(end - vlc)};
}

inline std::size_t join(cleanup_writers& writers, cleanup_scratch& scratch, std::uint8_t* out) {
  std::uint8_t* next = stuff_magsgn(bit_source(writers.magsgn.get()), out);
  const mel_and_vlc suffix = finish_mel_and_vlc(writers, scratch);
  next = std::copy_n(scratch.mel, suffix.mel_size, next);
  next = std::copy_n(suffix.vlc, suffix.vlc_size, next);
  // Scup (7.1.1).
  const std::size_t size = suffix.mel_size + suffix.vlc_size;
  next[-1] = static_cast<std::uint8_t>(size >> 4);
  next[-2] = static_cast<std::uint8_t>((next[-2] & 0xF0) | (size & 0x0F));
  return static_cast<std::size_t>(next - out);
}

template <typename T>
bool is_zero(const T* row, std::size_t n) {
  T any = 0;
  for (std::size_t i = 0; i < n; ++i) any = static_cast<T>(any | row[i]);
  return any == 0;
}

template <typename T>
class cleanup_encoder {
public:
  explicit cleanup_encoder(const cleanup_source<T>& source)
      : source_(source),
        scratch_(*source.scratch),
        writers_(scratch_),
        num_quads_((source.width + 1) / 2),
        above_(&scratch_.lower[0]),
        own_(&scratch_.lower[1]) {
    for (auto& exponents : scratch_.lower) {
      std::memset(exponents.left, 0, (num_quads_ + 2 * cleanup_scratch::around) * sizeof *exponents.left);
      std::memset(exponents.right, 0, (num_quads_ + 2 * cleanup_scratch::around) * sizeof *exponents.right);
    }
  }

  encoded_cleanup encode(std::uint8_t* out) {
    for (std::size_t y = 0; y < source_.height; y += 2)
      if (!encode_row(y)) return {0, seen_};
    return {seen_ == 0 ? 0 : join(writers_, scratch_, out), seen_};
  }

private:
  bool encode_row(std::size_t y) {
    static constexpr T zeros[2 * cleanup_scratch::most_quads] = {};
    const T* const upper = source_.rows + y * source_.row_stride;
    const T* const lower = y + 1 < source_.height ? upper + source_.row_stride : zeros;
    const bool has_samples = !is_zero(upper, source_.width) || !is_zero(lower, source_.width);
    if (!has_samples && above_is_zero_) {
      writers_.mel.put_zeros(num_quads_);
      return true;
    }
    above_is_zero_ = !has_samples;
    return y == 0 ? put_row<true>(upper, lower) : put_row<false>(upper, lower);
  }

  template <bool IsFirst>
  bool put_row(const T* upper, const T* lower) {
    const quad_analysis<T> analysis{upper, lower, source_.width, *source_.codes, *above_, *own_, scratch_};
    unsigned most = 0;
    if (!is_wide_) most = analysis.template run<IsFirst, false>(seen_);
    // Of rows below a wide one most are wide too.
    if (is_wide_ || most > most_narrow_bits) {
      is_wide_ = true;
      most = analysis.template run<IsFirst, true>(seen_);
    }
    if (most > most_encoded_bits) return false;
    std::swap(above_, own_);
    scratch_.quads[num_quads_] = 0;  // of the last pair
    if constexpr (IsFirst) {
      put_first_row(scratch_, num_quads_, *source_.codes, writers_);
    } else {
      put_mel(scratch_, num_quads_, writers_.mel);
      put_vlc(scratch_, num_quads_, *source_.codes, writers_.vlc);
    }
    put_magsgn(scratch_, is_wide_ ? 2 * num_quads_ : num_quads_, writers_.magsgn);
    return true;
  }

  const cleanup_source<T>& source_;
  cleanup_scratch& scratch_;
  cleanup_writers writers_;
  std::size_t num_quads_;
  cleanup_scratch::exponents* above_;
  cleanup_scratch::exponents* own_;
  bool above_is_zero_ = true;
  bool is_wide_ = false;
  std::uint32_t seen_ = 0;
};

template <typename T>
encoded_cleanup encode_cleanup(const cleanup_source<T>& source, std::uint8_t* out) {
  return cleanup_encoder<T>(source).encode(out);
}
