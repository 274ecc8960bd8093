// The checksums of a codestream's resolutions, from one decode where that is exact.
//
// The rows of a reversible decode, before clamping, give back through the forward transform exactly the
// low-pass samples they were made from. So the lower resolutions of a single tile at the origin need no
// decode of their own. Anything else is decoded resolution by resolution.
#pragma once

#include <cstdint>
#include <vector>

#include "core/decode.hpp"
#include "core/pyramid.hpp"
#include "core/strict.hpp"

namespace htj2k {

struct codestream_checksums {
  std::vector<resolution_checksum> resolutions;  // from the lowest that was asked for up to `reduce`
  std::int64_t min = 0;                          // of the samples at `reduce`, clamped
  std::int64_t max = 0;
  std::vector<message> messages;
};

// Of the resolution at options.reduce and of `num_lower` below it. `opened` is open at that reduce; `out` has
// the layout of its pixels and receives them unless its data is null.
codestream_checksums checksum_codestream(const open_codestream& opened, const decode_options& options,
                                         std::uint32_t num_lower, bool decode_each_level,
                                         const image_view& out);

// A view that has a layout but no memory.
image_view view_without_memory(const image_layout& layout);

}  // namespace htj2k
