#include "core/encoder/packet_tags.hpp"

namespace htj2k::encoder {

void packet_tags::build(const block_grid& grid, const tag_tree_shape& shape, const coded_bytes* blocks,
                        std::size_t stride) {
  nodes_.resize(shape.num_nodes());
  node* leaf = nodes_.data();
  for (std::uint32_t y = 0; y < grid.down; ++y, blocks += stride)
    for (std::uint32_t x = 0; x < grid.across; ++x) *leaf++ = blocks[x].size != 0 ? includes : leaves_out;
  const unsigned above_root = shape.num_levels() - 1;
  for (unsigned level = 1; level < above_root; ++level) build_level(shape, level);
  nodes_.back() = includes | leaves_out | inclusion_told | planes_told;
}

// OpenJPH 0.32.0 takes for the missing right children of a node at the right edge those that follow in
// memory, the first of the next row. A node may then say less than its own children would let it, which
// costs bits, but decodes alike. The same bytes take the same children.
void packet_tags::build_level(const tag_tree_shape& shape, unsigned level) {
  const node* const children = nodes_.data() + shape.start(level - 1);
  const std::size_t count = shape.start(level) - shape.start(level - 1);
  const std::size_t width = shape.width(level - 1);
  const auto child = [=](std::size_t i) { return i < count ? children[i] : 0; };
  node* parent = nodes_.data() + shape.start(level);
  for (std::size_t row = 0; row < count; row += 2 * width)
    for (std::size_t i = row; i < row + width; i += 2)
      *parent++ = static_cast<node>(child(i) | child(i + 1) | child(i + width) | child(i + width + 1));
}

// The number of levels, from the finest up, that the header has not told of yet above a block it comes to.
unsigned packet_tags::open_levels(const tag_tree_shape::row& row, std::uint32_t x, flag told) const {
  unsigned level = 1;
  while ((nodes_[row.index(x, level)] & told) == 0) ++level;
  return level;
}

bool packet_tags::write_inclusion(packet_bit_writer& bits, const tag_tree_shape::row& row, std::uint32_t x) {
  unsigned level = open_levels(row, x, inclusion_told);
  bool is_included = (nodes_[row.index(x, level)] & includes) != 0;
  while (is_included && level-- > 0) {
    node& here = nodes_[row.index(x, level)];
    here |= inclusion_told;
    is_included = (here & includes) != 0;
    bits.put(is_included ? 1 : 0, 1);
  }
  return is_included;
}

void packet_tags::write_missing_planes(packet_bit_writer& bits, const tag_tree_shape::row& row,
                                       std::uint32_t x, unsigned planes) {
  const auto least = [=](node n) { return (n & leaves_out) != 0 ? 0 : planes; };
  unsigned level = open_levels(row, x, planes_told);
  unsigned known = least(nodes_[row.index(x, level)]);
  while (level-- > 0) {
    node& here = nodes_[row.index(x, level)];
    here |= planes_told;
    bits.put(1, least(here) - known + 1);
    known = least(here);
  }
}

}  // namespace htj2k::encoder
