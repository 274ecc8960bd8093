// Several resolutions from one decode, and one after the other from what the one before has kept: both over
// images and tiles that start anywhere.
#include <cstdint>
#include <deque>
#include <random>
#include <vector>

#include "any_stream.hpp"
#include "check.hpp"
#include "core/decode.hpp"
#include "core/error.hpp"
#include "core/limits.hpp"
#include "core/native/component_plan.hpp"
#include "core/ojph_messages.hpp"
#include "core/resolution_decoder.hpp"
#include "core/strict.hpp"
#include "image_memory.hpp"

namespace {

using namespace htj2k;
using namespace htj2k::test;
using bytes = std::vector<std::uint8_t>;

open_codestream open(const bytes& data, std::uint32_t reduce) {
  return open_strict({data.data(), data.size()}, limits{}, reduce, decode_engine::native);
}

std::vector<std::int64_t> expected(const bytes& data, std::uint32_t reduce) {
  return decoded(data, reduce, decode_engine::native, 1);
}

// The lowest resolution that is not empty.
std::uint32_t lowest_of(const bytes& data, std::uint32_t levels) {
  for (std::uint32_t reduce = 1; reduce <= levels; ++reduce) try {
      layout_at(open(data, reduce).cs, reduce);
    } catch (const error& e) {
      CHECK(e.code() == error_code::unsupported);
      return reduce - 1;
    }
  return levels;
}

void compare_levels(const bytes& data, std::uint32_t highest, std::uint32_t lowest, unsigned threads) {
  const open_codestream opened = open(data, highest);
  std::deque<image_memory> memory;
  std::vector<level_target> targets;
  for (std::uint32_t reduce = lowest + 1; reduce-- > highest;)
    targets.push_back({reduce, memory.emplace_back(layout_at(opened.cs, reduce)).view()});
  decode_options options;
  options.threads = threads;
  decode_levels(opened, options, targets);
  for (std::size_t i = 0; i < targets.size(); ++i)
    CHECK(memory[i].samples() == expected(data, targets[i].reduce));
}

// Numbers that wrap in 32 bits and not in 64 must do the same at every resolution, whichever is decoded.
void compare_bit_planes(const bytes& data, std::uint32_t lowest) {
  const open_codestream opened = open(data, 0);
  const auto planes_at = [&](std::uint32_t reduce) {
    const std::vector<rect> all(opened.cs.siz.num_components(), image_rect(opened.cs.siz, reduce));
    std::vector<unsigned> planes;
    for (const auto& [index, tile] : opened.walk.tiles)
      for (const auto& component : native::plan_tile(opened.cs, index, tile, reduce, all).components)
        planes.push_back(component.most_bit_planes);
    return planes;
  };
  for (std::uint32_t reduce = 1; reduce <= lowest; ++reduce) CHECK(planes_at(reduce) == planes_at(0));
}

std::vector<std::int64_t> decode_next(resolution_decoder& decoder, const bytes& data, std::uint32_t reduce,
                                      unsigned threads) {
  const open_codestream opened = open(data, reduce);
  const image_memory memory(layout_at(opened.cs, reduce));
  decode_options options;
  options.reduce = reduce;
  options.threads = threads;
  decoder.decode(opened, options, memory.view());
  return memory.samples();
}

// Makes every codeblock of the resolutions up to that one undecodable: the length of its MEL and VLC segment,
// which its last bytes hold, becomes too large.
void damage_blocks(bytes& data, std::uint32_t reduce) {
  const open_codestream opened = open(data, reduce);
  for (const auto& [index, tile] : opened.walk.tiles)
    for (std::size_t c = 0; c < tile.bands.size(); ++c)
      for (std::size_t r = 0; r + reduce < tile.bands[c].size(); ++r) {
        const tile_resolution& resolution = tile.geometry.components[c][r];
        for (unsigned b = 0; b < resolution.num_bands; ++b)
          for (std::uint32_t y = 0; y < resolution.blocks_down(b); ++y) {
            const coded_block* const row = tile.bands[c][r][b].row(y);
            for (std::uint32_t x = 0; row != nullptr && x < resolution.blocks_across(b); ++x)
              if (row[x].num_passes != 0) data[row[x].offsets[0] + row[x].sizes[0] - 1] = 0xFF;
          }
      }
}

// The decoder gets damaged bytes of all that it has decoded before: it must not look at them again.
void decode_onward(const bytes& data, std::uint32_t lowest, std::mt19937& random) {
  resolution_decoder decoder;
  bytes arrived = data;
  for (std::uint32_t reduce = lowest;; reduce -= 1 + up_to(random, reduce - 1)) {
    CHECK(decode_next(decoder, arrived, reduce, 1 + up_to(random, 1)) == expected(data, reduce));
    CHECK((decoder.bytes_kept() == 0) == (reduce == 0));
    if (reduce == 0) return;
    damage_blocks(arrived, reduce);
  }
}

// What was kept of another codestream is of no use.
void start_anew(const bytes& data, const bytes& other) {
  resolution_decoder decoder;
  decode_next(decoder, other, 1, 1);
  CHECK(decode_next(decoder, data, 0, 1) == expected(data, 0));
}

}  // namespace

int main() {
  initialize_openjph();
  std::mt19937 random(1);
  bytes other;
  for (int i = 0; i < 150; ++i) {
    const stream_shape shape = any_shape(random);
    const bytes data = encoded(shape, random);
    const std::uint32_t lowest = lowest_of(data, shape.levels);
    compare_levels(data, 0, lowest, 1 + up_to(random, 2));
    compare_levels(data, up_to(random, lowest), lowest, 1);
    compare_bit_planes(data, lowest);
    decode_onward(data, lowest, random);
    if (!other.empty()) start_anew(data, other);
    if (lowest > 0) other = data;
  }
  return htj2k::test::finish();
}
