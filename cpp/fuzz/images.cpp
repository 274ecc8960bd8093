#include "fuzz/images.hpp"

#include <random>

namespace htj2k::fuzz {

void put_sample(decoded_image& image, std::size_t index, std::uint64_t value, std::uint32_t bit_depth) {
  const std::uint64_t shifted = value << (64 - bit_depth);
  const std::uint64_t sample =
      sample_is_signed(image.layout.type)
          ? static_cast<std::uint64_t>(static_cast<std::int64_t>(shifted) >> (64 - bit_depth))
          : shifted >> (64 - bit_depth);
  const std::size_t size = sample_size(image.layout.type);
  for (std::size_t b = 0; b < size; ++b)
    image.samples[index * size + b] = static_cast<std::uint8_t>(sample >> (8 * b));
}

decoded_image noise(const image_layout& layout, std::uint32_t bit_depth) {
  decoded_image image = make_image(layout, 0);
  std::mt19937_64 random(bit_depth);
  const std::size_t samples = image.samples.size() / sample_size(layout.type);
  for (std::size_t i = 0; i < samples; ++i) put_sample(image, i, random(), bit_depth);
  return image;
}

bytes encode_to_bytes(const decoded_image& image, std::uint32_t bit_depth, encode_options options) {
  options.bit_depth = bit_depth;
  encoded_image encoded = encode(view_of(image), options, std::nullopt);
  bytes all = encoded.main_header;
  all.resize(all.size() + encoded.tile_parts.size());
  encoded.tile_parts.move_to(all.data() + encoded.main_header.size());
  return all;
}

}  // namespace htj2k::fuzz
