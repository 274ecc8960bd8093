#include "core/packet_header.hpp"

#include <string>

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
    fail("a codeblock has " + std::to_string(missing) + " missing bit-planes and " +
             std::to_string(coded_passes) + " coding passes, which do not fit the " +
             std::to_string(bit_planes) + " bit-planes of its subband",
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

void packet_header_reader::tag_tree::reset(const block_grid& grid) {
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

// With one layer the tree only says included (0) or not (1), and a branch without any says so once.
bool packet_header_reader::read_inclusion(bit_reader& bits, tag_tree& tree, std::uint32_t x,
                                          std::uint32_t y) {
  for (unsigned level = tree.num_levels(); level-- > 0;) {
    auto& node = tree.at(x, y, level);
    if (!node.known) {
      node.value = bits.bit() ? 0 : 1;
      node.known = true;
    }
    if (node.value != 0) return false;
  }
  return true;
}

unsigned packet_header_reader::read_missing_planes(bit_reader& bits, tag_tree& tree, std::uint32_t x,
                                                   std::uint32_t y) {
  constexpr unsigned most = 127;  // Kmax is at most 7 guard bits + 31 + the ROI shift's 37
  unsigned planes = 0;
  for (unsigned level = tree.num_levels(); level-- > 0;) {
    auto& node = tree.at(x, y, level);
    if (!node.known) {
      while (bits.bit() == 0)
        if (++planes > most) fail("a codeblock has over 127 missing bit-planes", bits.position());
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

// An HT codeblock has one or two segments: cleanup, then both refinement passes. Passes before them in
// multiples of three are placeholders without bytes (T.814 B.3).
coded_block packet_header_reader::read_block(bit_reader& bits, unsigned missing_planes, unsigned bit_planes) {
  const unsigned passes = read_passes(bits);
  const unsigned placeholders = (passes - 1) / 3;
  const unsigned coded = passes - 3 * placeholders;
  check_planes(missing_planes + placeholders, coded, bit_planes, bits.position());
  unsigned length_bits = 3;
  while (bits.bit() == 1)
    if (++length_bits > 32) fail("Lblock of a codeblock is over 32", bits.position());
  const std::uint64_t cleanup = bits.bits(length_bits + log2_floor(placeholders + 1));
  if (cleanup < 2 || cleanup >= 65535)
    fail("the cleanup segment of a codeblock has " + std::to_string(cleanup) + " bytes; 2 to 65534 are legal",
         bits.position());
  coded_block block;
  block.missing_planes = static_cast<std::uint8_t>(missing_planes + placeholders);
  block.num_passes = static_cast<std::uint8_t>(coded);
  block.cleanup_size = static_cast<std::uint16_t>(cleanup);
  if (coded == 1) return block;
  const std::uint64_t refinement = bits.bits(length_bits + (coded == 3 ? 1 : 0));
  if (refinement >= 2047)
    fail("the refinement segment of a codeblock has " + std::to_string(refinement) +
             " bytes; at most 2046 are legal",
         bits.position());
  block.refinement_size = static_cast<std::uint16_t>(refinement);
  return block;
}

void packet_header_reader::read_grid(bit_reader& bits, const block_grid& grid, std::uint32_t band) {
  inclusion_.reset(grid);
  missing_planes_.reset(grid);
  for (std::uint32_t y = 0; y < grid.down; ++y)
    for (std::uint32_t x = 0; x < grid.across; ++x) {
      if (!read_inclusion(bits, inclusion_, x, y)) continue;
      const unsigned missing = read_missing_planes(bits, missing_planes_, x, y);
      blocks_.push_back(
          {band, grid.first_column + x, grid.first_row + y, read_block(bits, missing, grid.bit_planes)});
    }
}

packet_extent packet_header_reader::read(byte_span bytes, std::uint64_t start, std::uint64_t stop,
                                         const block_grid* grids, std::size_t num_grids, bool uses_sop,
                                         bool uses_eph) {
  const std::uint64_t first = uses_sop ? skip_sop(bytes, start, stop) : start;
  bit_reader bits(bytes, first, stop);
  packet_extent extent;
  blocks_.clear();
  if (bits.bit() == 1)
    for (std::uint32_t i = 0; i < num_grids; ++i)
      if (!grids[i].empty()) read_grid(bits, grids[i], i);
  std::uint64_t position = bits.finish();
  if (uses_eph) position = skip_eph(bytes, position, stop);
  extent.header_size = position - start;
  for (placed_block& placed : blocks_) {
    placed.block.offset = position + extent.body_size;
    extent.body_size += placed.block.size();
  }
  return extent;
}

}  // namespace htj2k
