// The main header of a reversible HTJ2K codestream (T.800 Annex A, T.814 Annex A).
#pragma once

#include <cstdint>
#include <vector>

#include "core/codestream.hpp"
#include "core/encode.hpp"
#include "core/image.hpp"

namespace htj2k::encoder {

// SOC, SIZ, CAP, COD, QCD and COM, but no TLM: what OpenJPH writes of the same options, which must be valid.
// All subbands have `more_planes` bit-planes more than that.
std::vector<std::uint8_t> main_header(const const_image_view& image, const encode_options& options,
                                      unsigned more_planes = 0);

// What such a header says. None of its byte ranges can be looked at.
codestream described_by(std::vector<std::uint8_t> main_header);

}  // namespace htj2k::encoder
