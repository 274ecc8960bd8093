// The variable-length codes of the HT cleanup pass (ITU-T T.814 7.3.5, 7.3.6 and Annex C), as an encoder
// looks them up.
#pragma once

#include "kernels/encode_cleanup.hpp"

namespace htj2k::encoder {

// Made at the first call. Null in builds against an installed OpenJPH, whose tables of CxtVLC they are made
// from.
const kernels::cleanup_codes* cleanup_codes();

}  // namespace htj2k::encoder
