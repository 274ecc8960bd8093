// Coded codeblocks on their way into packets.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace htj2k::encoder {

// The cleanup segment of one codeblock. Somebody else's bytes.
struct coded_bytes {
  const std::uint8_t* data = nullptr;
  std::uint32_t size = 0;  // 0: not included
};

// [band] in the order of tile_resolution, the blocks of the whole subband row by row.
using coded_resolution_blocks = std::array<std::vector<coded_bytes>, 3>;
using coded_tile_blocks = std::vector<std::vector<coded_resolution_blocks>>;  // [component][resolution]

}  // namespace htj2k::encoder
