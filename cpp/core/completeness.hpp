// Are all bytes here that a decode needs?
//
// A missing EOC is an error too: the standard requires it (T.800 A.4.4), and without it nobody can tell a
// whole stream from one that lost its last tile-parts. Bytes after EOC are ignored.
#pragma once

#include "core/codestream.hpp"

namespace htj2k {

// For a decode at full size; walk_packets tells of reduced ones. Throws TruncatedError when bytes are
// missing, CodestreamError when the tile-parts contradict each other or TLM. Needs a codestream whose
// tile-parts were walked.
void check_complete(const codestream& cs);

}  // namespace htj2k
