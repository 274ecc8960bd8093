// Images and codestreams that the fuzz targets make themselves.
#pragma once

#include "core/encode.hpp"
#include "fuzz/support.hpp"

namespace htj2k::fuzz {

// Samples of `bit_depth` random bits, the same in every run.
decoded_image noise(const image_layout& layout, std::uint32_t bit_depth);

bytes encode_to_bytes(const decoded_image& image, std::uint32_t bit_depth, encode_options options);

// The smallest of `sample_size` bytes that hold the value's low `bit_depth` bits, sign extended.
void put_sample(decoded_image& image, std::size_t index, std::uint64_t value, std::uint32_t bit_depth);

}  // namespace htj2k::fuzz
