// Types of boxes, and brands, of JP2 and JPH files (T.800 Annex I, T.814 Annex D).
#pragma once

#include <cstdint>

namespace htj2k {

constexpr std::uint32_t four_cc(char a, char b, char c, char d) {
  return static_cast<std::uint32_t>(static_cast<unsigned char>(a)) << 24 |
         static_cast<std::uint32_t>(static_cast<unsigned char>(b)) << 16 |
         static_cast<std::uint32_t>(static_cast<unsigned char>(c)) << 8 | static_cast<unsigned char>(d);
}

constexpr std::uint32_t type_signature = four_cc('j', 'P', ' ', ' ');
constexpr std::uint32_t type_ftyp = four_cc('f', 't', 'y', 'p');
constexpr std::uint32_t type_jp2h = four_cc('j', 'p', '2', 'h');
constexpr std::uint32_t type_ihdr = four_cc('i', 'h', 'd', 'r');
constexpr std::uint32_t type_colr = four_cc('c', 'o', 'l', 'r');
constexpr std::uint32_t type_jp2c = four_cc('j', 'p', '2', 'c');
constexpr std::uint32_t brand_jph = four_cc('j', 'p', 'h', ' ');

}  // namespace htj2k
