// A lower resolution as a codestream of its own, without decoding.
#pragma once

#include <cstdint>
#include <vector>

#include "core/bytes.hpp"
#include "core/limits.hpp"

namespace htj2k {

// The shortest raw codestream that decodes at `reduce`: main header, the tile-parts of the resolutions kept, EOC.
// SIZ and COD stay as they are, so a reader passes the same `reduce` as before. TLM, TNsot and Psot describe what is
// left; PLM is dropped.
//
// Throws TruncatedError when the bytes of that resolution are not all here, invalid_argument when there is no such
// resolution, and UnsupportedError when a resolution is not a tile-part of its own.
std::vector<std::uint8_t> extract_resolution(byte_span data, unsigned reduce, const limits& bounds = {});

}  // namespace htj2k
