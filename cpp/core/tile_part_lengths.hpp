// Writes TLM marker segments (T.800 A.7.1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/byte_chunks.hpp"
#include "core/codestream.hpp"

namespace htj2k {

// Of a tile-part header without optional segments (T.800 A.4.2).
constexpr std::size_t sot_to_psot = 6;
constexpr std::size_t sot_to_sod = 12 + 2;  // to the end of SOD

void append_tlm(std::vector<std::uint8_t>& target, const std::vector<tile_part_length>& entries);

// Those of a codestream that has been written without them. `tile_parts`: what follows the main header, from
// the first SOT to the EOC.
std::vector<std::uint8_t> make_tlm(const byte_chunks& tile_parts);

}  // namespace htj2k
