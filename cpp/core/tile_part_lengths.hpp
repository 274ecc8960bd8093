// The TLM marker segments (T.800 A.7.1) of a codestream that has been written without them.
#pragma once

#include <cstdint>
#include <vector>

#include "core/byte_chunks.hpp"

namespace htj2k {

// `tile_parts`: what follows the main header, from the first SOT to the EOC.
std::vector<std::uint8_t> make_tlm(const byte_chunks& tile_parts);

}  // namespace htj2k
