// Rectangles of tiles, components, resolutions and subbands (T.800 Annex B). All products are 64 bit.
#pragma once

#include "core/codestream.hpp"

namespace htj2k {

struct rect {
  std::uint32_t x0 = 0, y0 = 0, x1 = 0, y1 = 0;
  std::uint32_t width() const { return x1 - x0; }
  std::uint32_t height() const { return y1 - y0; }
  bool is_empty() const { return x0 == x1 || y0 == y1; }
  bool operator==(const rect& other) const {
    return x0 == other.x0 && y0 == other.y0 && x1 == other.x1 && y1 == other.y1;
  }
};

// What both cover; empty, but within `a`, when there is nothing.
rect intersection(const rect& a, const rect& b);

inline std::uint32_t ceil_div(std::uint64_t n, std::uint64_t d) {
  return static_cast<std::uint32_t>((n + d - 1) / d);
}

// ceil(n / 2^shift), for shift up to 32.
inline std::uint32_t ceil_shift(std::uint32_t n, unsigned shift) {
  return static_cast<std::uint32_t>((std::uint64_t{n} + (std::uint64_t{1} << shift) - 1) >> shift);
}

// How many cells of size 2^log, on a grid from 0, touch [begin, end).
inline std::uint64_t count_cells(std::uint32_t begin, std::uint32_t end, unsigned log) {
  return begin == end ? 0 : ceil_shift(end, log) - (std::uint64_t{begin} >> log);
}

// The component's samples with `reduce` resolutions discarded (B-5; B-14 without tiles).
rect component_rect(const image_size& siz, std::uint32_t component, unsigned reduce = 0);

// The interleaved image at `reduce`. Components of one size are its pixels themselves; components of
// different sizes are spread over the reference grid, sample (i, j) over XRsiz columns and YRsiz rows.
bool has_equal_components(const image_size& siz);
rect image_rect(const image_size& siz, unsigned reduce = 0);

// Equations B-7 to B-10, then B-12.
rect tile_rect(const image_size& siz, std::uint32_t tile);
rect tile_component_rect(const image_size& siz, std::uint32_t tile, std::uint32_t component);

// Resolution r of a tile-component with N_L levels (B-14).
rect resolution_rect(const rect& tile_component, unsigned num_decompositions, unsigned r);

enum class orientation : std::uint8_t { ll = 0, hl = 1, lh = 2, hh = 3 };

// The samples of subband `band` that an inverse transform of one level puts into `area`.
rect band_part(const rect& area, orientation band);

// A subband of level n_b >= 1 (or LL with n_b = N_L, possibly 0) (B-15).
rect subband_rect(const rect& tile_component, orientation band, unsigned level);

// Precincts of one resolution (B-16).
std::uint64_t num_precincts(const rect& resolution, unsigned ppx, unsigned ppy);

}  // namespace htj2k
