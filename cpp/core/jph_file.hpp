// The boxes around a codestream that make it a JPH file (T.814 Annex D; the boxes themselves are T.800 Annex
// I).
#pragma once

#include <cstdint>
#include <vector>

namespace htj2k {

// All components have one size, depth and sign: that is what the encoder takes.
struct jph_image {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint32_t components = 0;
  std::uint32_t bit_depth = 0;
  bool is_signed = false;
};

// Everything before the codestream, which must end the file.
std::vector<std::uint8_t> jph_boxes(const jph_image& image, std::uint64_t codestream_size);

}  // namespace htj2k
