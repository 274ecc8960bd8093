// Decoding what is there of a codestream that may be damaged, with an account of what is not.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/bytes.hpp"
#include "core/decode.hpp"
#include "core/limits.hpp"

namespace htj2k {

struct partial_result {
  std::vector<message> messages;
  std::string reason;  // why the pixels are not the image; empty: a strict decode gives them too
  std::uint64_t bytes_used = 0;
  std::uint32_t resolution = 0;  // of the pixels, counted from the base
};

// Writes pixels, laid out as layout_at says, and a mask of the same rows and columns: see whole_mask.hpp.
// Throws only what the main header or the limits are to blame for.
partial_result decode_partial(byte_span data, const limits& bounds, const decode_options& options,
                              const image_view& out, std::int8_t* mask);

}  // namespace htj2k
