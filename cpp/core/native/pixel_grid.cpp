#include "core/native/pixel_grid.hpp"

#include <algorithm>

namespace htj2k::native {
namespace {

std::vector<component_run> runs_of(const image_size& siz) {
  std::vector<component_run> runs;
  for (std::uint32_t c = 0; c < siz.num_components(); ++c) {
    const component_size& k = siz.components[c];
    if (c == 0 || k.dx != siz.components[c - 1].dx || k.dy != siz.components[c - 1].dy)
      runs.push_back({c, c});
    runs.back().stop = c + 1;
  }
  return runs;
}

}  // namespace

pixel_grid::pixel_grid(const image_size& siz, std::uint32_t reduce, const std::optional<rect>& region)
    : siz_(siz),
      reduce_(reduce),
      components_are_equal_(has_equal_components(siz)),
      pixels_(image_rect(siz, reduce)),
      runs_(runs_of(siz)) {
  for (std::uint32_t c = 0; c < siz.num_components(); ++c) {
    rect own = component_rect(siz, c, reduce);
    if (region) {
      const std::uint32_t dx = columns_of_sample(c), dy = rows_of_sample(c);
      own = {own.x0 + region->x0 / dx, own.y0 + region->y0 / dy, own.x0 + ceil_div(region->x1, dx),
             own.y0 + ceil_div(region->y1, dy)};
    }
    samples_.push_back(own);
  }
  if (!region) return;
  skipped_columns_ = region->x0;
  skipped_rows_ = region->y0;
  pixels_ = {pixels_.x0 + region->x0, pixels_.y0 + region->y0, pixels_.x0 + region->x1,
             pixels_.y0 + region->y1};
}

std::uint32_t pixel_grid::columns_of_sample(std::uint32_t component) const {
  return components_are_equal_ ? 1 : siz_.components[component].dx;
}

std::uint32_t pixel_grid::rows_of_sample(std::uint32_t component) const {
  return components_are_equal_ ? 1 : siz_.components[component].dy;
}

std::uint32_t pixel_grid::columns_hidden(std::uint32_t component) const {
  return skipped_columns_ % columns_of_sample(component);
}

std::uint32_t pixel_grid::line_under(std::uint32_t component, std::uint32_t y) const {
  if (components_are_equal_) return y;
  const std::uint32_t dy = rows_of_sample(component);
  return (skipped_rows_ + y) / dy - skipped_rows_ / dy;
}

// Where rows of tiles end on a grid that is `dy` times as coarse as the reference grid, and then reduced.
std::uint32_t pixel_grid::bottom_of(std::uint32_t tile_row, std::uint32_t dy) const {
  return ceil_shift(ceil_div(tile_rect(siz_, tile_row * siz_.tiles_across).y1, dy), reduce_);
}

std::uint32_t pixel_grid::rows_to_end_of(std::uint32_t tile_row) const {
  const std::uint32_t dy = components_are_equal_ ? siz_.components.front().dy : 1;
  return std::clamp(bottom_of(tile_row, dy), pixels_.y0, pixels_.y1) - pixels_.y0;
}

std::uint32_t pixel_grid::lines_to_end_of(std::uint32_t tile_row, std::uint32_t component) const {
  const rect& own = samples_[component];
  return std::clamp(bottom_of(tile_row, siz_.components[component].dy), own.y0, own.y1) - own.y0;
}

}  // namespace htj2k::native
