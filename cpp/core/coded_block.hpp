// One codeblock as packet headers tell of it: its coding passes, and where their bytes are.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace htj2k {

// What one packet holds of one codeword segment of a Part 1 block.
struct part1_piece {
  std::uint64_t offset = 0;  // in the caller's data
  std::uint32_t size = 0;
  std::uint32_t previous = 0;  // 1 + the index of the block's piece before this; 0: there is none
  std::uint8_t passes = 0;
};

// Of all Part 1 blocks of a tile, in the order of the packets. It only grows: what a block's earlier pieces
// were stays true while packets are read.
using part1_pieces = std::vector<part1_piece>;

// Of an HT block the set that is to be decoded, of which a packet may hold a part; or a Part 1 block.
struct coded_block {
  // HT: the cleanup segment, then the refinement segment in up to two pieces: SigProp and MagRef passes may
  // be in packets of different layers. Their bytes are in the caller's data.
  std::array<std::uint64_t, 3> offsets{};
  std::array<std::uint16_t, 3> sizes{};
  std::uint8_t missing_planes = 0;  // above the first coded one; before an HT set, planes of earlier sets too
  std::uint8_t num_passes = 0;      // HT: 1 to 3; 0: nothing is coded, all coefficients are zero

  std::uint32_t refinement_size() const { return std::uint32_t{sizes[1]} + sizes[2]; }
  // An HT set has a cleanup segment.
  bool is_part1() const { return num_passes != 0 && sizes[0] == 0; }
  // Of a Part 1 block, as in part1_piece::previous.
  std::uint32_t last_piece() const { return static_cast<std::uint32_t>(offsets[0]); }
};

// SPcod's bits for Part 1 blocks (T.800 Table A.19).
struct part1_style {
  bool bypass = false;           // selective arithmetic coding bypass
  bool reset = false;            // contexts start anew with each pass
  bool terminates_all = false;   // each pass has a codeword segment of its own
  bool has_end_symbols = false;  // a segmentation symbol ends each cleanup pass

  explicit part1_style(std::uint8_t block_style)
      : bypass((block_style & 1) != 0),
        reset((block_style & 2) != 0),
        terminates_all((block_style & 4) != 0),
        has_end_symbols((block_style & 32) != 0) {}

  // Passes 0, 3, 6... are cleanup passes. With bypass the other ones are raw bits from the fifth plane on.
  static constexpr unsigned first_raw_pass = 10;
  bool is_raw(unsigned pass) const { return bypass && pass >= first_raw_pass && pass % 3 != 0; }

  // How many passes from this one on its codeword segment has at most (T.800 Table D.9).
  unsigned passes_left_in_segment(unsigned pass) const {
    if (terminates_all) return 1;
    if (!bypass) return 255;
    if (pass < first_raw_pass) return first_raw_pass - pass;
    return pass % 3 == 1 ? 2 : 1;
  }
};

}  // namespace htj2k
