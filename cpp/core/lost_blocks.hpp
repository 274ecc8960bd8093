// The codeblocks of one tile that are not to be had: their bytes are not there, or they are no codeblock.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "core/packet_order.hpp"

namespace htj2k {

// Of one subband. Memory is taken for the first mark.
class lost_band {
public:
  bool is_empty() const { return marks_.empty(); }
  bool has(const tile_resolution& resolution, unsigned band, std::uint32_t column, std::uint32_t row) const {
    return !marks_.empty() && marks_[std::size_t{row} * resolution.blocks_across(band) + column] != 0;
  }
  bool has_any() const {
    return std::any_of(marks_.begin(), marks_.end(), [](std::uint8_t mark) { return mark != 0; });
  }
  // Takes the memory now, so that threads may mark different blocks at once.
  void prepare(const tile_resolution& resolution, unsigned band) {
    if (marks_.empty())
      marks_.resize(std::size_t{resolution.blocks_across(band)} * resolution.blocks_down(band));
  }
  void add(const tile_resolution& resolution, unsigned band, std::uint32_t column, std::uint32_t row) {
    prepare(resolution, band);
    marks_[std::size_t{row} * resolution.blocks_across(band) + column] = 1;
  }

private:
  std::vector<std::uint8_t> marks_;
};

struct lost_blocks {
  bool all = false;                                          // nothing of the tile is to be had
  std::vector<std::vector<std::array<lost_band, 3>>> bands;  // [component][resolution][band]

  explicit lost_blocks(const tile_geometry& geometry) {
    for (const auto& resolutions : geometry.components) bands.emplace_back(resolutions.size());
  }
};

}  // namespace htj2k
