// The tile-parts of one tile (T.800 A.4).
#pragma once

#include <cstdint>

#include "core/byte_chunks.hpp"
#include "core/codestream.hpp"
#include "core/encode.hpp"
#include "core/encoder/coded_blocks.hpp"
#include "core/packet_order.hpp"

namespace htj2k::encoder {

// `geometry`: geometry_of_tile(cs, tile), for which the blocks were coded.
void write_tile(const codestream& cs, std::uint16_t tile, const tile_geometry& geometry,
                const coded_tile_blocks& blocks, const encode_options& options, byte_chunks& target);

}  // namespace htj2k::encoder
