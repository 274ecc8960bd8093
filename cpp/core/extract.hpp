// A lower resolution as a codestream of its own, without decoding.
#pragma once

#include <cstdint>
#include <vector>

#include "core/bytes.hpp"
#include "core/limits.hpp"

namespace htj2k {

// The shortest raw codestream that decodes at `reduce`: main header, the packets of the resolutions kept (and
// those that come before the last of them), EOC. SIZ and COD stay as they are, so a reader passes the same
// `reduce` as before. TLM, TNsot and Psot describe what is left; PLM, and PLT of a cut tile-part, are
// dropped.
//
// Throws as a strict decode does: TruncatedError when a packet of that resolution is missing, and so on.
std::vector<std::uint8_t> extract_resolution(byte_span data, unsigned reduce, const limits& bounds = {});

}  // namespace htj2k
