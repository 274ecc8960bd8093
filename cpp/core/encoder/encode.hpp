// An encoder of our own, for reversible codestreams: a wavelet transform and an HT block encoder in SIMD
// kernels. It writes what OpenJPH 0.32.0 writes of the same options, but for more guard bits where
// coefficients need them.
#pragma once

#include <optional>

#include "core/encode.hpp"

namespace htj2k::encoder {

bool can_encode(const encode_options& options);

// What htj2k::encode() does but for TLM and boxes. can_encode(options) must hold.
encoded_image encode(const const_image_view& image, const encode_options& options,
                     std::optional<clamp_policy> checksums);

}  // namespace htj2k::encoder
