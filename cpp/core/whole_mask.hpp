// Which pixels of a damaged image are right, and at which resolution.
#pragma once

#include <cstdint>

#include "core/codestream.hpp"
#include "core/packet_walk.hpp"

namespace htj2k {

// For each pixel of the image at `reduce`, by rows: the highest resolution (0 is the base) up to which no
// codeblock is lost that the pixel depends on, in any component; -1: in the base one is. The tiles of the
// walk know what is lost.
void write_whole_mask(const codestream& cs, const packet_walk& walk, std::uint32_t reduce, std::int8_t* mask);

}  // namespace htj2k
