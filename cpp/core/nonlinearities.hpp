// Non-linear point transforms of samples: NLT segments (T.801 A.3.10, K).
#pragma once

#include "core/codestream.hpp"

namespace htj2k {

// Whether the component's negative samples were coded as the magnitudes below their sign bits: type 3, binary
// complement to sign-magnitude conversion. Of checked codestreams.
bool is_sign_magnitude(const codestream& cs, std::uint16_t component);

// Throws UnsupportedError unless every NLT segment of the main header is of type 0, which changes nothing, or
// of type 3 over signed samples, and says of them what SIZ does.
void check_nonlinearities(const codestream& cs);

}  // namespace htj2k
