// Writes TLM marker segments (T.800 A.7.1).
#pragma once

#include <cstdint>
#include <vector>

#include "core/byte_chunks.hpp"
#include "core/codestream.hpp"

namespace htj2k {

void append_tlm(std::vector<std::uint8_t>& target, const std::vector<tile_part_length>& entries);

// Those of a codestream that has been written without them. `tile_parts`: what follows the main header, from
// the first SOT to the EOC.
std::vector<std::uint8_t> make_tlm(const byte_chunks& tile_parts);

}  // namespace htj2k
