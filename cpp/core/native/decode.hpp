// The native engine: packets, wavelet and component transforms of our own around OpenJPH's block decoders.
#pragma once

#include "core/decode.hpp"

namespace htj2k::native {

// `opened` keeps its blocks. Each is decoded or an error.
void decode(const open_codestream& opened, const decode_options& options, const image_view& out,
            row_observer* observer);

// Resolutions from low to high, all from one decode of the last.
void decode_levels(const open_codestream& opened, decode_options options,
                   const std::vector<level_target>& targets);

// Each component into memory of its own.
void decode_components(const open_codestream& opened, const decode_options& options,
                       const std::vector<image_view>& out);

}  // namespace htj2k::native
