// Main headers and tile-parts against those of OpenJPH, from the same codeblocks.
#include "core/encoder/tile_writer.hpp"

#include <cstdlib>
#include <utility>

#include "any_encoding.hpp"
#include "check.hpp"
#include "core/encoder/main_header.hpp"
#include "core/encoder/packet_bit_writer.hpp"
#include "core/marker.hpp"
#include "core/openjph_encoder.hpp"
#include "core/packet_bits.hpp"
#include "renamed.hpp"

namespace {

using namespace htj2k;
using test::up_to;

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

void compare(const test::image& image, const encode_options& options) {
  if (!test::has_exponent(options)) return;
  const auto view = test::view_of<const_image_view>(image.layout, image.bytes);
  encoded_image expected = encode_by_openjph(view, options, std::nullopt);
  const std::vector<std::uint8_t> stream = test::joined(expected);
  encoded_image written = written_again(stream, view, options);
  const bool is_same_header = written.main_header == test::renamed(expected.main_header);
  written.main_header = expected.main_header;
  const bool is_same = is_same_header && test::joined(written) == stream;
  CHECK(is_same_header);
  CHECK(is_same);
  if (!is_same) test::print(image, options);
}

// Mostly ones, so that bytes of FF are common, at the end too; read again by the reader of packet headers.
void test_bits(std::mt19937& random, encoder::packet_bit_writer& bits) {
  std::vector<std::pair<std::uint64_t, unsigned>> put;
  bits.begin();
  bits.make_room();
  for (std::uint32_t i = 1 + up_to(random, 5); i > 0; --i) {
    const unsigned count = 1 + up_to(random, 55);
    const std::uint64_t ones = (std::uint64_t{1} << count) - 1;
    put.emplace_back(test::one_in(random, 3) ? ones >> up_to(random, 3) : ones, count);
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
    const test::image image = test::any_image(random);
    compare(image, test::any_options(random, image));
  }
  encoder::packet_bit_writer bits;
  for (long i = 0; i < rounds; ++i) test_bits(random, bits);
  test_refusals();
  return test::finish();
}
