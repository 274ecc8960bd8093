// What the block and packet decoder behind this library (OpenJPH 0.32) cannot decode, refused by name.
//
// It warns and goes on over most of these, and then returns other pixels.
#pragma once

#include "core/codestream.hpp"

namespace htj2k {

// Throws UnsupportedError. Needs a codestream whose tile-parts were walked.
void check_decodable(const codestream& cs, unsigned reduce = 0);

}  // namespace htj2k
