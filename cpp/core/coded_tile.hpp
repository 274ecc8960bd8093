// The codeblocks of one tile as its packet headers tell of them.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/lost_blocks.hpp"
#include "core/packet_order.hpp"

namespace htj2k {

// The codeblocks of one subband. Memory is taken when the first coded one is met: empty packets cost nothing.
class coded_band {
public:
  bool is_empty() const { return blocks_.empty(); }
  // A row of them; null when none in the subband is coded.
  const coded_block* row(std::uint32_t y) const {
    return blocks_.empty() ? nullptr : blocks_.data() + y * across_;
  }
  void add(const tile_resolution& resolution, const placed_block& placed) {
    if (blocks_.empty()) {
      across_ = resolution.blocks_across(placed.band);
      blocks_.resize(across_ * resolution.blocks_down(placed.band));
    }
    blocks_[placed.row * across_ + placed.column] = placed.state.block;
  }

private:
  std::size_t across_ = 0;
  std::vector<coded_block> blocks_;
};

struct coded_tile {
  tile_geometry geometry;
  std::vector<std::vector<std::array<coded_band, 3>>> bands;  // [component][resolution][band]
  part1_pieces pieces;                                        // of its Part 1 blocks
  std::unique_ptr<lost_blocks> lost;                          // null: that any is lost is an error
};

}  // namespace htj2k
