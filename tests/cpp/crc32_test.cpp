#include "kernels/crc32.hpp"

#include <cstring>
#include <random>
#include <vector>

#include "check.hpp"
#include "core/row_checksum.hpp"
#include "guarded.hpp"
#include "kernels/implementation.hpp"

namespace {

using namespace htj2k::kernels;
using htj2k::test::guarded;

// Bit by bit from the definition, to owe nothing to tables or folding.
std::uint32_t crc32_by_bits(std::uint32_t crc, const std::uint8_t* data, std::size_t size) {
  std::uint32_t reg = ~crc;
  for (std::size_t i = 0; i < size; ++i) {
    reg ^= data[i];
    for (int bit = 0; bit < 8; ++bit) reg = (reg >> 1) ^ (0xEDB88320u & (0u - (reg & 1u)));
  }
  return ~reg;
}

void fill(std::uint8_t* data, std::size_t size) {
  std::mt19937 random(7);
  for (std::size_t i = 0; i < size; ++i) data[i] = static_cast<std::uint8_t>(random());
}

void test_known_values(const implementation& kernels) {
  const auto* digits = reinterpret_cast<const std::uint8_t*>("123456789");
  CHECK(kernels.crc32(0, digits, 9) == 0xCBF43926u);
  CHECK(kernels.crc32(0x12345678u, digits, 0) == 0x12345678u);
  CHECK(kernels.crc32(0, nullptr, 0) == 0);
}

void test_both_ends_of_memory(const implementation& kernels) {
  const guarded memory(1 << 16);
  fill(memory.first(), memory.size());
  for (std::size_t size = 0; size < 1200; ++size) {
    CHECK(kernels.crc32(size & 1, memory.first(), size) == crc32_by_bits(size & 1, memory.first(), size));
    CHECK(kernels.crc32(5, memory.last(size), size) == crc32_by_bits(5, memory.last(size), size));
  }
  CHECK(kernels.crc32(0, memory.first(), memory.size()) == crc32_by_bits(0, memory.first(), memory.size()));
}

// The folding must carry each bit of a block to the right place, whatever stands around it.
void test_single_bits(const implementation& kernels) {
  std::uint8_t data[600] = {};
  for (std::size_t bit = 0; bit < 8 * sizeof data; ++bit) {
    data[bit / 8] = static_cast<std::uint8_t>(1u << (bit % 8));
    CHECK(kernels.crc32(0, data, sizeof data) == crc32_by_bits(0, data, sizeof data));
    data[bit / 8] = 0;
  }
}

// Rows that the checksum has memory for, rows of an image with and without a gap, and both in turn.
void test_rows(const implementation& kernels) {
  constexpr std::uint32_t height = 150;
  for (const std::size_t row_bytes : {1u, 3u, 63u, 128u, 1000u, 4096u, 5000u}) {
    std::vector<std::uint8_t> image(height * row_bytes), spread(2 * image.size());
    fill(image.data(), image.size());
    htj2k::row_checksum packed(kernels, row_bytes, height), in_place(kernels, row_bytes, height),
        apart(kernels, row_bytes, height), mixed(kernels, row_bytes, height);
    for (std::uint32_t y = 0; y < height; ++y) {
      const std::uint8_t* const row = &image[y * row_bytes];
      const auto pack = [&](htj2k::row_checksum& rows) {
        std::uint8_t* const to = rows.next_row();
        std::memcpy(to, row, row_bytes);
        rows.add(to);
      };
      pack(packed);
      in_place.add(row);
      std::memcpy(&spread[2 * y * row_bytes], row, row_bytes);
      apart.add(&spread[2 * y * row_bytes]);
      if (y % 5 < 3)
        pack(mixed);
      else
        mixed.add(row);
    }
    const std::uint32_t expected = crc32_by_bits(0, image.data(), image.size());
    for (htj2k::row_checksum* rows : {&packed, &in_place, &apart, &mixed}) CHECK(rows->finish() == expected);
  }
  CHECK(htj2k::row_checksum(kernels, 0, 0).finish() == 0);
}

void test_combine() {
  std::uint8_t data[300];
  fill(data, sizeof data);
  const std::uint32_t whole = crc32_by_bits(0, data, sizeof data);
  for (std::size_t cut = 0; cut <= sizeof data; ++cut) {
    const std::size_t rest = sizeof data - cut;
    CHECK(crc32_combine(crc32_by_bits(0, data, cut), crc32_by_bits(0, data + cut, rest), rest) == whole);
  }
}

void test_polynomial_arithmetic() {
  static_assert(crc32_multiply(crc32_one, 0x9ABCDEF0u) == 0x9ABCDEF0u, "1 is neutral");
  static_assert(crc32_x_to_the(0) == crc32_one, "x^0");
  static_assert(crc32_x_to_the(32) == crc32_polynomial, "x^32 is the rest of P");
  std::uint32_t power = crc32_one;
  for (std::uint64_t n = 0; n < 2000; ++n, power = crc32_times_x(power)) CHECK(crc32_x_to_the(n) == power);
  CHECK(crc32_x_to_the(0xFFFFFFFFu) == crc32_one);
}

}  // namespace

int main() {
  for (const implementation* kernels : available()) {
    test_known_values(*kernels);
    test_both_ends_of_memory(*kernels);
    test_single_bits(*kernels);
    test_rows(*kernels);
  }
  test_combine();
  test_polynomial_arithmetic();
  return htj2k::test::finish();
}
