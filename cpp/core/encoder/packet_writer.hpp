// One packet of a tile with a single layer, without SOP and EPH: its header (T.800 B.10, T.814 B) and the
// codeblocks' bytes.
#pragma once

#include <array>
#include <cstdint>

#include "core/byte_chunks.hpp"
#include "core/encoder/coded_blocks.hpp"
#include "core/encoder/packet_bit_writer.hpp"
#include "core/encoder/packet_tags.hpp"
#include "core/packet_order.hpp"

namespace htj2k::encoder {

// Keeps its scratch between packets.
class packet_writer {
public:
  // Every block that is included has one cleanup pass, of the lowest of its subband's bit-planes.
  void write(const tile_resolution& resolution, std::uint64_t precinct, const coded_resolution_blocks& blocks,
             byte_chunks& target);

private:
  // The part of a subband that is in the packet.
  struct band_part {
    block_grid grid;
    const coded_bytes* blocks = nullptr;  // the first of the grid
    std::size_t stride = 0;               // from a row of blocks to the next
  };

  void write_header(unsigned num_bands);
  void write_grid(const band_part& part, packet_tags& tags);
  static void append_bodies(const band_part& part, byte_chunks& target);

  packet_bit_writer bits_;
  std::array<band_part, 3> parts_;
  std::array<packet_tags, 3> tags_;
};

}  // namespace htj2k::encoder
