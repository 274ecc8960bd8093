// The variable-length codes of the HT cleanup pass (ITU-T T.814 7.3.5, 7.3.6 and Annex C), as tables.
#pragma once

#include "kernels/cleanup.hpp"

namespace htj2k::native {

// Made at the first call. Null in builds against an installed OpenJPH, whose tables of CxtVLC they are made
// from.
const kernels::cleanup_tables* cleanup_tables();

}  // namespace htj2k::native
