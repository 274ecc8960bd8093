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

unsigned log2_floor(unsigned value) {
  unsigned result = 0;
  while (value >>= 1) ++result;
  return result;
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

// A cleanup pass ends in the plane below the missing ones, refinement passes in the next. OpenJPH drops the
// passes of blocks that have no such plane, and warns of it only once in a process.
void check_planes(unsigned missing, unsigned coded_passes, unsigned bit_planes, std::uint64_t offset) {
  const unsigned used = missing + (coded_passes > 1 ? 2 : 1);
  if (used > bit_planes)
    fail("it has " + std::to_string(missing) + " missing bit-planes and " + std::to_string(coded_passes) +
             " coding passes, which do not fit the " + std::to_string(bit_planes) +
             " bit-planes of its subband",
         offset);
}

// OpenJPH's 64-bit decoder shifts a 32-bit integer too far in the significance propagation pass: other
// pixels.
void check_refinement(unsigned coded_passes, const block_grid& grid, std::uint64_t offset) {
  if (coded_passes > 1 && !grid.may_refine)
    throw error(error_code::unsupported,
                "refinement passes in a component of more than " + std::to_string(most_bits_in_32) +
                    " magnitude bits, at byte " + std::to_string(offset) + ", are not supported",
                offset);
}

}  // namespace

// Bits, highest first; the byte after an FF has only seven (T.800 B.10.1).
class packet_header_reader::bit_reader {
public:
  bit_reader(byte_span bytes, std::uint64_t position, std::uint64_t stop)
      : bytes_(bytes), position_(position), stop_(stop) {}

  unsigned bit() {
    if (left_ == 0) next_byte();
    return (current_ >> --left_) & 1U;
  }

  std::uint64_t bits(unsigned count) {
    std::uint64_t value = 0;
    while (count-- > 0) value = (value << 1) | bit();
    return value;
  }

  // Where the header ends: a last byte FF is followed by a stuffed one.
  std::uint64_t finish() {
    if (current_ == 0xFF) next_byte();
    return position_;
  }

  std::uint64_t position() const { return position_; }

private:
  void next_byte() {
    if (position_ >= stop_) fail("a packet header runs over the end of its tile-part", position_);
    left_ = current_ == 0xFF ? 7 : 8;
    current_ = bytes_.data[position_++];
  }

  byte_span bytes_;
  std::uint64_t position_;
  std::uint64_t stop_;
  unsigned current_ = 0;
  unsigned left_ = 0;
};

std::string name_of_block(unsigned num_bands, unsigned band, std::uint32_t column, std::uint32_t row) {
  static constexpr const char* names[] = {"HL", "LH", "HH"};
  return std::string(num_bands == 1 ? "LL" : names[band]) + " codeblock (" + std::to_string(column) + ", " +
         std::to_string(row) + ")";
}

void tag_tree::reset(const block_grid& grid) {
  widths_.clear();
  starts_.clear();
  std::uint32_t across = grid.across;
  std::uint32_t down = grid.down;
  std::size_t total = 0;
  while (true) {
    widths_.push_back(across);
    starts_.push_back(total);
    total += std::size_t{across} * down;
    if (across == 1 && down == 1) break;
    across = (across + 1) / 2;
    down = (down + 1) / 2;
  }
  nodes_.assign(total, node{});
}

void precinct_state::reset(const block_grid* grids, std::size_t num_grids) {
  for (std::size_t b = 0; b < num_grids; ++b) {
    if (grids[b].empty()) continue;
    bands[b].inclusion.reset(grids[b]);
    bands[b].missing_planes.reset(grids[b]);
    bands[b].blocks.assign(std::size_t{grids[b].across} * grids[b].down, block_state{});
  }
  is_new_ = false;
}

// The tree holds the layer in which a block is first included; a branch that has none up to this layer says
// so once.
bool packet_header_reader::read_inclusion(bit_reader& bits, tag_tree& tree, std::uint32_t x, std::uint32_t y,
                                          std::uint16_t layer) {
  std::uint16_t least = 0;
  for (unsigned level = tree.num_levels(); level-- > 0;) {
    auto& node = tree.at(x, y, level);
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

unsigned packet_header_reader::read_missing_planes(bit_reader& bits, tag_tree& tree, std::uint32_t x,
                                                   std::uint32_t y) {
  constexpr unsigned most = 127;  // M_b is at most 7 guard bits + 31 + the ROI shift's 37
  unsigned planes = 0;
  for (unsigned level = tree.num_levels(); level-- > 0;) {
    auto& node = tree.at(x, y, level);
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

// Table B.4 of T.800.
unsigned packet_header_reader::read_passes(bit_reader& bits) {
  if (bits.bit() == 0) return 1;
  if (bits.bit() == 0) return 2;
  const auto two = static_cast<unsigned>(bits.bits(2));
  if (two != 3) return 3 + two;
  const auto five = static_cast<unsigned>(bits.bits(5));
  if (five != 31) return 6 + five;
  return 37 + static_cast<unsigned>(bits.bits(7));
}

void packet_header_reader::read_length_bits(bit_reader& bits, precinct_state::block_state& state) {
  while (bits.bit() == 1)
    if (++state.length_bits > 32) fail("its Lblock is over 32", bits.position());
}

// Until a cleanup pass has bytes, passes are placeholders: whole sets of three that stand for planes without
// significant coefficients (T.814 B.3). The length is that of the passes up to the last cleanup pass; when it
// is zero, all of these passes are placeholders, and the length goes on as if all of them had one. Returns
// how many passes follow the cleanup pass; its size stays 0 when there was none.
unsigned packet_header_reader::read_cleanup(bit_reader& bits, precinct_state::block_state& state,
                                            unsigned passes) {
  const unsigned after = (state.placeholders + passes - 1) % 3;
  const unsigned measured = after < passes ? passes - after : passes;
  const unsigned count = state.length_bits + log2_floor(measured);
  const std::uint64_t size = bits.bits(count);
  if (size == 0 && bits.bits(state.length_bits + log2_floor(passes) - count) == 0) {
    state.placeholders = static_cast<std::uint16_t>(state.placeholders + passes);
    return 0;
  }
  if (size == 0 || after >= passes) fail("a placeholder pass has bytes", bits.position());
  if (size < 2 || size >= 65535)
    fail("its cleanup segment has " + std::to_string(size) + " bytes; 2 to 65534 are legal", bits.position());
  state.placeholders = static_cast<std::uint16_t>(state.placeholders + measured - 1);
  state.block.sizes[0] = static_cast<std::uint16_t>(size);
  state.block.num_passes = 1;
  return after;
}

// The passes after the cleanup pass share a segment, of which layers may hold a pass each.
void packet_header_reader::read_refinement(bit_reader& bits, precinct_state::block_state& state,
                                           unsigned passes) {
  const std::size_t piece = state.block.num_passes;
  if (piece + passes > 3)
    throw error(error_code::unsupported, "more than one HT set is not supported", bits.position());
  const std::uint64_t size = bits.bits(state.length_bits + passes - 1);
  if (size + state.block.refinement_size() >= 2047)
    fail("its refinement segment has " + std::to_string(size + state.block.refinement_size()) +
             " bytes; at most 2046 are legal",
         bits.position());
  if (piece + passes == 3 && size + state.block.refinement_size() == 0)
    throw error(error_code::unsupported, "three passes without refinement bytes are not supported",
                bits.position());
  state.block.sizes[piece] = static_cast<std::uint16_t>(size);
  state.block.num_passes = static_cast<std::uint8_t>(piece + passes);
}

// What a packet adds to a block; false if that is no bytes.
bool packet_header_reader::read_contribution(bit_reader& bits, precinct_state::block_state& state,
                                             const block_grid& grid, bool is_only_layer) {
  const unsigned missing = state.block.missing_planes - state.placeholders / 3U;
  unsigned passes = read_passes(bits);
  read_length_bits(bits, state);
  if (state.block.num_passes == 0) passes = read_cleanup(bits, state, passes);
  if (state.block.num_passes == 0 && is_only_layer)
    fail("its cleanup segment has 0 bytes; 2 to 65534 are legal", bits.position());
  if (state.block.num_passes != 0 && passes != 0) read_refinement(bits, state, passes);
  check_planes(missing + state.placeholders / 3U, std::max<unsigned>(state.block.num_passes, 1),
               grid.bit_planes, bits.position());
  check_refinement(state.block.num_passes, grid, bits.position());
  state.block.missing_planes = static_cast<std::uint8_t>(missing + state.placeholders / 3U);
  return state.block.num_passes != 0;
}

void packet_header_reader::read_block(bit_reader& bits, const block_grid& grid, const contribution& place,
                                      precinct_state::band_state& state, std::uint16_t layer,
                                      bool is_only_layer) {
  auto& block = *place.state;
  if (block.is_included) {
    if (bits.bit() == 0) return;
  } else {
    const std::uint32_t x = place.column - grid.first_column, y = place.row - grid.first_row;
    if (!read_inclusion(bits, state.inclusion, x, y, layer)) return;
    block.is_included = true;
    block.block.missing_planes =
        static_cast<std::uint8_t>(read_missing_planes(bits, state.missing_planes, x, y));
  }
  if (read_contribution(bits, block, grid, is_only_layer)) contributions_.push_back(place);
}

void packet_header_reader::read_grid(bit_reader& bits, const block_grid& grid, std::uint32_t band,
                                     std::size_t num_bands, precinct_state::band_state& state,
                                     std::uint16_t layer, bool is_only_layer) {
  contribution place{band, 0, 0, state.blocks.data(), 0};
  try {
    for (std::uint32_t y = 0; y < grid.down; ++y)
      for (std::uint32_t x = 0; x < grid.across; ++x, ++place.state) {
        place.column = grid.first_column + x;
        place.row = grid.first_row + y;
        place.first_piece = place.state->block.num_passes;
        read_block(bits, grid, place, state, layer, is_only_layer);
      }
  } catch (const error& e) {
    throw error(
        e.code(),
        name_of_block(static_cast<unsigned>(num_bands), band, place.column, place.row) + ": " + e.what(),
        e.offset());
  }
}

// Gives each piece its place; they follow each other in the order in which the header tells of them.
std::uint64_t packet_header_reader::place_bodies(std::uint64_t start) {
  std::uint64_t position = start;
  blocks_.clear();
  for (const contribution& added : contributions_) {
    coded_block& block = added.state->block;
    for (std::size_t piece = added.first_piece; piece < block.sizes.size(); ++piece) {
      block.offsets[piece] = position;
      position += block.sizes[piece];
    }
    blocks_.push_back({added.band, added.column, added.row, block});
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
  bit_reader bits(bytes, packed ? packed->next : after_sop, stop);
  contributions_.clear();
  if (bits.bit() == 1) {
    if (precinct.is_new() || options.num_layers == 1) precinct.reset(grids, num_grids);
    for (std::uint32_t i = 0; i < num_grids; ++i)
      if (!grids[i].empty())
        read_grid(bits, grids[i], i, num_grids, precinct.bands[i], layer, options.num_layers == 1);
  }
  std::uint64_t position = bits.finish();
  if (options.uses_eph) position = skip_eph(bytes, position, stop);
  if (packed) packed->next = position;
  packet_extent extent;
  extent.header_size = (packed ? after_sop : position) - place.start;
  extent.body_size = place_bodies(place.start + extent.header_size);
  return extent;
}

}  // namespace htj2k
