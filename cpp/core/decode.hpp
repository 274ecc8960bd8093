// One raw HTJ2K codestream in, one image (at any resolution) out, into the caller's memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/image.hpp"

namespace htj2k {

enum class clamp_policy {
  precision,  // to the range of the component's bit depth, as the standard and OpenJPEG do
  container,  // to the range of the sample type the pixels are returned in, as openjphjs does
};

// What an array for the decoded pixels must be.
struct image_layout {
  sample_type type = sample_type::u1;
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint32_t components = 1;
};

struct decode_options {
  std::uint32_t reduce = 0;
  clamp_policy clamp = clamp_policy::precision;
};

// Pulls the pixels of a checked codestream through OpenJPH. `out` must have the codestream's layout.
// Returns what OpenJPH remarked on the way; empty for a sound codestream.
std::vector<std::string> decode(const std::uint8_t* data, std::size_t size, const decode_options& options,
                                const image_view& out);

}  // namespace htj2k
