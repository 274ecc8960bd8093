// The native engine: packets, wavelet and component transforms of our own around OpenJPH's block decoders.
#pragma once

#include "core/decode.hpp"
#include "core/native/kept_rows.hpp"

namespace htj2k::native {

// `opened` keeps its blocks. Each is decoded or an error.
void decode(const open_codestream& opened, const decode_options& options, const image_view& out,
            row_observer* observer);

// Resolutions from low to high, all from one decode of the last.
void decode_levels(const open_codestream& opened, decode_options options,
                   const std::vector<level_target>& targets);

// Goes on from what was kept of a lower resolution of the same codestream, or from nothing. Keeps what this
// one has, unless it is the highest.
void decode_onward(const open_codestream& opened, const decode_options& options, const image_view& out,
                   kept_resolution& kept);

// Each component into memory of its own.
void decode_components(const open_codestream& opened, const decode_options& options,
                       const std::vector<image_view>& out);

}  // namespace htj2k::native
