#include "kernels/crc32.hpp"

#include <array>

namespace htj2k::kernels {
namespace {

constexpr std::size_t slices = 16;
using tables = std::array<std::array<std::uint32_t, 256>, slices>;

// tables[k][b]: what byte b leaves in the register after k more bytes of zero have passed.
constexpr tables make_tables() {
  tables t{};
  for (std::uint32_t b = 0; b < 256; ++b) {
    std::uint32_t reg = b;
    for (int bit = 0; bit < 8; ++bit) reg = crc32_times_x(reg);
    t[0][b] = reg;
  }
  for (std::size_t k = 1; k < slices; ++k)
    for (std::size_t b = 0; b < 256; ++b) t[k][b] = (t[k - 1][b] >> 8) ^ t[0][t[k - 1][b] & 0xFFu];
  return t;
}

constexpr tables table = make_tables();

}  // namespace

// Slicing by 16: the effects of 16 bytes are independent given the register, so their look-ups run in
// parallel.
std::uint32_t crc32_register(std::uint32_t reg, const std::uint8_t* data, std::size_t size) {
  for (; size >= slices; size -= slices, data += slices) {
    std::uint32_t next = 0;
    for (std::size_t i = 0; i < 4; ++i) next ^= table[slices - 1 - i][data[i] ^ ((reg >> (8 * i)) & 0xFFu)];
    for (std::size_t i = 4; i < slices; ++i) next ^= table[slices - 1 - i][data[i]];
    reg = next;
  }
  for (; size != 0; --size, ++data) reg = (reg >> 8) ^ table[0][(reg ^ *data) & 0xFFu];
  return reg;
}

}  // namespace htj2k::kernels
