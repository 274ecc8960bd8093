// Random images and parameters of reversible encodings.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <random>

#include "images.hpp"
#include "random.hpp"

namespace htj2k::test {

inline std::uint32_t power_up_to(std::mt19937& random, std::uint32_t lowest, std::uint32_t highest) {
  return 1U << (lowest + up_to(random, highest - lowest));
}

inline bool one_in(std::mt19937& random, std::uint32_t n) { return up_to(random, n - 1) == 0; }

// Most images are small, so that all kinds of subbands without samples come up.
inline std::uint32_t any_length(std::mt19937& random) {
  return 1 + up_to(random, one_in(random, 4) ? 299 : 70);
}

inline sample_type any_type(std::mt19937& random, std::uint32_t bit_depth) {
  return decoded_type(bit_depth, up_to(random, 1) == 0);
}

// Where unsigned samples are the middle of their range, and signed ones zero, all coefficients are zero.
inline std::uint64_t middle(const image& image) {
  return sample_is_signed(image.layout.type) ? 0 : std::uint64_t{1} << (image.bit_depth - 1);
}

inline void set_sample(image& image, std::size_t index, std::uint64_t value) {
  const std::size_t size = sample_size(image.layout.type);
  for (std::size_t b = 0; b < size; ++b)
    image.bytes[index * size + b] = static_cast<std::uint8_t>(value >> (8 * b));
}

// Noise, in which some part of the samples, up to nearly all, is flat, or noise in a few spots alone.
inline image any_image(std::mt19937& random) {
  const std::uint32_t bit_depth = 1 + up_to(random, one_in(random, 4) ? 31 : 15);
  const image_layout layout{any_type(random, bit_depth), any_length(random), any_length(random),
                            1 + up_to(random, 3)};
  image made = noise(layout, bit_depth);
  const std::size_t samples = std::size_t{layout.width} * layout.height * layout.components;
  const std::uint32_t kind = up_to(random, 5);
  if (kind == 0) return made;
  const image all_noise = made;
  for (std::size_t i = 0; i < samples; ++i) set_sample(made, i, middle(made));
  if (kind == 1) return made;
  const std::size_t size = sample_size(layout.type);
  const std::uint32_t spots = 1 + up_to(random, 20), longest = kind == 2 ? layout.width : 1;
  for (std::uint32_t spot = 0; spot < spots; ++spot) {
    const std::size_t start = up_to(random, static_cast<std::uint32_t>(samples - 1)) * size;
    const std::size_t count = std::min((1 + up_to(random, longest)) * size, made.bytes.size() - start);
    std::copy_n(all_noise.bytes.data() + start, count, made.bytes.data() + start);
  }
  return made;
}

inline encode_comment any_comment(std::mt19937& random) {
  encode_comment comment;
  comment.is_text = up_to(random, 1) == 0;
  comment.bytes.resize(1 + up_to(random, 20));
  for (char& c : comment.bytes) c = static_cast<char>(comment.is_text ? 'a' : up_to(random, 255));
  return comment;
}

inline void choose_partition(std::mt19937& random, encode_options& options) {
  const std::uint32_t log_width = 2 + up_to(random, up_to(random, 7));
  options.block_width = 1U << log_width;
  options.block_height = power_up_to(random, 2, std::min(2 + up_to(random, 8), 12 - log_width));
  for (std::uint32_t i = up_to(random, 3); i > 0; --i)
    options.precincts.emplace_back(power_up_to(random, 1, 9), power_up_to(random, 1, 9));
  if (one_in(random, 3)) {
    options.tile_width = 20 + up_to(random, 150);
    options.tile_height = 20 + up_to(random, 150);
  }
}

inline encode_options any_options(std::mt19937& random, const image& image) {
  static constexpr const char* orders[] = {"LRCP", "RLCP", "RPCL", "PCRL", "CPRL"};
  encode_options options;
  options.bit_depth = image.bit_depth;
  options.num_decompositions = up_to(random, one_in(random, 10) ? 32 : 6);
  options.color_transform = image.layout.components >= 3 && up_to(random, 1) == 0;
  options.progression_order = orders[up_to(random, 4)];
  choose_partition(random, options);
  options.tlm = false;
  options.tile_part_per_resolution = up_to(random, 1) == 0;
  options.tile_part_per_component = up_to(random, 1) == 0;
  for (std::uint32_t i = up_to(random, 2); i > 0; --i) options.comments.push_back(any_comment(random));
  return options;
}

inline void print(const image& image, const encode_options& options) {
  std::fprintf(stderr, "%u x %u x %u, %u bits, %s, %u levels, blocks %u x %u, %zu precincts, tiles %u x %u\n",
               image.layout.width, image.layout.height, image.layout.components, image.bit_depth,
               options.progression_order.c_str(), options.num_decompositions, options.block_width,
               options.block_height, options.precincts.size(), options.tile_width, options.tile_height);
}

// Else OpenJPH writes an exponent of 0, and our encoder one of 1.
inline bool has_exponent(const encode_options& options) {
  return options.bit_depth > 1 || options.num_decompositions > 0 || options.color_transform;
}

}  // namespace htj2k::test
