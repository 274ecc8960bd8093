// Bytes changed at random.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

namespace htj2k::test {

inline void damage(std::vector<std::uint8_t>& data, std::mt19937& random) {
  const std::size_t start = random() % 4 == 0 ? 0 : 100;  // now and then the headers too
  for (std::uint32_t i = static_cast<std::uint32_t>(random() % 5) + 1; i-- > 0;) {
    const std::size_t at = start + random() % (data.size() - start);
    data[at] = static_cast<std::uint8_t>(random());
  }
}

}  // namespace htj2k::test
