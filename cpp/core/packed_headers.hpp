// Packet headers that stand apart from their packets, put together from PPM and PPT segments (T.800 A.7.4,
// A.7.5).
#pragma once

#include <cstdint>
#include <vector>

#include "core/codestream.hpp"

namespace htj2k {

// The payloads of the segments, in the order of their index.
std::vector<std::uint8_t> joined(byte_span data, std::vector<indexed_range> segments);

// Those that stand in this tile-part header.
std::vector<indexed_range> segments_within(const std::vector<indexed_range>& segments, byte_range header);

// What PPM holds for each tile-part; empty without PPM. Throws when it ends inside of one.
std::vector<std::vector<std::uint8_t>> headers_of_tile_parts(const codestream& cs);

}  // namespace htj2k
