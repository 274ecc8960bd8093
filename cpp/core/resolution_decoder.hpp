// Resolutions of one codestream, one after the other from low to high, as its bytes arrive.
#pragma once

#include <cstdint>
#include <vector>

#include "core/decode.hpp"
#include "core/native/kept_rows.hpp"

namespace htj2k {

class resolution_decoder {
public:
  // `opened` holds more of the codestream than in the call before. The native engine decodes only codeblocks
  // of resolutions above the one that it has decoded before, and goes on from its rows; until the full size
  // is decoded, it keeps those of each in the next one's place.
  std::vector<message> decode(const open_codestream& opened, const decode_options& options,
                              const image_view& out);

  std::uint64_t bytes_kept() const { return kept_.size(); }

private:
  native::kept_resolution kept_;
};

}  // namespace htj2k
