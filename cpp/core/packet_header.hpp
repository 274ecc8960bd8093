// One packet header (T.800 B.10, T.814 B): which codeblocks are there, and how many bytes each of them has.
// It is read to prove that every byte of every codeblock is present, and to find them for the native engine.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/block_passes.hpp"
#include "core/bytes.hpp"

namespace htj2k {

// The codeblocks of one subband inside one precinct, as a grid.
struct block_grid {
  std::uint32_t across = 0;
  std::uint32_t down = 0;
  block_rules rules;
  // Of the grid's first block among the blocks of the subband.
  std::uint32_t first_column = 0, first_row = 0;

  bool empty() const { return across == 0 || down == 0; }
};

// "HL codeblock (3, 0)": of the resolution's bands, LL alone or three, that of index `band`.
std::string name_of_block(unsigned num_bands, unsigned band, std::uint32_t column, std::uint32_t row);

// A codeblock to which a packet adds: what is known of it since.
struct placed_block {
  block_state state;
  std::uint64_t stop = 0;             // where its bytes in the packet end
  std::uint32_t column = 0, row = 0;  // among the blocks of the subband
  std::uint32_t band = 0;             // index of its grid
  block_contribution added;
};

// How the nodes of a tag tree (T.800 B.10.2) over a grid lie in memory, finest level first. A last one stands
// above the root.
class tag_tree_shape {
  // Precincts reach 2^15 samples, and codeblocks have 4 at least.
  static constexpr unsigned most_levels = 14 + 1;

public:
  explicit tag_tree_shape(const block_grid& grid);
  std::size_t num_nodes() const { return num_nodes_; }
  unsigned num_levels() const { return num_levels_; }
  std::size_t start(unsigned level) const { return starts_[level]; }
  std::uint32_t width(unsigned level) const { return widths_[level]; }

  // The nodes above a row of blocks.
  class row {
  public:
    std::size_t index(std::uint32_t x, unsigned level) const { return starts_[level] + (x >> level); }

  private:
    friend tag_tree_shape;
    std::array<std::size_t, most_levels> starts_;
  };
  row row_of(std::uint32_t y) const;

private:
  void add_level(std::uint32_t across, std::uint32_t down);

  std::array<std::uint32_t, most_levels> widths_;
  std::array<std::size_t, most_levels> starts_;
  unsigned num_levels_ = 0;
  std::size_t num_nodes_ = 0;
};

// Values only grow from parent to child.
class tag_node {
public:
  std::uint32_t value() const { return coded_ / 2; }  // at least this; exactly this if known
  bool is_known() const { return coded_ % 2 == 1; }
  void set(std::uint32_t value, bool is_known) { coded_ = 2 * value + (is_known ? 1 : 0); }

private:
  std::uint32_t coded_ = 0;
};
using tag_tree = std::vector<tag_node>;

// What the packets of a precinct's layers have told so far.
class precinct_state {
public:
  struct band_state {
    tag_tree inclusion, missing_planes;
    std::vector<block_state> blocks;  // none if there is but one layer
  };

  // At most, for precincts of so many codeblocks.
  static std::uint64_t memory_of(std::uint64_t blocks, bool is_only_layer) {
    const std::uint64_t nodes = 2 * blocks;  // of one tree, which is a row where they are the most
    return 2 * nodes * sizeof(tag_node) + (is_only_layer ? 0 : blocks * sizeof(block_state));
  }

  // Forgets all.
  void reset(const block_grid* grids, std::size_t num_grids, bool is_only_layer);
  bool is_new() const { return is_new_; }
  std::vector<band_state> bands;  // none before the first packet that is not empty

private:
  bool is_new_ = true;
};

class packet_budget;

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
  part1_pieces* pieces = nullptr;    // where those of its tile's Part 1 blocks are noted
  packet_budget* budget = nullptr;   // what its codeblocks are paid from
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

  // Those to which the packet that was read last adds.
  const std::vector<placed_block>& blocks() const { return blocks_; }

private:
  packet_bits read_grid(packet_bits bits, const block_grid& grid, std::uint32_t band, std::size_t num_bands,
                        precinct_state::band_state& state, std::uint16_t layer, part1_pieces& pieces);
  std::uint64_t place_bodies(std::uint64_t start, part1_pieces& pieces);
  void keep_for_next_layer(const block_grid* grids, precinct_state& precinct) const;

  std::vector<placed_block> blocks_;
};

}  // namespace htj2k
