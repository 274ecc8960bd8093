// The whole way through the core, without Python: what runs on a CPU that is only emulated here.
#include <cstdint>
#include <vector>

#include "check.hpp"
#include "core/encode.hpp"
#include "core/pixel_checksums.hpp"
#include "images.hpp"
#include "kernels/implementation.hpp"

namespace {

using namespace htj2k;
using namespace htj2k::test;

void test_image(const image& original) {
  const auto pixels = view_of<const_image_view>(original.layout, original.bytes);
  encode_options options;
  options.bit_depth = original.bit_depth;
  options.num_decompositions = 3;
  options.color_transform = original.layout.components == 3;
  encoded_image encoded = encode(pixels, options, clamp_policy::precision);
  const auto codestream = joined(encoded);
  CHECK(decoded(codestream, 0) == original.bytes);

  pixel_checksum_options checksum_options;
  checksum_options.bit_depth = original.bit_depth;
  checksum_options.num_decompositions = options.num_decompositions;
  checksum_options.color_transform = options.color_transform;
  const auto expected = checksum_pixels(pixels, checksum_options).resolutions;
  for (std::uint32_t reduce = 0; reduce <= options.num_decompositions; ++reduce) {
    const auto bytes = decoded(codestream, reduce);
    const auto crc = kernels::active().crc32(0, bytes.data(), bytes.size());
    CHECK(crc == expected[options.num_decompositions - reduce].crc32);
    CHECK(crc == encoded.resolutions[options.num_decompositions - reduce].crc32);
  }
}

}  // namespace

int main() {
  test_image(noise({sample_type::u1, 61, 47, 3}, 8));
  test_image(noise({sample_type::i1, 33, 70, 1}, 8));
  test_image(noise({sample_type::u2, 97, 31, 1}, 12));
  test_image(noise({sample_type::i2, 130, 65, 1}, 16));
  test_image(noise({sample_type::u2, 40, 29, 4}, 16));
  test_image(noise({sample_type::i4, 50, 37, 1}, 24));
  return htj2k::test::finish();
}
