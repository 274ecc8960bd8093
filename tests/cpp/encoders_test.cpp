// Our own encoder against OpenJPH's: the same bytes of the same images, or more bit-planes and then all
// samples.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

#include "any_encoding.hpp"
#include "check.hpp"
#include "core/encoder/block_encoder.hpp"
#include "core/encoder/encode.hpp"
#include "core/encoder/main_header.hpp"
#include "core/error.hpp"
#include "core/openjph_encoder.hpp"
#include "core/pixel_checksums.hpp"
#include "renamed.hpp"

namespace {

using namespace htj2k;
using test::up_to;

std::vector<std::uint8_t> tile_parts_of(encoded_image& encoded) {
  encoded.main_header.clear();
  return test::joined(encoded);
}

unsigned guard_bits_of(const encoded_image& encoded) {
  return encoder::described_by(encoded.main_header).main.qcd->guard_bits;
}

bool same_checksums(const encoded_image& a, const encoded_image& b) {
  if (a.resolutions.size() != b.resolutions.size()) return false;
  for (std::size_t r = 0; r < a.resolutions.size(); ++r)
    if (a.resolutions[r].crc32 != b.resolutions[r].crc32) return false;
  return true;
}

std::vector<std::int64_t> samples_of(const test::image& image) {
  const std::size_t size = sample_size(image.layout.type);
  std::vector<std::int64_t> samples(image.bytes.size() / size);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    std::uint64_t bits = 0;
    for (std::size_t b = 0; b < size; ++b) bits |= std::uint64_t{image.bytes[i * size + b]} << (8 * b);
    const std::size_t unused = 64 - 8 * size;
    samples[i] = sample_is_signed(image.layout.type) ? static_cast<std::int64_t>(bits << unused) >> unused
                                                     : static_cast<std::int64_t>(bits);
  }
  return samples;
}

// What both encoders have from the same code.
void check_samples(const test::image& image, const encode_options& options, const encoded_image& found) {
  const auto samples = samples_of(image);
  CHECK(found.min == *std::min_element(samples.begin(), samples.end()));
  CHECK(found.max == *std::max_element(samples.begin(), samples.end()));
  if (found.resolutions.empty()) return;
  pixel_checksum_options how;
  how.bit_depth = options.bit_depth;
  how.num_decompositions = options.num_decompositions;
  how.color_transform = options.color_transform;
  const auto expected = checksum_pixels(test::view_of<const_image_view>(image.layout, image.bytes), how);
  for (std::size_t r = 0; r < found.resolutions.size(); ++r)
    CHECK(found.resolutions[r].crc32 == expected.resolutions[r].crc32);
}

// How many encodings needed more bit-planes than OpenJPH provides.
unsigned long num_with_more_planes = 0;

void compare(const test::image& image, const encode_options& options, std::optional<clamp_policy> checksums) {
  const auto view = test::view_of<const_image_view>(image.layout, image.bytes);
  encoded_image expected = encode_by_openjph(view, options, checksums);
  encoded_image found = encoder::encode(view, options, checksums);
  check_samples(image, options, found);
  bool same = expected.min == found.min && expected.max == found.max && same_checksums(expected, found);
  if (test::renamed(expected.main_header) == found.main_header) {
    same = same && tile_parts_of(expected) == tile_parts_of(found);
  } else {
    ++num_with_more_planes;
    same = same && guard_bits_of(found) == guard_bits_of(expected) + (test::has_exponent(options) ? 1 : 0);
    same = same && test::decoded(test::joined(found), 0) == image.bytes;
  }
  CHECK(same);
  if (!same) test::print(image, options);
}

template <typename Encode>
std::string refusal(Encode encode) {
  try {
    encode();
  } catch (const error& e) {
    CHECK(e.code() == error_code::invalid_argument);
    return e.what();
  }
  return "";
}

// Keeps `bits` of each sample.
test::image masked(test::image image, unsigned bits) {
  const auto samples = samples_of(image);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const auto kept = static_cast<std::uint64_t>(samples[i]) << (64 - bits);
    test::set_sample(image, i,
                     sample_is_signed(image.layout.type)
                         ? static_cast<std::uint64_t>(static_cast<std::int64_t>(kept) >> (64 - bits))
                         : kept >> (64 - bits));
  }
  image.bit_depth = bits;
  return image;
}

// Samples that have more bits than they say: refused by name, or without these bits.
void compare_large_samples(test::image image, encode_options options) {
  if (options.bit_depth < 2) return;
  image.bit_depth = --options.bit_depth;
  const auto view = test::view_of<const_image_view>(image.layout, image.bytes);
  const std::string text = refusal([&] { encode_by_openjph(view, options, std::nullopt); });
  CHECK(refusal([&] { encoder::encode(view, options, std::nullopt); }) == text);
  options.mask_unused_bits = true;
  encoded_image found = encoder::encode(view, options, std::nullopt);
  const test::image expected = masked(image, options.bit_depth);
  check_samples(expected, options, found);
  encoded_image same = encoder::encode(test::view_of<const_image_view>(expected.layout, expected.bytes),
                                       options, std::nullopt);
  CHECK(test::joined(found) == test::joined(same));
}

}  // namespace

// encoders_test [IMAGES [SEED]]
int main(int argc, char** argv) {
  const long rounds = argc > 1 ? std::atol(argv[1]) : 1000;
  std::mt19937 random(argc > 2 ? static_cast<std::uint32_t>(std::atol(argv[2])) : 1);
  long compared = 0;
  for (long i = 0; i < rounds; ++i) {
    const test::image image = test::any_image(random);
    const encode_options options = test::any_options(random, image);
    const bool has_checksums = options.tile_width == 0 && up_to(random, 1) == 0;
    if (!encoder::can_encode(options)) continue;
    ++compared;
    compare(image, options, has_checksums ? std::optional(clamp_policy::precision) : std::nullopt);
    compare_large_samples(image, options);
  }
  std::printf("%ld of %ld images compared, %lu with more bit-planes\n", compared, rounds,
              num_with_more_planes);
  CHECK(!encoder::has_block_encoder() || compared > rounds / 2);
  return test::finish();
}
