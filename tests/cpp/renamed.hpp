// Main headers of OpenJPH as this project's encoder writes them: it names itself in the comment as well.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "core/bytes.hpp"
#include "core/marker.hpp"

namespace htj2k::test {

inline std::vector<std::uint8_t> renamed(std::vector<std::uint8_t> main_header) {
  const std::string theirs = "OpenJPH Ver", added = "htj2k, as ";
  const auto text = std::search(main_header.begin(), main_header.end(), theirs.begin(), theirs.end());
  std::uint8_t* const length = &*text - 4;  // Lcom, before Rcom
  store_u16(length, static_cast<std::size_t>(length[0] << 8 | length[1]) + added.size());
  main_header.insert(text, added.begin(), added.end());
  return main_header;
}

}  // namespace htj2k::test
