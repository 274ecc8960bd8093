#include "core/native/cleanup_tables.hpp"

#include <algorithm>
#include <iterator>

#ifdef HTJ2K_HAS_BLOCK_DECODERS
#include <coding/ojph_block_common.h>
#endif

namespace htj2k::native {

#ifdef HTJ2K_HAS_BLOCK_DECODERS
namespace {

using tables = kernels::cleanup_tables;

// OpenJPH's entries: length in bits 0 to 2, u_off in bit 3, then the pattern as ours.
void set_quads(const ojph::ui16* entries, bool is_first_row, std::uint32_t* quads) {
  for (unsigned i = 0; i < 8U << 7; ++i) {
    const std::uint32_t entry = entries[i], rho = entry >> 4 & 15;
    // T.814 7.3.5: in the first row the left column's samples, the right one's upper, and its lower one;
    // below, only whether the right column has a significant one.
    std::uint32_t context = (rho & 12) != 0 ? 2 : 0;
    if (is_first_row) context = ((rho & 3) != 0 ? 1 : 0) | (rho & 4) >> 1 | (rho & 8) >> 1;
    quads[i] = (entry & 7) | context << 9 | (entry & 0xFFF0) << 16;
    if ((entry & 8) != 0) quads[i] |= tables::u_off_of_second | (is_first_row ? 0 : tables::u_off_of_first);
  }
}

// T.814 Table 3.
struct u_prefix {
  unsigned length = 0, u = 0, suffix_length = 0;
};

u_prefix u_prefix_of(unsigned bits) {
  if ((bits & 1) != 0) return {1, 1, 0};
  if ((bits & 2) != 0) return {2, 2, 0};
  if ((bits & 4) != 0) return {3, 3, 1};
  return {3, 5, 5};
}

struct u_pair {
  u_prefix first, second;
  unsigned length() const { return first.length + second.length; }
};

u_pair u_pair_of(unsigned mode, unsigned bits) {
  u_pair pair;
  if (mode != 0 && mode != 2) pair.first = u_prefix_of(bits);
  if (mode >= 2) pair.second = u_prefix_of(bits >> pair.first.length);
  // In the first row the second one is 1 or 2 when the first is above 2, or both are above 2.
  if (mode == tables::first_row_small && pair.first.length == 3) pair.second = {1, 1 + (bits >> 3 & 1), 0};
  if (mode == tables::first_row_large) pair.first.u += 2, pair.second.u += 2;
  return pair;
}

std::uint32_t u_parts_of(unsigned mode, unsigned bits) {
  const u_pair pair = u_pair_of(mode, bits);
  return pair.length() | pair.first.suffix_length << 6 | pair.second.suffix_length << 9 | pair.first.u << 16 |
         pair.second.u << 24;
}

std::uint16_t u_whole_of(unsigned mode, unsigned bits) {
  const u_pair pair = u_pair_of(mode, bits);
  const unsigned of_first = pair.first.suffix_length, of_second = pair.second.suffix_length;
  const unsigned length = pair.length() + of_first + of_second;
  const unsigned suffixes = bits >> pair.length();
  const unsigned first = pair.first.u + (suffixes & ((1U << of_first) - 1));
  const unsigned second = pair.second.u + (suffixes >> of_first & ((1U << of_second) - 1));
  if (length > 10 || std::max(first, second) > tables::most_whole_u) return tables::too_long;
  return static_cast<std::uint16_t>(length | first << 6 | second << 11);
}

tables make_tables() {
  tables made;
  set_quads(ojph::local::vlc_tbl0, true, made.first_row);
  set_quads(ojph::local::vlc_tbl1, false, made.other_rows);
  for (unsigned i = 0; i < std::size(made.u_parts); ++i) made.u_parts[i] = u_parts_of(i >> 6, i & 63);
  for (unsigned i = 0; i < std::size(made.u_whole); ++i) made.u_whole[i] = u_whole_of(i >> 10, i & 1023);
  return made;
}

}  // namespace

const tables* cleanup_tables() {
  static const tables made = make_tables();
  return &made;
}
#else
const kernels::cleanup_tables* cleanup_tables() { return nullptr; }
#endif

}  // namespace htj2k::native
