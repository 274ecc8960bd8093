// The HT cleanup pass (ITU-T T.814 7.1 to 7.3): what its kernels are given.
#pragma once

#include <cstddef>
#include <cstdint>

namespace htj2k::kernels {

// Of a run of MEL events without a one, by state: the logarithm of its length (T.814 7.3.3, Table 2).
constexpr unsigned mel_exponents[13] = {0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5};

// Codewords, looked up by the bits ahead, the next one lowest. Samples of a quad are counted down its left
// column, then down the right one.
struct cleanup_tables {
  // CxtVLC, [context << 7 | 7 bits], of rows of quads but the first, and of that. Bits 0 to 5: the codeword's
  // length; 9 to 11: what the quad adds to the context of the one to its right, in bytes of the table, in
  // rows but the first bit 10 alone; 12: u_off, in rows but the first bit 11 too; 16 to 31: the quad's
  // pattern, of which bits 4 to 7 are the significance of its samples (rho), 8 to 11 e_1, 12 to 15 e_k.
  std::uint32_t other_rows[8 << 7];
  std::uint32_t first_row[8 << 7];

  // U-VLC of a pair of quads in rows but the first, [mode << 10 | 10 bits], where 10 bits hold both codewords
  // and no u_q is above most_whole_u; else `too_long`. Mode is u_off of the first quad and twice that of the
  // second. Bits 0 to 5: the length; 6 to 10 and 11 to 15: u_q of each.
  std::uint16_t u_whole[4 << 10];
  // The same in parts, of all rows, [mode << 6 | 6 bits]; in the first one there are two other modes instead
  // of 3. Bits 0 to 5: the length of both prefixes; 6 to 8 and 9 to 11: those of the suffixes; 16 to 23 and
  // 24 to 31: u_q of each without its suffix.
  std::uint32_t u_parts[6 << 6];

  static constexpr std::uint32_t first_row_small = 4, first_row_large = 5;  // as the MEL event says
  static constexpr std::uint32_t length_bits = 63;
  static constexpr std::uint32_t first_row_context = 7U << 9, other_rows_context = 1U << 10;
  // Their sum is the distance, in bytes, to what u_whole has of the mode.
  static constexpr std::uint32_t u_off_of_first = 1U << 11, u_off_of_second = 1U << 12;
  static constexpr std::uint32_t too_long = 63;
  static constexpr std::uint32_t most_whole_u = 31;
};

// The bytes of a cleanup pass: MagSgn, and those that MEL, forwards, and VLC, backwards, share.
struct cleanup_segments {
  const std::uint8_t* magsgn = nullptr;
  std::size_t magsgn_size = 0;
  const std::uint8_t* mel_and_vlc = nullptr;
  std::size_t mel_and_vlc_size = 0;  // 1 to 4078: without the last byte
};

// Where a kernel keeps bits without those that were stuffed; what lies behind them is not told from them.
struct cleanup_memory {
  static constexpr std::size_t before = 16, behind = 32;
  static constexpr std::size_t most_magsgn_bytes = 4096 * 24 / 8;  // of 4096 samples, see most_bits
  std::uint8_t vlc[4096 + behind];                                 // of which all can be read
  std::uint8_t magsgn[before + most_magsgn_bytes + behind];
};

// T is int16_t or int32_t: what coefficients become, and how wide the kernel's lanes are.
template <typename T>
struct cleanup_block {
  // More bits of a quad's samples, U_q, do not fit the lanes.
  static constexpr unsigned most_bits = sizeof(T) == 2 ? 14 : 24;

  const cleanup_tables* tables = nullptr;
  cleanup_memory* memory = nullptr;
  cleanup_segments segments;
  std::size_t width = 0, height = 0;  // at most 1024 each
  unsigned num_planes = 0;            // M_b
  // Coefficients. Columns up to a multiple of 8, and an even number of rows, are written.
  T* rows = nullptr;
  std::size_t row_stride = 0;
};

}  // namespace htj2k::kernels
