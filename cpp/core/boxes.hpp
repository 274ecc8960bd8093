// JP2 and JPH files (T.800 Annex I, T.814 Annex D): only as much as leads to the codestream.
#pragma once

#include "core/codestream.hpp"

namespace htj2k {

// The twelve bytes of the signature box.
bool is_box_file(byte_span data);

// Fills file, range, box_is_cut and box_stop. Throws TruncatedError when the data end before the codestream,
// CodestreamError for a malformed box, NotHTJ2KError when there is no codestream box.
void find_codestream(byte_span data, codestream& cs);

}  // namespace htj2k
