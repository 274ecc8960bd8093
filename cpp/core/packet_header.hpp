// One packet header (T.800 B.10, T.814 B): which codeblocks are there, and how many bytes each of them has.
// It is read to prove that every byte of every codeblock is present, and to find them for the native engine.
#pragma once

#include <cstdint>
#include <vector>

#include "core/bytes.hpp"

namespace htj2k {

// What a packet header says of one codeblock.
struct coded_block {
  std::uint64_t offset = 0;  // of its bytes in the caller's data
  std::uint16_t cleanup_size = 0;
  std::uint16_t refinement_size = 0;
  std::uint8_t missing_planes = 0;  // placeholder passes included
  std::uint8_t num_passes = 0;      // 1 to 3; 0: nothing is coded, all coefficients are zero

  std::uint32_t size() const { return std::uint32_t{cleanup_size} + refinement_size; }
};

// The codeblocks of one subband inside one precinct, as a grid.
struct block_grid {
  std::uint32_t across = 0;
  std::uint32_t down = 0;
  unsigned bit_planes = 0;  // magnitude bit-planes of the subband, M_b of T.800 E-2
  // Of the grid's first block among the blocks of the subband.
  std::uint32_t first_column = 0, first_row = 0;

  bool empty() const { return across == 0 || down == 0; }
};

struct placed_block {
  std::uint32_t band = 0;             // index of its grid
  std::uint32_t column = 0, row = 0;  // among the blocks of the subband
  coded_block block;
};

struct packet_extent {
  std::uint64_t header_size = 0;  // SOP and EPH included
  std::uint64_t body_size = 0;
};

// Keeps its scratch between packets.
class packet_header_reader {
public:
  // Reads the header at `start`, which must end by `stop`; whether the body fits too is for the caller to
  // see. Throws an error that says what is wrong; the caller adds which packet it was.
  packet_extent read(byte_span bytes, std::uint64_t start, std::uint64_t stop, const block_grid* grids,
                     std::size_t num_grids, bool uses_sop, bool uses_eph);

  // The coded blocks of the packet that was read last, in the order of their bytes.
  const std::vector<placed_block>& blocks() const { return blocks_; }

private:
  // A tag tree (T.800 B.10.2), finest level first. Values only grow from parent to child.
  class tag_tree {
  public:
    struct node {
      std::uint16_t value = 0;
      bool known = false;
    };
    void reset(const block_grid& grid);
    unsigned num_levels() const { return static_cast<unsigned>(widths_.size()); }
    node& at(std::uint32_t x, std::uint32_t y, unsigned level) {
      return nodes_[starts_[level] + std::size_t{y >> level} * widths_[level] + (x >> level)];
    }

  private:
    std::vector<std::uint32_t> widths_;
    std::vector<std::size_t> starts_;
    std::vector<node> nodes_;
  };

  class bit_reader;

  static bool read_inclusion(bit_reader& bits, tag_tree& tree, std::uint32_t x, std::uint32_t y);
  static unsigned read_missing_planes(bit_reader& bits, tag_tree& tree, std::uint32_t x, std::uint32_t y);
  static unsigned read_passes(bit_reader& bits);
  static coded_block read_block(bit_reader& bits, unsigned missing_planes, unsigned bit_planes);
  void read_grid(bit_reader& bits, const block_grid& grid, std::uint32_t band);

  tag_tree inclusion_;
  tag_tree missing_planes_;
  std::vector<placed_block> blocks_;
};

}  // namespace htj2k
