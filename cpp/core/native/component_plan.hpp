// What decoding one tile at one resolution takes: subbands, quantisation steps, level shifts.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/codestream.hpp"
#include "core/native/subband.hpp"

namespace htj2k::native {

struct component_plan {
  bool reversible = true;
  unsigned resolution = 0;  // the one that is decoded
  std::uint8_t bit_depth = 0;
  std::int64_t offset = 0;                    // level shift: 2^(bit_depth - 1) if unsigned
  std::vector<std::array<subband, 3>> bands;  // [resolution][band], up to that resolution

  const rect& area() const { return bands.back()[0].geometry->area; }
  std::uint32_t width() const { return area().width(); }
  unsigned most_bit_planes() const;
};

struct tile_plan {
  bool color_transform = false;
  std::vector<component_plan> components;

  const rect& area() const { return components.front().area(); }
};

// `coded` must outlive the plan.
tile_plan plan_tile(const codestream& cs, std::uint16_t tile, const coded_tile& coded, std::uint32_t reduce);

}  // namespace htj2k::native
