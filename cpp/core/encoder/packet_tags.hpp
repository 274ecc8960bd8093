// The two tag trees of a subband in a packet: which codeblocks are included, and how many bit-planes those
// miss (T.800 B.10.2, B.10.4, B.10.5).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/encoder/coded_blocks.hpp"
#include "core/encoder/packet_bit_writer.hpp"
#include "core/packet_header.hpp"

namespace htj2k::encoder {

// With one layer a block is included in layer 0 or later. All included ones miss the same number of planes,
// and the others count as if they missed none. So all that a node of either tree can say is which of the two
// kinds are below it. Keeps its memory between packets.
class packet_tags {
public:
  // `blocks`: the first of the grid, which has rows of `stride` blocks.
  void build(const block_grid& grid, const tag_tree_shape& shape, const coded_bytes* blocks,
             std::size_t stride);

  bool any_included() const { return (nodes_[nodes_.size() - 2] & includes) != 0; }

  // What the header has not told yet of whether the block in column `x` is included; returns that.
  bool write_inclusion(packet_bit_writer& bits, const tag_tree_shape::row& row, std::uint32_t x);
  void write_missing_planes(packet_bit_writer& bits, const tag_tree_shape::row& row, std::uint32_t x,
                            unsigned planes);

private:
  using node = std::uint8_t;
  enum flag : node { includes = 1, leaves_out = 2, inclusion_told = 4, planes_told = 8 };

  void build_level(const tag_tree_shape& shape, unsigned level);
  unsigned open_levels(const tag_tree_shape::row& row, std::uint32_t x, flag told) const;

  std::vector<node> nodes_;
};

}  // namespace htj2k::encoder
