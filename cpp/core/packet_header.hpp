// One packet header (T.800 B.10, T.814 B): which codeblocks are there, and how many bytes each of them has.
// It is read to prove that every byte of every codeblock is present, and to find them for the native engine.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/bytes.hpp"

namespace htj2k {

// One codeblock: an HT set, of which a packet may hold a part.
struct coded_block {
  // The cleanup segment, then the refinement segment in up to two pieces: SigProp and MagRef passes may be in
  // packets of different layers.
  std::array<std::uint64_t, 3> offsets{};  // in the caller's data
  std::array<std::uint16_t, 3> sizes{};
  std::uint8_t missing_planes = 0;  // placeholder passes included
  std::uint8_t num_passes = 0;      // 1 to 3; 0: nothing is coded, all coefficients are zero

  std::uint32_t refinement_size() const { return std::uint32_t{sizes[1]} + sizes[2]; }
};

// The codeblocks of one subband inside one precinct, as a grid.
struct block_grid {
  std::uint32_t across = 0;
  std::uint32_t down = 0;
  unsigned bit_planes = 0;  // magnitude bit-planes of the subband, M_b of T.800 E-2, and what RGN adds
  bool may_refine = true;   // whether the decoder's refinement passes can be trusted here
  // Of the grid's first block among the blocks of the subband.
  std::uint32_t first_column = 0, first_row = 0;

  bool empty() const { return across == 0 || down == 0; }
};

// "HL codeblock (3, 0)": of the resolution's bands, LL alone or three, that of index `band`.
std::string name_of_block(unsigned num_bands, unsigned band, std::uint32_t column, std::uint32_t row);

struct placed_block {
  std::uint32_t band = 0;             // index of its grid
  std::uint32_t column = 0, row = 0;  // among the blocks of the subband
  coded_block block;
};

// A tag tree (T.800 B.10.2), finest level first. Values only grow from parent to child.
class tag_tree {
public:
  struct node {
    std::uint16_t value = 0;  // at least this; exactly this if known
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

// What the packets of a precinct's layers have told so far.
class precinct_state {
public:
  struct block_state {
    coded_block block;
    std::uint16_t placeholders = 0;  // passes without bytes before the first cleanup
    std::uint8_t length_bits = 3;    // Lblock
    bool is_included = false;
  };
  struct band_state {
    tag_tree inclusion, missing_planes;
    std::vector<block_state> blocks;
  };

  // Forgets all.
  void reset(const block_grid* grids, std::size_t num_grids);
  bool is_new() const { return is_new_; }
  std::array<band_state, 3> bands;

private:
  bool is_new_ = true;
};

// Headers that stand apart from their packets (PPM, PPT).
struct packed_headers {
  std::vector<std::uint8_t> bytes;
  std::uint64_t next = 0;
};

// Where one packet is to be read.
struct packet_place {
  byte_span data;
  std::uint64_t start = 0;
  std::uint64_t stop = 0;            // where its tile-part ends
  packed_headers* packed = nullptr;  // where its header is, if not here
};

struct packet_extent {
  std::uint64_t header_size = 0;  // SOP and EPH included; of those that are packed only SOP
  std::uint64_t body_size = 0;
};

struct packet_options {
  bool uses_sop = false;
  bool uses_eph = false;
  std::uint16_t num_layers = 1;
};

// Keeps its scratch between packets.
class packet_header_reader {
public:
  // Reads the header of the packet that holds `layer` of the precinct with these grids. The header must end
  // by `stop`; whether the body fits too is for the caller to see. Throws an error that says what is wrong;
  // the caller adds which packet it was.
  packet_extent read(const packet_place& place, const block_grid* grids, std::size_t num_grids,
                     precinct_state& precinct, std::uint16_t layer, const packet_options& options);

  // The blocks to which the packet that was read last contributes: what is known of them since.
  const std::vector<placed_block>& blocks() const { return blocks_; }

private:
  class bit_reader;

  // What the packet adds to a block: pieces from `first_piece` on.
  struct contribution {
    std::uint32_t band, column, row;
    precinct_state::block_state* state;
    std::size_t first_piece;
  };

  static bool read_inclusion(bit_reader& bits, tag_tree& tree, std::uint32_t x, std::uint32_t y,
                             std::uint16_t layer);
  static unsigned read_missing_planes(bit_reader& bits, tag_tree& tree, std::uint32_t x, std::uint32_t y);
  static unsigned read_passes(bit_reader& bits);
  static void read_length_bits(bit_reader& bits, precinct_state::block_state& state);
  static unsigned read_cleanup(bit_reader& bits, precinct_state::block_state& state, unsigned passes);
  static void read_refinement(bit_reader& bits, precinct_state::block_state& state, unsigned passes);
  static bool read_contribution(bit_reader& bits, precinct_state::block_state& state, const block_grid& grid,
                                bool is_only_layer);
  void read_block(bit_reader& bits, const block_grid& grid, const contribution& place,
                  precinct_state::band_state& state, std::uint16_t layer, bool is_only_layer);
  void read_grid(bit_reader& bits, const block_grid& grid, std::uint32_t band, std::size_t num_bands,
                 precinct_state::band_state& state, std::uint16_t layer, bool is_only_layer);
  std::uint64_t place_bodies(std::uint64_t start);

  std::vector<placed_block> blocks_;
  std::vector<contribution> contributions_;
};

}  // namespace htj2k
