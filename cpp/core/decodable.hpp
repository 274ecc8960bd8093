// What an engine cannot decode, refused by name.
//
// OpenJPH 0.32 warns and goes on over most of these, and then returns other pixels.
#pragma once

#include "core/engine.hpp"

namespace htj2k {

// Throws UnsupportedError. Needs a codestream whose tile-parts were walked.
void check_decodable(const codestream& cs, unsigned reduce = 0,
                     decode_engine engine = decode_engine::openjph);

// Whether that throws nothing.
bool can_decode(const codestream& cs, unsigned reduce, decode_engine engine);

}  // namespace htj2k
