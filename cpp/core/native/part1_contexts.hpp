// Neighbours of a sample of a Part 1 codeblock, and the contexts that they make (T.800 D.3).
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "core/geometry.hpp"

namespace htj2k::native {

// Bits of what is kept of a sample: which of its neighbours are significant, the signs of four of them, and
// its own state.
enum sample_flag : std::uint16_t {
  west = 1,
  east = 2,
  north = 4,
  south = 8,
  northwest = 16,
  northeast = 32,
  southwest = 64,
  southeast = 128,
  any_neighbor = 255,
  west_is_negative = 256,
  east_is_negative = 512,
  north_is_negative = 1024,
  south_is_negative = 2048,
  significant = 4096,
  visited = 8192,  // by the significance propagation pass of this plane
  refined = 16384
};

constexpr unsigned first_sign_context = 9;
constexpr unsigned first_refinement_context = 14;
constexpr unsigned run_length_context = 17;
constexpr unsigned uniform_context = 18;
constexpr unsigned num_contexts = 19;

// Table D.1; `along` and `across` count neighbours of LL and LH blocks to the side and above or below.
constexpr std::uint8_t context_of_counts(unsigned along, unsigned across, unsigned diagonal) {
  if (along == 2) return 8;
  if (along == 1) return across != 0 ? 7 : diagonal != 0 ? 6 : 5;
  if (across != 0) return static_cast<std::uint8_t>(2 + across);
  return static_cast<std::uint8_t>(std::min(diagonal, 2U));
}

constexpr std::uint8_t hh_context_of_counts(unsigned straight, unsigned diagonal) {
  if (diagonal >= 3) return 8;
  if (diagonal == 2) return straight != 0 ? 7 : 6;
  return static_cast<std::uint8_t>(3 * diagonal + std::min(straight, 2U));
}

using significance_contexts = std::array<std::uint8_t, 256>;  // [flags & any_neighbor]

constexpr significance_contexts make_significance_contexts(orientation band) {
  significance_contexts contexts{};
  const auto has = [](unsigned flags, sample_flag flag) { return (flags & flag) != 0 ? 1U : 0U; };
  for (unsigned f = 0; f < contexts.size(); ++f) {
    const unsigned horizontal = has(f, west) + has(f, east), vertical = has(f, north) + has(f, south);
    const unsigned diagonal = has(f, northwest) + has(f, northeast) + has(f, southwest) + has(f, southeast);
    contexts[f] = band == orientation::hh   ? hh_context_of_counts(horizontal + vertical, diagonal)
                  : band == orientation::hl ? context_of_counts(vertical, horizontal, diagonal)
                                            : context_of_counts(horizontal, vertical, diagonal);
  }
  return contexts;
}

inline const significance_contexts& significance_contexts_of(orientation band) {
  static constexpr significance_contexts ll_lh = make_significance_contexts(orientation::ll),
                                         hl = make_significance_contexts(orientation::hl),
                                         hh = make_significance_contexts(orientation::hh);
  return band == orientation::hh ? hh : band == orientation::hl ? hl : ll_lh;
}

struct sign_context {
  unsigned context;
  unsigned flip;  // XORbit
};

// Tables D.2 and D.3.
inline sign_context sign_context_of(unsigned flags) {
  const auto contribution = [&](unsigned neighbor, unsigned is_negative) {
    return (flags & neighbor) == 0 ? 0 : (flags & is_negative) != 0 ? -1 : 1;
  };
  const auto sum = [](int a, int b) { return std::clamp(a + b, -1, 1); };
  const int h = sum(contribution(west, west_is_negative), contribution(east, east_is_negative));
  const int v = sum(contribution(north, north_is_negative), contribution(south, south_is_negative));
  const int code = 3 * h + v;  // the table is symmetric: opposite signs flip the bit
  return {first_sign_context + static_cast<unsigned>(code < 0 ? -code : code), code < 0 ? 1U : 0U};
}

// Table D.4.
inline unsigned refinement_context_of(unsigned flags) {
  if ((flags & refined) != 0) return first_refinement_context + 2;
  return first_refinement_context + ((flags & any_neighbor) != 0 ? 1 : 0);
}

}  // namespace htj2k::native
