// Main headers and tile-parts against those of OpenJPH, from the same codeblocks.
#include "core/encoder/tile_writer.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "check.hpp"
#include "core/encoder/main_header.hpp"
#include "core/encoder/packet_bit_writer.hpp"
#include "core/marker.hpp"
#include "core/packet_bits.hpp"
#include "images.hpp"
#include "random.hpp"

namespace {

using namespace htj2k;
using test::up_to;

std::uint32_t power_up_to(std::mt19937& random, std::uint32_t lowest, std::uint32_t highest) {
  return 1U << (lowest + up_to(random, highest - lowest));
}

bool one_in(std::mt19937& random, std::uint32_t n) { return up_to(random, n - 1) == 0; }

// Most images are small, so that all kinds of subbands without samples come up.
std::uint32_t any_length(std::mt19937& random) { return 1 + up_to(random, one_in(random, 4) ? 299 : 70); }

sample_type any_type(std::mt19937& random, std::uint32_t bit_depth) {
  return decoded_type(bit_depth, up_to(random, 1) == 0);
}

// Where unsigned samples are the middle of their range, and signed ones zero, all coefficients are zero.
std::uint64_t middle(const test::image& image) {
  return sample_is_signed(image.layout.type) ? 0 : std::uint64_t{1} << (image.bit_depth - 1);
}

void set_sample(test::image& image, std::size_t index, std::uint64_t value) {
  const std::size_t size = sample_size(image.layout.type);
  for (std::size_t b = 0; b < size; ++b)
    image.bytes[index * size + b] = static_cast<std::uint8_t>(value >> (8 * b));
}

// Noise, in which some part of the samples, up to nearly all, is flat, or noise in a few spots alone.
test::image any_image(std::mt19937& random) {
  const std::uint32_t bit_depth = 1 + up_to(random, one_in(random, 4) ? 31 : 15);
  const image_layout layout{any_type(random, bit_depth), any_length(random), any_length(random),
                            1 + up_to(random, 3)};
  test::image image = test::noise(layout, bit_depth);
  const std::size_t samples = std::size_t{layout.width} * layout.height * layout.components;
  const std::uint32_t kind = up_to(random, 5);
  if (kind == 0) return image;
  const test::image noise = image;
  for (std::size_t i = 0; i < samples; ++i) set_sample(image, i, middle(image));
  if (kind == 1) return image;
  const std::size_t size = sample_size(layout.type);
  const std::uint32_t spots = 1 + up_to(random, 20), longest = kind == 2 ? layout.width : 1;
  for (std::uint32_t spot = 0; spot < spots; ++spot) {
    const std::size_t start = up_to(random, static_cast<std::uint32_t>(samples - 1)) * size;
    const std::size_t count = std::min((1 + up_to(random, longest)) * size, image.bytes.size() - start);
    std::copy_n(noise.bytes.data() + start, count, image.bytes.data() + start);
  }
  return image;
}

encode_comment any_comment(std::mt19937& random) {
  encode_comment comment;
  comment.is_text = up_to(random, 1) == 0;
  comment.bytes.resize(1 + up_to(random, 20));
  for (char& c : comment.bytes) c = static_cast<char>(comment.is_text ? 'a' : up_to(random, 255));
  return comment;
}

void choose_partition(std::mt19937& random, encode_options& options) {
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

encode_options any_options(std::mt19937& random, const test::image& image) {
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

std::vector<encoder::coded_bytes> blocks_of(const coded_band& band, const tile_resolution& resolution,
                                            unsigned index, const std::uint8_t* data) {
  const std::uint32_t across = resolution.blocks_across(index), down = resolution.blocks_down(index);
  std::vector<encoder::coded_bytes> blocks(std::size_t{across} * down);
  if (band.is_empty()) return blocks;
  for (std::uint32_t y = 0; y < down; ++y)
    for (std::uint32_t x = 0; x < across; ++x) {
      const coded_block& block = band.row(y)[x];
      if (block.num_passes != 0) blocks[y * across + x] = {data + block.offsets[0], block.sizes[0]};
    }
  return blocks;
}

encoder::coded_tile_blocks blocks_of(const coded_tile& tile, const std::uint8_t* data) {
  encoder::coded_tile_blocks blocks;
  for (std::size_t c = 0; c < tile.bands.size(); ++c) {
    auto& resolutions = blocks.emplace_back(tile.bands[c].size());
    for (std::size_t r = 0; r < resolutions.size(); ++r) {
      const tile_resolution& resolution = tile.geometry.components[c][r];
      for (unsigned b = 0; b < resolution.num_bands; ++b)
        resolutions[r][b] = blocks_of(tile.bands[c][r][b], resolution, b, data);
    }
  }
  return blocks;
}

encoded_image written_again(const std::vector<std::uint8_t>& stream, const const_image_view& view,
                            const encode_options& options) {
  encoded_image result;
  result.main_header = encoder::main_header(view, options);
  const codestream described = encoder::described_by(result.main_header);
  const packet_walk walk = walk_packets(parse({stream.data(), stream.size()}), 0, true);
  CHECK(!walk.fault && walk.first_missing.empty());
  for (const auto& [index, tile] : walk.tiles)
    encoder::write_tile(described, index, geometry_of_tile(described, index), blocks_of(tile, stream.data()),
                        options, result.tile_parts);
  const std::uint8_t eoc[] = {EOC >> 8, EOC & 0xFF};
  result.tile_parts.append(eoc, sizeof eoc);
  return result;
}

void print(const test::image& image, const encode_options& options) {
  std::fprintf(stderr, "%u x %u x %u, %u bits, %s, %u levels, blocks %u x %u, %zu precincts, tiles %u x %u\n",
               image.layout.width, image.layout.height, image.layout.components, image.bit_depth,
               options.progression_order.c_str(), options.num_decompositions, options.block_width,
               options.block_height, options.precincts.size(), options.tile_width, options.tile_height);
}

void compare(const test::image& image, const encode_options& options) {
  const auto view = test::view_of<const_image_view>(image.layout, image.bytes);
  encoded_image expected = encode(view, options, std::nullopt);
  const std::vector<std::uint8_t> header = expected.main_header;
  const std::vector<std::uint8_t> stream = test::joined(expected);
  encoded_image written = written_again(stream, view, options);
  const bool is_same_header = written.main_header == header;
  const bool is_same = is_same_header && test::joined(written) == stream;
  CHECK(is_same_header);
  CHECK(is_same);
  if (!is_same) print(image, options);
}

// Mostly ones, so that bytes of FF are common, at the end too; read again by the reader of packet headers.
void test_bits(std::mt19937& random, encoder::packet_bit_writer& bits) {
  std::vector<std::pair<std::uint64_t, unsigned>> put;
  bits.begin();
  bits.make_room();
  for (std::uint32_t i = 1 + up_to(random, 5); i > 0; --i) {
    const unsigned count = 1 + up_to(random, 55);
    const std::uint64_t ones = (std::uint64_t{1} << count) - 1;
    put.emplace_back(one_in(random, 3) ? ones >> up_to(random, 3) : ones, count);
    bits.put(put.back().first, count);
  }
  bits.finish();
  packet_bits read({bits.data(), bits.size()}, 0, bits.size());
  for (const auto& [value, count] : put) CHECK(read.bits(count) == value);
  CHECK(read.finish() == bits.size());
  CHECK(bits.data()[bits.size() - 1] != 0xFF);
}

// What OpenJPH would not write either.
void test_refusals() {
  encode_options options;
  options.bit_depth = 8;
  options.num_decompositions = 31;
  options.progression_order = "LRCP";
  options.tile_part_per_component = true;
  const test::image image = test::noise({sample_type::u1, 3, 3, 8}, 8);
  const auto view = test::view_of<const_image_view>(image.layout, image.bytes);
  const codestream cs = encoder::described_by(encoder::main_header(view, options));
  bool is_refused = false;
  try {
    byte_chunks target;
    encoder::write_tile(cs, 0, geometry_of_tile(cs, 0), {}, options, target);
  } catch (const error& e) {
    is_refused = e.code() == error_code::invalid_argument;
  }
  CHECK(is_refused);
}

}  // namespace

int main(int argc, char** argv) {
  const long rounds = argc > 1 ? std::atol(argv[1]) : 1000;
  std::mt19937 random(argc > 2 ? static_cast<std::uint32_t>(std::atol(argv[2])) : 1);
  for (long i = 0; i < rounds; ++i) {
    const test::image image = any_image(random);
    compare(image, any_options(random, image));
  }
  encoder::packet_bit_writer bits;
  for (long i = 0; i < rounds; ++i) test_bits(random, bits);
  test_refusals();
  return test::finish();
}
