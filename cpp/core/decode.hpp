// One raw HTJ2K codestream in, one image (at any resolution) out, into the caller's memory.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/bytes.hpp"
#include "core/image.hpp"
#include "core/ojph_messages.hpp"

namespace htj2k {

struct decode_options {
  std::uint32_t reduce = 0;
  clamp_policy clamp = clamp_policy::precision;
  bool resilient = false;  // go on after damage, for previews
};

// Pulls pixels through OpenJPH. `codestream` runs from SOC to EOC and has been checked by strict.hpp; `out`
// has its layout. Returns what OpenJPH remarked; unless resilient, a warning is an error.
std::vector<message> pull_pixels(byte_span codestream, const decode_options& options, const image_view& out);

// decode: every byte is there, or an error.
struct open_codestream;
std::vector<message> decode_strict(const open_codestream& opened, const decode_options& options,
                                   const image_view& out);

struct damaged_result {
  std::vector<message> messages;
  std::string reason;  // why the pixels are not the image; empty when they are
};

// The whole packets of a damaged codestream; what they do not tell is mid-grey or blurred. When even those
// make OpenJPH fail, the pixels are zero and the reason says so.
struct damaged_codestream;
damaged_result decode_damaged(const damaged_codestream& opened, decode_options options,
                              const image_view& out);

}  // namespace htj2k
