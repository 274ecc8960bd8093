#include "core/packet_header.hpp"

#include <algorithm>
#include <string>

#include "core/codestream.hpp"
#include "core/error.hpp"
#include "core/packet_budget.hpp"

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
    add_level(across, down);
    if (across == 1 && down == 1) break;
    across = (across + 1) / 2;
    down = (down + 1) / 2;
  }
  add_level(1, 1);
}

void tag_tree_shape::add_level(std::uint32_t across, std::uint32_t down) {
  widths_[num_levels_] = across;
  starts_[num_levels_++] = num_nodes_;
  num_nodes_ += std::size_t{across} * down;
}

tag_tree_shape::row tag_tree_shape::row_of(std::uint32_t y) const {
  row found;
  for (unsigned level = 0; level < num_levels_; ++level)
    found.starts_[level] = starts_[level] + std::size_t{y >> level} * widths_[level];
  return found;
}

void precinct_state::reset(const block_grid* grids, std::size_t num_grids, bool is_only_layer) {
  bands.resize(num_grids);
  for (std::size_t b = 0; b < num_grids; ++b) {
    if (grids[b].empty()) continue;
    const std::size_t num_nodes = tag_tree_shape(grids[b]).num_nodes();
    for (tag_tree* tree : {&bands[b].inclusion, &bands[b].missing_planes}) {
      tree->assign(num_nodes, tag_node{});
      tree->back().set(0, true);
    }
    if (!is_only_layer) bands[b].blocks.assign(std::size_t{grids[b].across} * grids[b].down, block_state{});
  }
  is_new_ = false;
}

namespace {

// The number of levels, from the finest up, of which the bits may still have to tell: of the node above them
// blocks before have. That is rarely more than one or two.
template <typename IsTold>
unsigned open_levels(const tag_tree& tree, const tag_tree_shape::row& row, std::uint32_t x, IsTold is_told) {
  unsigned level = 1;
  while (!is_told(tree[row.index(x, level)])) ++level;
  return level;
}

// The tree holds the layer in which a block is first included; a branch that has none up to this layer says
// so once.
bool read_inclusion(packet_bits& bits, tag_tree& tree, const tag_tree_shape::row& row, std::uint32_t x,
                    std::uint16_t layer) {
  unsigned level =
      open_levels(tree, row, x, [=](tag_node node) { return node.is_known() || node.value() > layer; });
  std::uint32_t least = tree[row.index(x, level)].value();
  if (least > layer) return false;
  while (level-- > 0) {
    tag_node& node = tree[row.index(x, level)];
    least = std::max(node.value(), least);
    bool is_known = false;
    while (!is_known && least <= layer) {
      if (bits.bit() != 0)
        is_known = true;
      else
        ++least;
    }
    node.set(least, is_known);
    if (least > layer) return false;
  }
  if (least != layer)
    fail("it is first included in layer " + std::to_string(layer) + ", but its tag tree says layer " +
             std::to_string(least),
         bits.position());
  return true;
}

std::uint8_t read_missing_planes(packet_bits& bits, tag_tree& tree, const tag_tree_shape::row& row,
                                 std::uint32_t x) {
  constexpr unsigned most = 127;  // M_b is at most 7 guard bits + 31 + the ROI shift's 37
  unsigned level = open_levels(tree, row, x, [](tag_node node) { return node.is_known(); });
  unsigned planes = tree[row.index(x, level)].value();
  while (level-- > 0) {
    planes += bits.zeros(most - planes);
    if (planes > most) fail("it has over 127 missing bit-planes", bits.position());
    tree[row.index(x, level)].set(planes, true);
  }
  return static_cast<std::uint8_t>(planes);
}

}  // namespace

packet_bits packet_header_reader::read_grid(packet_bits bits, const block_grid& grid, std::uint32_t band,
                                            std::size_t num_bands, precinct_state::band_state& state,
                                            std::uint16_t layer, part1_pieces& pieces) {
  const tag_tree_shape shape(grid);
  const bool is_layered = !state.blocks.empty();
  std::uint32_t x = 0, y = 0;
  try {
    for (y = 0; y < grid.down; ++y) {
      const tag_tree_shape::row row = shape.row_of(y);
      for (x = 0; x < grid.across; ++x) {
        bits.look_ahead();
        block_state* const kept = is_layered ? &state.blocks[std::size_t{y} * grid.across + x] : nullptr;
        const bool was_included = kept != nullptr && kept->is_included;
        if (was_included ? bits.bit() == 0 : !read_inclusion(bits, state.inclusion, row, x, layer)) continue;
        // Made where it stays: a copy of what was just written in parts would wait for all of them.
        placed_block& placed = blocks_.emplace_back();
        placed.column = grid.first_column + x;
        placed.row = grid.first_row + y;
        placed.band = band;
        block_state& block = placed.state;
        if (kept != nullptr) block = *kept;
        if (!was_included) block.zero_planes = read_missing_planes(bits, state.missing_planes, row, x);
        block.is_included = true;
        if (has_only_cleanup(bits, grid.rules, block)) {
          read_only_cleanup(bits, grid.rules, block);
        } else {
          packet_bits rest = bits;  // a copy that may have an address: see packet_bits::need
          placed.added = block_passes_reader(rest, grid.rules, pieces).read(block);
          bits = rest;
        }
        if (kept != nullptr) *kept = block;
        if (block.block.num_passes == 0) blocks_.pop_back();
      }
    }
  } catch (const error& e) {
    const std::string name =
        name_of_block(static_cast<unsigned>(num_bands), band, grid.first_column + x, grid.first_row + y);
    throw error(e.code(), name + ": " + e.what(), e.offset());
  }
  return bits;
}

// Gives each piece its place; they follow each other in the order in which the header tells of them.
std::uint64_t packet_header_reader::place_bodies(std::uint64_t start, part1_pieces& pieces) {
  std::uint64_t position = start;
  for (placed_block& placed : blocks_) {
    coded_block& block = placed.state.block;
    position += placed.added.skipped;
    if (!block.is_part1())
      for (std::size_t piece = placed.added.first_ht_piece; piece < block.sizes.size(); ++piece) {
        block.offsets[piece] = position;
        position += block.sizes[piece];
      }
    for (std::size_t i = 0; i < placed.added.num_pieces; ++i) {
      part1_piece& piece = pieces[placed.added.first_piece + i];
      piece.offset = position;
      position += piece.size;
    }
    placed.stop = position;
  }
  return position - start;
}

void packet_header_reader::keep_for_next_layer(const block_grid* grids, precinct_state& precinct) const {
  for (const placed_block& placed : blocks_) {
    const block_grid& grid = grids[placed.band];
    const std::size_t row = placed.row - grid.first_row;
    precinct.bands[placed.band].blocks[row * grid.across + placed.column - grid.first_column].block =
        placed.state.block;
  }
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
  blocks_.clear();
  const bool is_only_layer = options.num_layers == 1;
  packet_extent extent;
  if (bits.bit() == 1) {
    std::uint64_t num_blocks = 0;
    for (std::size_t i = 0; i < num_grids; ++i) num_blocks += std::uint64_t{grids[i].across} * grids[i].down;
    const bool is_reset = precinct.is_new() || is_only_layer;
    const std::uint64_t memory = is_reset ? precinct_state::memory_of(num_blocks, is_only_layer) : 0;
    place.budget->spend_on_blocks(num_blocks, memory, !is_only_layer);
    if (is_reset) precinct.reset(grids, num_grids, is_only_layer);
    // Each takes 6 bits of the header at least.
    blocks_.reserve(std::min(num_blocks, 2 * (stop - bits.position()) + 1));
    for (std::uint32_t i = 0; i < num_grids; ++i) {
      if (grids[i].empty()) continue;
      bits = read_grid(bits, grids[i], i, num_grids, precinct.bands[i], layer, *place.pieces);
    }
  }
  std::uint64_t position = bits.finish();
  if (options.uses_eph) position = skip_eph(bytes, position, stop);
  if (packed) packed->next = position;
  extent.header_size = (packed ? after_sop : position) - place.start;
  extent.body_size = place_bodies(place.start + extent.header_size, *place.pieces);
  if (!is_only_layer) keep_for_next_layer(grids, precinct);
  return extent;
}

}  // namespace htj2k
