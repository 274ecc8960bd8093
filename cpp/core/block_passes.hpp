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

// The offsets of what is added are left for the caller to fill in.
class block_passes_reader {
public:
  block_passes_reader(packet_bits& bits, const block_rules& rules, part1_pieces& pieces)
      : bits_(bits), rules_(rules), pieces_(pieces) {}

  block_contribution read(block_state& state);

private:
  unsigned read_passes();
  void read_length_bits(block_state& state);
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
