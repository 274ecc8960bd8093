#include "core/block_passes.hpp"

#include <algorithm>
#include <string>

#include "core/codestream.hpp"

namespace htj2k {
namespace {

[[noreturn]] void fail(const std::string& what, const packet_bits& bits) {
  throw error(error_code::codestream, what, bits.position());
}

[[noreturn]] void unsupported(const std::string& what, const packet_bits& bits) {
  throw error(error_code::unsupported, what + " is not supported", bits.position());
}

unsigned log2_floor(unsigned value) {
  unsigned result = 0;
  while (value >>= 1) ++result;
  return result;
}

void check_cleanup_size(std::uint64_t size, const packet_bits& bits) {
  if (!is_cleanup_size(size)) fail_cleanup_size(size, bits.position());
}

// What OpenJPH's block decoders decode to other pixels, or refuse.
void check_refinement(const coded_block& block, const block_rules& rules, const packet_bits& bits) {
  // Its 64-bit one shifts a 32-bit integer too far in the significance propagation pass.
  if (block.num_passes > 1 && !rules.may_refine)
    unsupported("a codeblock with refinement passes in a component of more than " +
                    std::to_string(most_bits_in_32) + " magnitude bits, at byte " +
                    std::to_string(bits.position()) + ",",
                bits);
  if (block.num_passes == 3 && block.refinement_size() == 0)
    unsupported("a codeblock of three passes without refinement bytes", bits);
}

}  // namespace

void fail_planes(const block_state& state, unsigned passes, unsigned bit_planes, std::uint64_t offset) {
  throw error(error_code::codestream,
              "a codeblock has " + std::to_string(state.zero_planes) + " missing bit-planes and " +
                  std::to_string(state.passes + passes) + " coding passes, which do not fit the " +
                  std::to_string(bit_planes) + " bit-planes of its subband",
              offset);
}

void fail_cleanup_size(std::uint64_t size, std::uint64_t offset) {
  throw error(
      error_code::codestream,
      "the cleanup segment of a codeblock has " + std::to_string(size) + " bytes; 2 to 65534 are legal",
      offset);
}

block_contribution block_passes_reader::read(block_state& state) {
  added_ = {};
  added_.first_piece = static_cast<std::uint32_t>(pieces_.size());
  added_.first_ht_piece = state.block.num_passes;
  state.is_part1 = state.is_part1 || rules_.is_part1();
  unsigned passes = read_passes();
  if (!fits_planes(state, passes, rules_.bit_planes))
    fail_planes(state, passes, rules_.bit_planes, bits_.position());
  read_length_bits(bits_, state);
  if (!state.is_part1 && state.block.num_passes == 0) passes = read_first_cleanup(state, passes);
  if (state.is_part1) {
    read_part1_passes(state, passes);
  } else {
    read_ht_passes(state, passes);
    if (state.block.num_passes == 0 && rules_.is_only_layer && !rules_.is_mixed())
      check_cleanup_size(0, bits_);
    check_refinement(state.block, rules_, bits_);
  }
  added_.num_pieces = static_cast<std::uint16_t>(pieces_.size() - added_.first_piece);
  return added_;
}

// Table B.4 of T.800.
unsigned block_passes_reader::read_passes() {
  if (bits_.bit() == 0) return 1;
  if (bits_.bit() == 0) return 2;
  const auto two = static_cast<unsigned>(bits_.bits(2));
  if (two != 3) return 3 + two;
  const auto five = static_cast<unsigned>(bits_.bits(5));
  if (five != 31) return 6 + five;
  return 37 + static_cast<unsigned>(bits_.bits(7));
}

// Until a cleanup pass of an HT block has bytes, passes are placeholders: whole sets of three that stand for
// planes without significant coefficients (T.814 B.3). The length is that of the passes up to the last
// cleanup pass; when it is zero, it goes on as if all of these passes had one, as in a Part 1 block. Where
// blocks are mixed, the length tells which kind this is: an HT block's has more bits than it needs, a Part 1
// block's no more than it needs or than the three that Lblock starts with. Returns how many passes are left
// to be read.
unsigned block_passes_reader::read_first_cleanup(block_state& state, unsigned passes) {
  const unsigned after = (state.passes + passes - 1) % 3;
  const bool has_cleanup = after < passes;
  const unsigned measured = has_cleanup ? passes - after : passes;
  const unsigned count = state.length_bits + log2_floor(measured);
  std::uint64_t size = bits_.bits(count);
  const bool is_longer_than_needed = state.length_bits > 3 && size > 1 && size >> (count - 1) == 0;
  if (has_cleanup && size != 0 && (!rules_.is_mixed() || is_longer_than_needed)) {
    check_cleanup_size(size, bits_);
    state.passes = static_cast<std::uint16_t>(state.passes + measured - 1);
    begin_set(state, size);
    ++state.passes;
    return after;
  }
  const unsigned rest = state.length_bits + log2_floor(passes) - count;
  size = size << rest | bits_.bits(rest);
  if (size != 0 && !rules_.is_mixed()) fail("a placeholder pass of a codeblock has bytes", bits_);
  if (size != 0) {
    state.is_part1 = true;
    add_part1_passes(state, passes, size);
  }
  state.passes = static_cast<std::uint16_t>(state.passes + passes);
  return 0;
}

// Each set of three passes has a segment for the cleanup pass and one that the others share, of which layers
// may hold a pass each.
void block_passes_reader::read_ht_passes(block_state& state, unsigned passes) {
  while (passes > 0) {
    const unsigned in_set = state.passes % 3;
    const unsigned count = in_set == 1 ? std::min(passes, 2U) : 1;
    const std::uint64_t size = bits_.bits(state.length_bits + count - 1);
    if (in_set == 0)
      begin_set(state, size);
    else
      add_refinement(state, count, size);
    state.passes = static_cast<std::uint16_t>(state.passes + count);
    passes -= count;
  }
}

// A set codes all planes down to its own, one below that of the set before, and so replaces it. One without
// bytes does not.
void block_passes_reader::begin_set(block_state& state, std::uint64_t size) {
  coded_block& block = state.block;
  if (block.num_passes != 0 && !rules_.may_repeat_sets)
    fail("a codeblock has more than one HT set, which Ccap15 bit 13 (CAP) rules out", bits_);
  if (size == 0) return;
  check_cleanup_size(size, bits_);
  for (unsigned piece = added_.first_ht_piece; piece < block.num_passes; ++piece)
    added_.skipped += block.sizes[piece];
  added_.first_ht_piece = 0;
  block.sizes = {static_cast<std::uint16_t>(size), 0, 0};
  block.num_passes = 1;
  block.missing_planes = static_cast<std::uint8_t>(state.zero_planes + state.passes / 3);
}

void block_passes_reader::add_refinement(block_state& state, unsigned passes, std::uint64_t size) {
  coded_block& block = state.block;
  if (block.missing_planes != state.zero_planes + state.passes / 3) {  // the set has no cleanup segment
    if (size != 0) fail("a codeblock has refinement bytes after an empty cleanup pass", bits_);
    return;
  }
  if (size + block.refinement_size() >= 2047)
    fail("the refinement segment of a codeblock has " + std::to_string(size + block.refinement_size()) +
             " bytes; at most 2046 are legal",
         bits_);
  block.sizes[block.num_passes] = static_cast<std::uint16_t>(size);
  block.num_passes = static_cast<std::uint8_t>(block.num_passes + passes);
}

void block_passes_reader::read_part1_passes(block_state& state, unsigned passes) {
  const part1_style style(rules_.block_style);
  while (passes > 0) {
    const unsigned count = std::min(passes, style.passes_left_in_segment(state.passes));
    add_part1_passes(state, count, bits_.bits(state.length_bits + log2_floor(count)));
    state.passes = static_cast<std::uint16_t>(state.passes + count);
    passes -= count;
  }
}

void block_passes_reader::add_part1_passes(block_state& state, unsigned passes, std::uint64_t size) {
  if (size > UINT32_MAX || pieces_.size() == UINT32_MAX)
    fail("a codeblock has a segment of " + std::to_string(size) + " bytes", bits_);
  coded_block& block = state.block;
  part1_piece piece;
  piece.size = static_cast<std::uint32_t>(size);
  piece.previous = block.last_piece();
  piece.passes = static_cast<std::uint8_t>(state.passes + passes - block.num_passes);  // placeholders too
  pieces_.push_back(piece);
  block.offsets[0] = pieces_.size();
  block.num_passes = static_cast<std::uint8_t>(state.passes + passes);
  block.missing_planes = state.zero_planes;
}

}  // namespace htj2k
