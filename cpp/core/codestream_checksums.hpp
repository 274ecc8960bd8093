// The checksums of a codestream's resolutions, from one decode where that is exact.
//
// The rows of a reversible decode, before clamping, give back through the forward transform exactly the
// low-pass samples they were made from. So the lower resolutions of a single tile at the origin need no
// decode of their own. Anything else is decoded resolution by resolution.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/decode.hpp"
#include "core/pyramid.hpp"
#include "core/strict.hpp"

namespace htj2k {

struct checksum_request {
  std::uint32_t num_lower = 0;     // resolutions below the decoded one
  bool decode_each_level = false;  // never conclude from one resolution to those below it
  bool wants_range = false;        // the smallest and the largest sample
};

struct codestream_checksums {
  std::vector<resolution_checksum> resolutions;  // from the lowest that was asked for up to the decoded one
  std::optional<value_range> range;              // of the samples of the latter, clamped
  std::vector<message> messages;
};

// `opened` is open at options.reduce; `out` has the layout of its pixels and receives them unless its data is
// null.
codestream_checksums checksum_codestream(const open_codestream& opened, const decode_options& options,
                                         const checksum_request& request, const image_view& out);

}  // namespace htj2k
