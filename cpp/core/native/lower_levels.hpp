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

  // A row of tiles begins.
  void begin_tiles() {
    parts_.clear();
    for (auto& rows : rows_) rows->expect_parts(0);
  }

  // Of each of them, before its rows are taken.
  void listen_to(const tile_plan& plan, tile_rows<T>& tile) {
    for (std::size_t level = 0; level < rows_.size(); ++level) {
      auto& part = *parts_.emplace_back(std::make_unique<tile_level<T>>(plan, below_[level], *rows_[level]));
      part.listen_to(tile);
      rows_[level]->expect_parts(rows_[level]->num_parts() + part.num_parts());
    }
  }

private:
  std::vector<unsigned> below_;
  std::vector<std::unique_ptr<level_rows<T>>> rows_;
  std::vector<std::unique_ptr<tile_level<T>>> parts_;
};

}  // namespace htj2k::native
