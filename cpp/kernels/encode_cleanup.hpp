// The HT cleanup pass (ITU-T T.814 7.1 to 7.3) of an encoder: what its kernels are given.
#pragma once

#include <cstddef>
#include <cstdint>

namespace htj2k::kernels {

struct cleanup_codes {
  // CxtVLC (T.814 Annex C), [context << 8 | rho << 4 | eps], where eps has the samples of the quad's largest
  // exponent, or none where u_q is 0. Bits 0 to 6: the codeword; 8 to 10: its length; 12 to 15: e_k.
  std::uint16_t first_row[8 << 8];
  std::uint16_t other_rows[8 << 8];
  // U-VLC of a pair of quads, [u_q of the first << 5 | that of the second]. Bits 0 to 15: the codeword; 16 to
  // 20: its length. In the first row bit 31 says that a MEL event comes with it, and bit 30 which one.
  std::uint32_t first_row_u[32 << 5];
  std::uint32_t other_rows_u[32 << 5];

  static constexpr std::uint32_t has_event = 1U << 31, event = 1U << 30;
};

// Bits that are put behind one another at once.
constexpr unsigned most_bits_at_once = 56;
// More bits of a quad's samples, U_q, are not encoded: then two of them, a column, are put at once. Up to
// most_narrow_bits all four are.
constexpr unsigned most_encoded_bits = most_bits_at_once / 2, most_narrow_bits = most_bits_at_once / 4;

// Where a kernel keeps what it makes of one block.
struct cleanup_scratch {
  static constexpr std::size_t most_quads = 512;  // of a row
  static constexpr std::size_t around = 16;       // read, or written, before and behind a row
  static constexpr std::size_t most_samples = 4096;

  // Of a row of quads: the entry of CxtVLC, and u_q in the upper half; whether the context is zero, and
  // whether any sample is significant, a bit a quad.
  alignas(32) std::uint32_t quads[most_quads + around];
  std::uint8_t zero_contexts[most_quads / 8 + around];
  std::uint8_t significant[most_quads / 8 + around];
  // MagSgn of a row: a quad at a time or, where its samples have more than 14 bits, a column at a time.
  alignas(32) std::uint64_t magsgn[2 * most_quads + 2 * around];
  alignas(32) std::uint32_t magsgn_lengths[2 * most_quads + 2 * around];
  // The exponents of a row's lower samples, in the left and in the right column of each quad; of two rows.
  struct exponents {
    alignas(32) std::int32_t left[around + most_quads + around];
    alignas(32) std::int32_t right[around + most_quads + around];
  };
  exponents lower[2];

  // Bits without those that will be stuffed, and MEL's bytes. A pair of quads has 30 bits of VLC at most. Of
  // MEL events no beginning takes more than three bits for two, and there are three for a pair.
  std::uint8_t magsgn_bits[most_samples * most_encoded_bits / 8 + around];
  std::uint8_t vlc_bits[most_samples / 8 * 30 / 8 + around];
  std::uint8_t vlc[most_samples / 8 * 30 / 7 + around];
  std::uint8_t mel[most_samples / 8 * 3 * 3 / 2 / 7 + around];
};

template <typename T>
struct cleanup_source {
  const cleanup_codes* codes = nullptr;
  cleanup_scratch* scratch = nullptr;
  // Coefficients, of magnitudes below 2^31. Behind each row, up to 15 more are read.
  const T* rows = nullptr;
  std::size_t row_stride = 0;
  // When both are rounded up to powers of two: at most 1024 each, and 4096 samples.
  std::size_t width = 0, height = 0;
};

struct encoded_cleanup {
  // What a block can need, and 8 bytes that may be written behind it.
  static constexpr std::size_t most_bytes = sizeof(cleanup_scratch::magsgn_bits) * 8 / 7 +
                                            sizeof(cleanup_scratch::vlc) + sizeof(cleanup_scratch::mel) + 8;

  std::size_t size = 0;          // 0: no sample is significant, or one is too large
  std::uint32_t magnitudes = 0;  // all of them, one bit or the other; up to the one that is too large
};

}  // namespace htj2k::kernels
