// The resolutions below the decoded one that are wanted too.
#pragma once

#include <memory>
#include <vector>

#include "core/decode.hpp"
#include "core/native/tile_level.hpp"

namespace htj2k::native {

struct lower_level {
  level_target target;
  std::uint32_t rows_done = 0;  // rows that went there, in whatever type they were computed
};

template <typename T>
class lower_levels {
public:
  lower_levels(const codestream& cs, std::uint32_t reduce, const std::vector<clamp_limits<T>>& limits,
               std::vector<lower_level>& wanted) {
    for (lower_level& lower : wanted) {
      const level_target& target = lower.target;
      below_.push_back(target.reduce - reduce);
      rows_.push_back(std::make_unique<level_rows<T>>(
          component_rect(cs.siz, 0, target.reduce), cs.siz.num_components(),
          row_writer<T>(target.out, limits, target.observer, target.range), lower.rows_done));
    }
  }

  // The tiles whose rows come next, side by side.
  void listen_to(const std::vector<const tile_plan*>& plans, std::vector<tile_rows<T>>& tiles) {
    parts_.clear();
    for (std::size_t level = 0; level < rows_.size(); ++level) {
      std::size_t num_parts = 0;
      for (std::size_t i = 0; i < tiles.size(); ++i) {
        parts_.push_back(std::make_unique<tile_level<T>>(*plans[i], below_[level], *rows_[level]));
        parts_.back()->listen_to(tiles[i]);
        num_parts += parts_.back()->num_parts();
      }
      rows_[level]->expect_parts(num_parts);
    }
  }

private:
  std::vector<unsigned> below_;
  std::vector<std::unique_ptr<level_rows<T>>> rows_;
  std::vector<std::unique_ptr<tile_level<T>>> parts_;
};

}  // namespace htj2k::native
