// Encoding by OpenJPH's codestream object.
#pragma once

#include <optional>

#include "core/encode.hpp"

namespace htj2k {

// What encode() does but for TLM and boxes. Reversible encodings of few bits, without decompositions, or of
// tiles of a single row or column, may lack a bit-plane.
encoded_image encode_by_openjph(const const_image_view& image, const encode_options& options,
                                std::optional<clamp_policy> checksums);

}  // namespace htj2k
