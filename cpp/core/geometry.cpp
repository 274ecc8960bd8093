#include "core/geometry.hpp"

#include <algorithm>

namespace htj2k {

rect intersection(const rect& a, const rect& b) {
  const auto within = [](std::uint32_t value, std::uint32_t low, std::uint32_t high) {
    return std::clamp(value, low, high);
  };
  rect both{within(b.x0, a.x0, a.x1), within(b.y0, a.y0, a.y1), within(b.x1, a.x0, a.x1),
            within(b.y1, a.y0, a.y1)};
  both.x1 = std::max(both.x0, both.x1);
  both.y1 = std::max(both.y0, both.y1);
  return both;
}

rect component_rect(const image_size& siz, std::uint32_t component, unsigned reduce) {
  const component_size& k = siz.components[component];
  return {ceil_shift(ceil_div(siz.x0, k.dx), reduce), ceil_shift(ceil_div(siz.y0, k.dy), reduce),
          ceil_shift(ceil_div(siz.x1, k.dx), reduce), ceil_shift(ceil_div(siz.y1, k.dy), reduce)};
}

bool has_equal_components(const image_size& siz) {
  const component_size& first = siz.components.front();
  return std::all_of(siz.components.begin(), siz.components.end(),
                     [&](const component_size& k) { return k.dx == first.dx && k.dy == first.dy; });
}

rect image_rect(const image_size& siz, unsigned reduce) {
  if (has_equal_components(siz)) return component_rect(siz, 0, reduce);
  return {ceil_shift(siz.x0, reduce), ceil_shift(siz.y0, reduce), ceil_shift(siz.x1, reduce),
          ceil_shift(siz.y1, reduce)};
}

rect tile_rect(const image_size& siz, std::uint32_t tile) {
  const std::uint64_t x = siz.tile_x0 + std::uint64_t{tile % siz.tiles_across} * siz.tile_width;
  const std::uint64_t y = siz.tile_y0 + std::uint64_t{tile / siz.tiles_across} * siz.tile_height;
  rect out;
  out.x0 = static_cast<std::uint32_t>(std::max<std::uint64_t>(x, siz.x0));
  out.y0 = static_cast<std::uint32_t>(std::max<std::uint64_t>(y, siz.y0));
  out.x1 = static_cast<std::uint32_t>(std::min<std::uint64_t>(x + siz.tile_width, siz.x1));
  out.y1 = static_cast<std::uint32_t>(std::min<std::uint64_t>(y + siz.tile_height, siz.y1));
  return out;
}

rect tile_component_rect(const image_size& siz, std::uint32_t tile, std::uint32_t component) {
  const rect t = tile_rect(siz, tile);
  const component_size& k = siz.components[component];
  return {ceil_div(t.x0, k.dx), ceil_div(t.y0, k.dy), ceil_div(t.x1, k.dx), ceil_div(t.y1, k.dy)};
}

rect resolution_rect(const rect& t, unsigned num_decompositions, unsigned r) {
  const unsigned shift = num_decompositions - r;
  return {ceil_shift(t.x0, shift), ceil_shift(t.y0, shift), ceil_shift(t.x1, shift), ceil_shift(t.y1, shift)};
}

namespace {

// ceil((n - 2^(level-1) * offset) / 2^level)
std::uint32_t band_edge(std::uint32_t n, unsigned level, unsigned offset) {
  if (level == 0) return n;
  const std::uint64_t half = std::uint64_t{offset} << (level - 1);
  const std::uint64_t full = std::uint64_t{1} << level;
  // n - half may be negative; adding one full period keeps the sum positive and the result exact.
  return static_cast<std::uint32_t>((n + full - half + full - 1) / full - 1);
}

}  // namespace

rect band_part(const rect& area, orientation band) { return subband_rect(area, band, 1); }

rect subband_rect(const rect& t, orientation band, unsigned level) {
  const unsigned xo = static_cast<unsigned>(band) & 1U;
  const unsigned yo = static_cast<unsigned>(band) >> 1U;
  return {band_edge(t.x0, level, xo), band_edge(t.y0, level, yo), band_edge(t.x1, level, xo),
          band_edge(t.y1, level, yo)};
}

std::uint64_t num_precincts(const rect& r, unsigned ppx, unsigned ppy) {
  return count_cells(r.x0, r.x1, ppx) * count_cells(r.y0, r.y1, ppy);
}

}  // namespace htj2k
