// What decoding one tile at one resolution takes: subbands, quantisation steps, level shifts.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/codestream.hpp"
#include "core/native/subband.hpp"

namespace htj2k::native {

class kept_rows;

struct component_plan {
  bool reversible = true;
  unsigned resolution = 0;  // the one that is decoded
  std::uint8_t bit_depth = 0;
  unsigned log_rows = 0;        // log2, rounded down, of the rows of pixels that a row of samples covers
  bool sign_magnitude = false;  // NLT of type 3
  std::int64_t offset = 0;      // level shift: 2^(bit_depth - 1) if unsigned
  // [resolution] up to that one: which samples are wanted, and which are computed for them. Lifting mirrors
  // at the edges of the latter; where those are not the tile's own, the samples next to them come out wrong.
  struct window {
    rect wanted, computed;
  };
  std::vector<window> windows;
  std::vector<std::array<subband, 3>> bands;  // [resolution][band], up to that resolution
  // 9/7: [resolution] what its rows must be multiplied with, as lifting multiplies nothing. They are the same
  // whichever resolution is decoded, and so are its rows.
  std::vector<float> gains;
  const kept_rows* kept = nullptr;  // of a lower resolution, or null: below it nothing is decoded
  unsigned most_bit_planes = 0;     // of all its subbands, decoded or not

  // What is wanted of the resolution that is decoded, or of one so many `below` it.
  const rect& area(unsigned below = 0) const { return windows[resolution - below].wanted; }
  std::uint32_t width(unsigned below = 0) const { return area(below).width(); }
  bool is_empty() const { return area().is_empty(); }  // also where the tile is smaller than a sample
};

struct tile_plan {
  std::uint32_t index = 0;
  bool color_transform = false;
  std::vector<component_plan> components;

  bool is_empty() const;
};

// `regions`: what is wanted of each component at that resolution, where it lies on the component's own grid.
// `coded` must outlive the plan.
tile_plan plan_tile(const codestream& cs, std::uint16_t tile, const coded_tile& coded, std::uint32_t reduce,
                    const std::vector<rect>& regions);

}  // namespace htj2k::native
