#include "core/packet_header.hpp"

#include <algorithm>
#include <string>

#include "core/codestream.hpp"
#include "core/error.hpp"

namespace htj2k {
namespace {

constexpr std::uint16_t sop_marker = 0xFF91;
constexpr std::uint16_t eph_marker = 0xFF92;
constexpr std::uint64_t sop_size = 6;
constexpr std::uint64_t eph_size = 2;

[[noreturn]] void fail(const std::string& what, std::uint64_t offset) {
  throw error(error_code::codestream, what, offset);
}

// SOP may stand before a packet when Scod allows it (T.800 A.8.1).
std::uint64_t skip_sop(byte_span bytes, std::uint64_t start, std::uint64_t stop) {
  if (stop - start < 2 || load_u16(bytes.data + start) != sop_marker) return start;
  if (stop - start < sop_size) fail("a SOP marker segment runs over the end of its tile-part", start);
  if (load_u16(bytes.data + start + 2) != 4)
    fail("Lsop is " + std::to_string(load_u16(bytes.data + start + 2)) + "; expected 4", start + 2);
  return start + sop_size;
}

std::uint64_t skip_eph(byte_span bytes, std::uint64_t position, std::uint64_t stop) {
  if (stop - position < eph_size || load_u16(bytes.data + position) != eph_marker)
    fail("no EPH marker after the packet header, which Scod asks for", position);
  return position + eph_size;
}

}  // namespace

std::string name_of_block(unsigned num_bands, unsigned band, std::uint32_t column, std::uint32_t row) {
  static constexpr const char* names[] = {"HL", "LH", "HH"};
  return std::string(num_bands == 1 ? "LL" : names[band]) + " codeblock (" + std::to_string(column) + ", " +
         std::to_string(row) + ")";
}

tag_tree_shape::tag_tree_shape(const block_grid& grid) {
  std::uint32_t across = grid.across;
  std::uint32_t down = grid.down;
  while (true) {
    widths_[num_levels_] = across;
    starts_[num_levels_++] = num_nodes_;
    num_nodes_ += std::size_t{across} * down;
    if (across == 1 && down == 1) return;
    across = (across + 1) / 2;
    down = (down + 1) / 2;
  }
}

void precinct_state::reset(const block_grid* grids, std::size_t num_grids) {
  bands.resize(num_grids);
  for (std::size_t b = 0; b < num_grids; ++b) {
    if (grids[b].empty()) continue;
    const std::size_t num_nodes = tag_tree_shape(grids[b]).num_nodes();
    bands[b].inclusion.assign(num_nodes, tag_node{});
    bands[b].missing_planes.assign(num_nodes, tag_node{});
    bands[b].blocks.assign(std::size_t{grids[b].across} * grids[b].down, block_state{});
  }
  is_new_ = false;
}

namespace {

// The number of levels, from the finest up, of which the bits may still have to tell: above them blocks
// before have been told of. That is rarely more than one or two.
template <typename IsTold>
unsigned open_levels(const tag_tree_shape& shape, const tag_tree& tree, std::uint32_t x, std::uint32_t y,
                     IsTold is_told) {
  unsigned level = 1;
  while (level < shape.num_levels() && !is_told(tree[shape.index(x, y, level)])) ++level;
  return level;
}

std::uint16_t value_above(const tag_tree_shape& shape, const tag_tree& tree, std::uint32_t x, std::uint32_t y,
                          unsigned level) {
  return level < shape.num_levels() ? tree[shape.index(x, y, level)].value : std::uint16_t{0};
}

}  // namespace

// The tree holds the layer in which a block is first included; a branch that has none up to this layer says
// so once.
bool packet_header_reader::read_inclusion(packet_bits& bits, const tag_tree_shape& shape, tag_tree& tree,
                                          std::uint32_t x, std::uint32_t y, std::uint16_t layer) {
  unsigned level =
      open_levels(shape, tree, x, y, [=](const tag_node& node) { return node.known || node.value > layer; });
  std::uint16_t least = value_above(shape, tree, x, y, level);
  if (least > layer) return false;
  while (level-- > 0) {
    tag_node& node = tree[shape.index(x, y, level)];
    node.value = std::max(node.value, least);
    while (!node.known && node.value <= layer) {
      if (bits.bit() != 0)
        node.known = true;
      else
        ++node.value;
    }
    least = node.value;
    if (least > layer) return false;
  }
  if (least != layer)
    fail("it is first included in layer " + std::to_string(layer) + ", but its tag tree says layer " +
             std::to_string(least),
         bits.position());
  return true;
}

unsigned packet_header_reader::read_missing_planes(packet_bits& bits, const tag_tree_shape& shape,
                                                   tag_tree& tree, std::uint32_t x, std::uint32_t y) {
  constexpr unsigned most = 127;  // M_b is at most 7 guard bits + 31 + the ROI shift's 37
  unsigned level = open_levels(shape, tree, x, y, [](const tag_node& node) { return node.known; });
  unsigned planes = value_above(shape, tree, x, y, level);
  while (level-- > 0) {
    tag_node& node = tree[shape.index(x, y, level)];
    if (!node.known) {
      while (bits.bit() == 0)
        if (++planes > most) fail("it has over 127 missing bit-planes", bits.position());
      node.value = static_cast<std::uint16_t>(planes);
      node.known = true;
    }
    planes = node.value;
  }
  return planes;
}

// Whether the packet adds to the block at (x, y).
bool packet_header_reader::read_block(packet_bits& bits, const tag_tree_shape& shape,
                                      precinct_state::band_state& band, std::uint32_t x, std::uint32_t y,
                                      std::uint16_t layer, block_state& block) {
  if (block.is_included) return bits.bit() == 1;
  if (!read_inclusion(bits, shape, band.inclusion, x, y, layer)) return false;
  block.is_included = true;
  block.zero_planes = static_cast<std::uint8_t>(read_missing_planes(bits, shape, band.missing_planes, x, y));
  return true;
}

void packet_header_reader::read_grid(packet_bits& bits, const block_grid& grid, std::uint32_t band,
                                     std::size_t num_bands, precinct_state::band_state& state,
                                     std::uint16_t layer, part1_pieces& pieces) {
  const tag_tree_shape shape(grid);
  block_passes_reader passes(bits, grid.rules, pieces);
  std::uint32_t x = 0, y = 0;
  try {
    for (y = 0; y < grid.down; ++y)
      for (x = 0; x < grid.across; ++x) {
        block_state& block = state.blocks[std::size_t{y} * grid.across + x];
        if (!read_block(bits, shape, state, x, y, layer, block)) continue;
        const block_contribution added = passes.read(block);
        if (block.block.num_passes == 0) continue;
        contributions_.push_back({band, grid.first_column + x, grid.first_row + y, &block, added});
      }
  } catch (const error& e) {
    const std::string name =
        name_of_block(static_cast<unsigned>(num_bands), band, grid.first_column + x, grid.first_row + y);
    throw error(e.code(), name + ": " + e.what(), e.offset());
  }
}

// Gives each piece its place; they follow each other in the order in which the header tells of them.
std::uint64_t packet_header_reader::place_bodies(std::uint64_t start, part1_pieces& pieces) {
  std::uint64_t position = start;
  blocks_.clear();
  for (const contribution& one : contributions_) {
    coded_block& block = one.state->block;
    position += one.added.skipped;
    if (!block.is_part1())
      for (std::size_t piece = one.added.first_ht_piece; piece < block.sizes.size(); ++piece) {
        block.offsets[piece] = position;
        position += block.sizes[piece];
      }
    for (std::size_t i = 0; i < one.added.num_pieces; ++i) {
      part1_piece& piece = pieces[one.added.first_piece + i];
      piece.offset = position;
      position += piece.size;
    }
    blocks_.push_back({one.band, one.column, one.row, block, position});
  }
  return position - start;
}

packet_extent packet_header_reader::read(const packet_place& place, const block_grid* grids,
                                         std::size_t num_grids, precinct_state& precinct, std::uint16_t layer,
                                         const packet_options& options) {
  const std::uint64_t after_sop =
      options.uses_sop ? skip_sop(place.data, place.start, place.stop) : place.start;
  packed_headers* const packed = place.packed;
  const byte_span bytes = packed ? byte_span{packed->bytes.data(), packed->bytes.size()} : place.data;
  const std::uint64_t stop = packed ? bytes.size : place.stop;
  packet_bits bits(bytes, packed ? packed->next : after_sop, stop);
  contributions_.clear();
  packet_extent extent;
  if (bits.bit() == 1) {
    if (precinct.is_new() || options.num_layers == 1) precinct.reset(grids, num_grids);
    for (std::uint32_t i = 0; i < num_grids; ++i) {
      if (grids[i].empty()) continue;
      read_grid(bits, grids[i], i, num_grids, precinct.bands[i], layer, *place.pieces);
      extent.blocks_seen += std::uint64_t{grids[i].across} * grids[i].down;
    }
  }
  std::uint64_t position = bits.finish();
  if (options.uses_eph) position = skip_eph(bytes, position, stop);
  if (packed) packed->next = position;
  extent.header_size = (packed ? after_sop : position) - place.start;
  extent.body_size = place_bodies(place.start + extent.header_size, *place.pieces);
  return extent;
}

}  // namespace htj2k
