// What a packet header tells of the coding passes of one codeblock, and how many bytes they have (T.800
// B.10.6 and B.10.7, T.814 B).
#pragma once

#include <cstdint>

#include "core/coded_block.hpp"
#include "core/packet_bits.hpp"

namespace htj2k {

// Of the subband that holds the block.
struct block_rules {
  unsigned bit_planes = 0;       // magnitude bit-planes of the subband, M_b of T.800 E-2, and what RGN adds
  bool may_refine = true;        // whether the decoder's refinement passes can be trusted here
  bool may_repeat_sets = false;  // Ccap15 bit 13
  bool is_only_layer = true;
  std::uint8_t block_style = 0x40;  // SPcod, SPcoc

  bool is_part1() const { return (block_style & 0x40) == 0; }
  bool is_mixed() const { return (block_style & 0xC0) == 0xC0; }
};

struct block_state {
  coded_block block;
  std::uint16_t passes = 0;      // that were told of so far
  std::uint8_t zero_planes = 0;  // from the tag tree
  std::uint8_t length_bits = 3;  // Lblock
  bool is_included = false;
  bool is_part1 = false;
};

// What one packet adds to a block. Bytes come in the order of the passes.
struct block_contribution {
  std::uint32_t skipped = 0;      // bytes of HT sets before the one that counts
  std::uint32_t first_piece = 0;  // of a Part 1 block, in part1_pieces
  std::uint16_t num_pieces = 0;
  std::uint8_t first_ht_piece = 0;  // of an HT set, the pieces from this on
};

// The first pass is a cleanup pass; then each plane has three. OpenJPH drops the passes of blocks that have
// no such plane, and warns of it only once in a process.
inline bool fits_planes(const block_state& state, unsigned passes, unsigned bit_planes) {
  return state.zero_planes + (state.passes + passes + 1) / 3 < bit_planes;
}
[[noreturn]] void fail_planes(const block_state& state, unsigned passes, unsigned bit_planes,
                              std::uint64_t offset);

inline bool is_cleanup_size(std::uint64_t size) { return size >= 2 && size < 65535; }
[[noreturn]] void fail_cleanup_size(std::uint64_t size, std::uint64_t offset);

inline void read_length_bits(packet_bits& bits, block_state& state) {
  constexpr unsigned most = 32;
  const unsigned length_bits = state.length_bits + bits.ones(most - state.length_bits);
  if (length_bits > most)
    throw error(error_code::codestream, "Lblock of a codeblock is over 32", bits.position());
  state.length_bits = static_cast<std::uint8_t>(length_bits);
}

// Whether the bits begin with a single cleanup pass, the first of an HT block: what most blocks are. False
// also when that is not to be seen yet.
inline bool has_only_cleanup(const packet_bits& bits, const block_rules& rules, const block_state& state) {
  return state.passes == 0 && !rules.is_part1() && !rules.is_mixed() && bits.has_zero();
}

// Reads it. It is all that the packet adds.
inline void read_only_cleanup(packet_bits& bits, const block_rules& rules, block_state& state) {
  bits.bit();
  if (!fits_planes(state, 1, rules.bit_planes)) fail_planes(state, 1, rules.bit_planes, bits.position());
  read_length_bits(bits, state);
  const std::uint64_t size = bits.bits(state.length_bits);
  state.passes = 1;
  if (size == 0 && !rules.is_only_layer) return;  // a placeholder
  if (!is_cleanup_size(size)) fail_cleanup_size(size, bits.position());
  state.block.sizes[0] = static_cast<std::uint16_t>(size);
  state.block.num_passes = 1;
  state.block.missing_planes = state.zero_planes;
}

// The offsets of what is added are left for the caller to fill in.
class block_passes_reader {
public:
  block_passes_reader(packet_bits& bits, const block_rules& rules, part1_pieces& pieces)
      : bits_(bits), rules_(rules), pieces_(pieces) {}

  block_contribution read(block_state& state);

private:
  unsigned read_passes();
  unsigned read_first_cleanup(block_state& state, unsigned passes);
  void read_ht_passes(block_state& state, unsigned passes);
  void begin_set(block_state& state, std::uint64_t size);
  void add_refinement(block_state& state, unsigned passes, std::uint64_t size);
  void read_part1_passes(block_state& state, unsigned passes);
  void add_part1_passes(block_state& state, unsigned passes, std::uint64_t size);

  packet_bits& bits_;
  const block_rules& rules_;
  part1_pieces& pieces_;
  block_contribution added_;
};

}  // namespace htj2k
