// The checksums that a lossless codestream's resolutions will have, from the original pixels alone: a
// reversible transform of our own, so that it checks the codec instead of trusting it.
#pragma once

#include <cstdint>
#include <vector>

#include "core/image.hpp"
#include "core/pyramid.hpp"
#include "kernels/implementation.hpp"

namespace htj2k {

struct pixel_checksum_options {
  std::uint32_t bit_depth = 0;           // as SIZ will say; 0: the width of the sample type
  std::uint32_t num_decompositions = 1;  // 0 to 32
  bool color_transform = false;          // reversible transform of the first three components
  clamp_policy clamp = clamp_policy::precision;
};

struct pixel_checksums {
  std::vector<resolution_checksum> resolutions;  // from base to full
  std::int64_t min = 0;                          // of the full resolution
  std::int64_t max = 0;
};

// One pass over the pixels; memory for some rows of each resolution. The caller checks that min and max fit
// the bit depth, as it can name the sample; until then the checksums of samples that do not fit mean nothing.
pixel_checksums checksum_pixels(const const_image_view& pixels, const pixel_checksum_options& options,
                                const kernels::implementation& kernels = kernels::active());

}  // namespace htj2k
