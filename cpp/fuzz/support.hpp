// What the fuzz targets share: limits, checks, and decoding into memory of their own.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/bytes.hpp"
#include "core/decode.hpp"
#include "core/error.hpp"
#include "core/limits.hpp"
#include "core/strict.hpp"

namespace htj2k::fuzz {

using bytes = std::vector<std::uint8_t>;

inline byte_span span_of(const bytes& data) { return {data.data(), data.size()}; }

// As the library's own, but so small that an input takes milliseconds.
inline limits small_limits() {
  limits bounds;
  bounds.max_pixels = std::uint64_t{1} << 16;
  bounds.max_components = 300;
  bounds.max_tiles = 1024;
  bounds.packet_allowance = std::uint64_t{1} << 13;
  bounds.max_memory = std::uint64_t{1} << 25;
  return bounds;
}

// Ends the process with a report of `what` unless it holds.
void require(bool holds, const char* what);

// The only exception that may leave the core is htj2k::error; it means: no value.
template <typename Step>
auto attempt(Step step) -> std::optional<decltype(step())> {
  try {
    return step();
  } catch (const error&) {
    return std::nullopt;
  }
}

struct decoded_image {
  image_layout layout;
  bytes samples;  // interleaved, without padding
  bool operator==(const decoded_image& other) const {
    return layout.type == other.layout.type && layout.width == other.layout.width &&
           layout.height == other.layout.height && layout.components == other.layout.components &&
           samples == other.samples;
  }
};

// Memory for pixels; every byte holds `fill`, so that two decodes differ where one of them writes nothing.
decoded_image make_image(const image_layout& layout, std::uint8_t fill);
image_view view_of(decoded_image& image);
const_image_view view_of(const decoded_image& image);

decoded_image decode_opened(const open_codestream& opened, std::uint32_t reduce, std::uint8_t fill = 0);
decoded_image decode(byte_span data, std::uint32_t reduce, std::uint8_t fill = 0);
std::uint32_t crc32_of(const decoded_image& image);

// Some of the reductions of a codestream, the first and the last among them: there may be 33.
std::vector<std::uint32_t> some_reductions(byte_span data);

// Decodes another image, which leaves its traces in all memory that the codec keeps for its next image.
void disturb_decoder();

}  // namespace htj2k::fuzz
