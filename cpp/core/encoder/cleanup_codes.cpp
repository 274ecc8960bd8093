#include "core/encoder/cleanup_codes.hpp"

#include <cstdint>

#include "kernels/words.hpp"

#ifdef HTJ2K_HAS_BLOCK_DECODERS
#include <coding/ojph_block_common.h>
#endif

namespace htj2k::encoder {

#ifdef HTJ2K_HAS_BLOCK_DECODERS
namespace {

using codes = kernels::cleanup_codes;

// One codeword of CxtVLC.
struct quad_code {
  // OpenJPH's entries, by context and the 7 bits ahead: length in bits 0 to 2, u_off in bit 3, rho in 4 to 7,
  // e_1 in 8 to 11, e_k in 12 to 15.
  quad_code(unsigned entry, unsigned ahead)
      : length(entry & 7),
        codeword(ahead & ((1U << length) - 1)),
        u_off((entry & 8) != 0),
        rho(entry >> 4 & 15),
        e_1(entry >> 8 & 15),
        e_k(entry >> 12) {}

  // Whether it says of the exponents what is so.
  bool tells(unsigned eps) const { return u_off == (eps != 0) && (eps & e_k) == e_1; }
  std::uint16_t entry() const { return static_cast<std::uint16_t>(codeword | length << 8 | e_k << 12); }

  unsigned length, codeword;
  bool u_off;
  unsigned rho, e_1, e_k;
};

// Of the codewords that may stand for a quad, the one that tells of most samples: MagSgn has a bit less of
// each.
void set_quads(const ojph::ui16* entries, std::uint16_t* quads) {
  for (unsigned i = 0; i < 8U << 7; ++i) {
    const quad_code code(entries[i], i & 127);
    if (code.length == 0) continue;
    for (unsigned eps = 0; eps < 16; ++eps) {
      std::uint16_t& best = quads[i >> 7 << 8 | code.rho << 4 | eps];
      const bool is_more = best == 0 || kernels::count_ones(code.e_k) > kernels::count_ones(best >> 12U);
      if ((eps & ~code.rho) == 0 && code.tells(eps) && is_more) best = code.entry();
    }
  }
}

// T.814 Table 3.
struct u_code {
  explicit u_code(unsigned u) {
    if (u == 1 || u == 2) prefix = u, prefix_length = u;
    if (u == 3 || u == 4) prefix = 4, prefix_length = 3, suffix = u - 3, suffix_length = 1;
    if (u > 4) prefix_length = 3, suffix = u - 5, suffix_length = 5;
  }

  unsigned prefix = 0, prefix_length = 0, suffix = 0, suffix_length = 0;
};

// Both prefixes, then both suffixes.
std::uint32_t in_turns(const u_code& first, const u_code& second) {
  std::uint32_t bits = 0, length = 0;
  const auto put = [&](unsigned part, unsigned count) {
    bits |= part << length;
    length += count;
  };
  put(first.prefix, first.prefix_length);
  put(second.prefix, second.prefix_length);
  put(first.suffix, first.suffix_length);
  put(second.suffix, second.suffix_length);
  return bits | length << 16;
}

// In the first row of quads an event says whether both are above 2. If only the first is, the second has one
// bit (T.814 7.3.6).
std::uint32_t in_first_row(unsigned first, unsigned second) {
  if (first == 0 || second == 0) return in_turns(u_code(first), u_code(second));
  if (first > 2 && second > 2)
    return in_turns(u_code(first - 2), u_code(second - 2)) | codes::has_event | codes::event;
  u_code of_second(second);
  if (first > 2) {
    of_second.prefix = second - 1;
    of_second.prefix_length = 1;
  }
  return in_turns(u_code(first), of_second) | codes::has_event;
}

codes make_codes() {
  codes made{};
  set_quads(ojph::local::vlc_tbl0, made.first_row);
  set_quads(ojph::local::vlc_tbl1, made.other_rows);
  for (unsigned first = 0; first < 32; ++first)
    for (unsigned second = 0; second < 32; ++second) {
      made.first_row_u[first << 5 | second] = in_first_row(first, second);
      made.other_rows_u[first << 5 | second] = in_turns(u_code(first), u_code(second));
    }
  return made;
}

}  // namespace

const codes* cleanup_codes() {
  static const codes made = make_codes();
  return &made;
}
#else
const kernels::cleanup_codes* cleanup_codes() { return nullptr; }
#endif

}  // namespace htj2k::encoder
