// What are these bytes? For messages that tell a reader which decoder would have been the right one.
#pragma once

#include <string>

#include "core/bytes.hpp"

namespace htj2k {

// SOC, SIZ.
bool is_codestream(byte_span data);

// "JPEG", "a PNG file", "all zeros", ...: fits behind "the data are".
std::string describe(byte_span data);

// Throws NotHTJ2KError, or TruncatedError when the bytes are the beginning of one that we could read.
[[noreturn]] void refuse_foreign(byte_span data);

}  // namespace htj2k
