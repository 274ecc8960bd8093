// Which of the two decoders a codestream goes through.
#pragma once

#include <cstdint>

#include "core/codestream.hpp"

namespace htj2k {

enum class decode_engine : std::uint8_t {
  automatic,
  openjph,  // OpenJPH's codestream object
  native,   // core/native: packets and transforms of our own around OpenJPH's block decoders
};

// The one whose name is given. Throws invalid_argument for another name.
decode_engine engine_of(const char* name);

// The one that the environment variable HTJ2K_ENGINE names. Throws invalid_argument when it names none.
decode_engine engine_of_environment();

// openjph or native. Without a wish the environment variable HTJ2K_ENGINE decides, and without that what the
// codestream is. Throws UnsupportedError when the engine does not decode this codestream at this `reduce`.
decode_engine choose_engine(const codestream& cs, std::uint32_t reduce, decode_engine wish);

// For a codestream that may be damaged: the native one, which knows what of it is lost, where that decodes
// it.
decode_engine choose_damaged_engine(const codestream& cs, std::uint32_t reduce);

}  // namespace htj2k
