// Random numbers as the tests use them: the same on every machine, unlike the standard distributions.
#pragma once

#include <cstdint>
#include <random>

namespace htj2k::test {

inline std::uint32_t up_to(std::mt19937& random, std::uint32_t most) {
  return static_cast<std::uint32_t>(random() % (std::uint64_t{most} + 1));
}

}  // namespace htj2k::test
