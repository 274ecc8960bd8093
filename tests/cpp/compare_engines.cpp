// Both engines over random streams: sizes, offsets, tiles, precincts, depths, signs, contents that encode()
// makes and many that it does not.
//
//     compare_engines [STREAMS [FIRST]]
//
// Stream number n is the same in every run, so `compare_engines 1 n` shows a difference again.
#include <ojph_codestream.h>
#include <ojph_file.h>
#include <ojph_mem.h>
#include <ojph_params.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <random>
#include <vector>

#include "core/decode.hpp"
#include "core/geometry.hpp"
#include "core/limits.hpp"
#include "core/native/block_decoder.hpp"
#include "core/ojph_messages.hpp"
#include "core/resolution_decoder.hpp"
#include "core/strict.hpp"
#include "image_memory.hpp"

namespace {

using namespace htj2k;
using bytes = std::vector<std::uint8_t>;
using plane = std::vector<std::int64_t>;  // one component, row by row

class dice {
public:
  explicit dice(std::uint32_t seed) : random_(seed) {}
  std::uint32_t up_to(std::uint32_t most) {
    return static_cast<std::uint32_t>(random_() % (std::uint64_t{most} + 1));
  }
  std::uint32_t between(std::uint32_t least, std::uint32_t most) { return least + up_to(most - least); }
  bool one_in(std::uint32_t n) { return up_to(n - 1) == 0; }

private:
  std::mt19937 random_;
};

enum class content : std::uint8_t { noise, quiet, flat, steps, extremes, squares, ramp, number };

struct component_shape {
  std::uint32_t bit_depth = 8;
  bool is_signed = false;
};

struct stream_shape {
  std::uint32_t x0 = 0, y0 = 0, x1 = 0, y1 = 0;
  std::uint32_t tile_x0 = 0, tile_y0 = 0, tile_width = 0, tile_height = 0;
  std::vector<component_shape> components;
  std::uint32_t levels = 0, block_width = 64, block_height = 64;
  std::vector<ojph::size> precincts;
  bool color_transform = false, reversible = true;
  float step = 0.002F;
  bool parts_by_resolution = false, parts_by_component = false;
  const char* order = "RPCL";
  content kind = content::noise;
  std::uint32_t square = 5, pattern = 0;  // of content::squares
};

void roll_components(stream_shape& s, dice& d) {
  const std::uint32_t most_bits = s.reversible ? 32 : 24;
  component_shape alike{d.one_in(4) ? d.between(1, most_bits) : d.between(1, 16), d.one_in(2)};
  if (d.one_in(4)) alike.bit_depth = 16;  // what just fits, and just does not, has code of its own
  const bool are_alike = !d.one_in(4);
  s.components.resize(d.between(1, 4), alike);
  s.color_transform = are_alike && s.components.size() >= 3 && !d.one_in(3);
  if (are_alike) return;
  for (component_shape& c : s.components) c = {d.between(1, most_bits), d.one_in(2)};
}

void roll_area(stream_shape& s, dice& d) {
  const std::uint32_t most = d.one_in(4) ? 200 : 70;
  const bool is_moved = d.one_in(2);
  s.x0 = is_moved ? d.up_to(40) : 0;
  s.y0 = is_moved ? d.up_to(40) : 0;
  s.x1 = s.x0 + d.between(1, most);
  s.y1 = s.y0 + d.between(1, most);
  s.tile_width = s.x1;
  s.tile_height = s.y1;
  if (!d.one_in(2)) return;
  s.tile_x0 = d.up_to(s.x0);
  s.tile_y0 = d.up_to(s.y0);
  // Few tiles, now and then many: a tile costs much more than a sample.
  const std::uint32_t least = d.one_in(8) ? 1 : 1 + most / 5;
  s.tile_width = s.x0 - s.tile_x0 + d.between(least, least + most);
  s.tile_height = s.y0 - s.tile_y0 + d.between(least, least + most);
}

stream_shape any_shape(dice& d) {
  static constexpr const char* orders[] = {"LRCP", "RLCP", "RPCL", "PCRL", "CPRL"};
  stream_shape s;
  roll_area(s, d);
  s.reversible = !d.one_in(4);
  roll_components(s, d);
  s.levels = d.one_in(3) ? d.up_to(8) : d.up_to(5);
  const std::uint32_t log_width = d.between(2, 8);
  s.block_width = 1U << log_width;
  s.block_height = 1U << d.between(2, std::min(8U, 12 - log_width));
  if (d.one_in(3))
    for (std::uint32_t i = d.up_to(s.levels) + 1; i-- > 0;)
      s.precincts.emplace_back(1U << d.between(4, 9), 1U << d.between(4, 9));
  s.step = std::ldexp(1.0F + 0.1F * static_cast<float>(d.up_to(9)), -static_cast<int>(d.between(4, 12)));
  s.parts_by_resolution = d.one_in(6);
  s.parts_by_component = d.one_in(6);
  s.order = orders[d.up_to(4)];
  s.kind = static_cast<content>(d.up_to(static_cast<std::uint32_t>(content::number) - 1));
  s.square = d.between(2, 7);
  s.pattern = d.up_to(0xFFFF);
  return s;
}

void configure(ojph::codestream& codestream, const stream_shape& s) {
  auto siz = codestream.access_siz();
  siz.set_image_extent(ojph::point(s.x1, s.y1));
  siz.set_image_offset(ojph::point(s.x0, s.y0));
  siz.set_tile_size(ojph::size(s.tile_width, s.tile_height));
  siz.set_tile_offset(ojph::point(s.tile_x0, s.tile_y0));
  siz.set_num_components(static_cast<ojph::ui32>(s.components.size()));
  for (std::uint32_t c = 0; c < s.components.size(); ++c)
    siz.set_component(c, ojph::point(1, 1), s.components[c].bit_depth, s.components[c].is_signed);
  auto cod = codestream.access_cod();
  cod.set_num_decomposition(s.levels);
  cod.set_block_dims(s.block_width, s.block_height);
  auto precincts = s.precincts;
  if (!precincts.empty()) cod.set_precinct_size(static_cast<int>(precincts.size()), precincts.data());
  cod.set_progression_order(s.order);
  cod.set_color_transform(s.color_transform);
  cod.set_reversible(s.reversible);
  if (!s.reversible) codestream.access_qcd().set_irrev_quant(s.step);
  codestream.set_tilepart_divisions(s.parts_by_resolution, s.parts_by_component);
  codestream.set_planar(false);
}

bool is_bright(const stream_shape& s, std::uint32_t column, std::uint32_t row) {
  const std::uint32_t mixed = (s.pattern + column * 0x9E37U + row * 0x85EB1U) * 0x2545F491U;
  return ((mixed ^ mixed >> 15) >> 9) % 2 != 0;
}

std::int64_t sample(const stream_shape& s, const component_shape& c, std::uint32_t x, std::uint32_t y,
                    dice& d) {
  const std::int64_t low = c.is_signed ? -(std::int64_t{1} << (c.bit_depth - 1)) : 0;
  const auto range = static_cast<std::uint32_t>((std::uint64_t{1} << c.bit_depth) - 1);
  switch (s.kind) {
    case content::quiet:
      return low + range / 2 + d.up_to(std::min(range / 2, 3U));
    case content::flat:
      return low + range / 3;
    case content::steps:
      return low + ((x / 9 + y / 7) % 2 == 0 ? range / 5 : range);
    case content::extremes:
      return low + (d.one_in(2) ? range : 0);
    case content::squares:
      return low + (is_bright(s, x / s.square, y / s.square) ? range : 0);
    case content::ramp:
      return low + static_cast<std::int64_t>((std::uint64_t{x} * 5 + std::uint64_t{y} * 3) & range);
    default:
      return low + d.up_to(range);
  }
}

struct made_stream {
  bytes codestream;
  std::vector<plane> pixels;
};

made_stream encoded(const stream_shape& s, dice& d) {
  ojph::codestream codestream;
  configure(codestream, s);
  ojph::mem_outfile file;
  file.open();
  codestream.write_headers(&file);
  made_stream made;
  made.pixels.resize(s.components.size());
  ojph::ui32 c = 0;
  for (ojph::line_buf* line = codestream.exchange(nullptr, c); line != nullptr;
       line = codestream.exchange(line, c)) {
    const auto y = static_cast<std::uint32_t>(made.pixels[c].size() / (s.x1 - s.x0));
    for (std::uint32_t x = 0; x < s.x1 - s.x0; ++x) {
      made.pixels[c].push_back(sample(s, s.components[c], x, y, d));
      line->i32[x] = static_cast<std::int32_t>(static_cast<std::uint32_t>(made.pixels[c].back()));
    }
  }
  codestream.flush();
  made.codestream.assign(file.get_data(), file.get_data() + file.tell());
  return made;
}

// The samples of interleaved components, one component after the other.
std::vector<plane> planes_of(const test::image_memory& memory) {
  const std::uint32_t count = memory.view().components;
  std::vector<plane> planes(count);
  std::size_t i = 0;
  for (const std::int64_t sample : memory.samples()) planes[i++ % count].push_back(sample);
  return planes;
}

std::vector<plane> decoded_image(const open_codestream& opened, image_layout layout,
                                 const decode_options& options) {
  if (options.region) {
    layout.width = options.region->width();
    layout.height = options.region->height();
  }
  const test::image_memory memory(layout);
  decode_strict(opened, options, memory.view());
  return planes_of(memory);
}

std::vector<plane> decoded_components(const open_codestream& opened, const decode_options& options) {
  std::vector<test::image_memory> memory;
  for (const image_layout& layout : component_layouts_at(opened.cs, options.reduce))
    memory.emplace_back(layout);
  std::vector<image_view> views;
  for (const test::image_memory& own : memory) views.push_back(own.view());
  decode_components(opened, options, views);
  std::vector<plane> planes;
  for (const test::image_memory& own : memory) planes.push_back(own.samples());
  return planes;
}

struct decode_request {
  decode_engine engine = decode_engine::native;
  bool one_by_one = false;
  decode_options options;
};

std::vector<plane> decoded(const bytes& data, const decode_request& request) {
  const open_codestream opened =
      open_strict({data.data(), data.size()}, limits{}, request.options.reduce, request.engine);
  if (request.one_by_one) return decoded_components(opened, request.options);
  return decoded_image(opened, layout_at(opened.cs, request.options.reduce), request.options);
}

// What comes of it, or nothing where the engine refuses.
template <typename Step>
auto if_supported(Step step) -> std::optional<decltype(step())> {
  try {
    return step();
  } catch (const error& e) {
    if (e.code() != error_code::unsupported) throw;
    return std::nullopt;
  }
}

std::optional<std::vector<plane>> try_decode(const bytes& data, const decode_request& request) {
  return if_supported([&] { return decoded(data, request); });
}

std::vector<plane> cropped(const std::vector<plane>& planes, std::uint32_t width, const rect& region) {
  std::vector<plane> parts;
  for (const plane& p : planes) {
    plane& part = parts.emplace_back();
    for (std::uint32_t y = region.y0; y < region.y1; ++y)
      part.insert(part.end(), p.begin() + std::ptrdiff_t{y} * width + region.x0,
                  p.begin() + std::ptrdiff_t{y} * width + region.x1);
  }
  return parts;
}

rect any_region(std::uint32_t width, std::uint32_t height, dice& d) {
  rect region;
  region.x0 = d.up_to(width - 1);
  region.x1 = d.between(region.x0 + 1, width);
  region.y0 = d.up_to(height - 1);
  region.y1 = d.between(region.y0 + 1, height);
  return region;
}

// Both round a float, which holds 24 bits, after sums in another order.
bool are_near(const std::vector<plane>& a, const std::vector<plane>& b, const stream_shape& s) {
  if (s.reversible) return a == b;
  for (std::size_t c = 0; c < s.components.size(); ++c) {
    const std::uint32_t bits = s.components[c].bit_depth;
    const std::int64_t most = bits <= 16 ? 1 : std::int64_t{1} << (bits - 16);
    if (a[c].size() != b[c].size()) return false;
    for (std::size_t i = 0; i < a[c].size(); ++i)
      if (std::abs(a[c][i] - b[c][i]) > most) return false;
  }
  return true;
}

struct tally {
  std::uint32_t compared = 0, regions = 0, levels = 0, native_alone = 0, refused = 0, different = 0;

  void differ(std::uint32_t number, const char* what) {
    ++different;
    std::fprintf(stderr, "stream %u: %s\n", number, what);
  }
};

void compare_region(const bytes& data, const std::vector<plane>& whole, decode_request request,
                    std::uint32_t number, dice& d, tally& found) {
  const open_codestream opened = open_strict({data.data(), data.size()}, limits{}, request.options.reduce);
  const image_layout layout = layout_at(opened.cs, request.options.reduce);
  request.options.region = any_region(layout.width, layout.height, d);
  ++found.regions;
  if (decoded(data, request) != cropped(whole, layout.width, *request.options.region))
    found.differ(number, "a region is not the crop of the whole");
}

// Where OpenJPH's encoder may have too few bits for coefficients, as encode() knows: without decompositions,
// in tiles that are a single row or column, in samples of few bits.
bool is_encoded_exactly(const stream_shape& s) {
  const auto meets_single = [](std::uint32_t start, std::uint32_t stop, std::uint32_t tile,
                               std::uint32_t size) {
    for (std::uint64_t edge = std::uint64_t{tile} + size, from = start; from < stop;
         from = edge, edge += size)
      if (std::min<std::uint64_t>(edge, stop) - from == 1) return true;
    return false;
  };
  constexpr std::uint32_t few_bits = 4;
  for (const component_shape& c : s.components)
    if (c.bit_depth <= few_bits) return false;
  return s.levels > 0 && !meets_single(s.x0, s.x1, s.tile_x0, s.tile_width) &&
         !meets_single(s.y0, s.y1, s.tile_y0, s.tile_height);
}

void compare_at(const made_stream& made, const stream_shape& s, std::uint32_t reduce, std::uint32_t number,
                dice& d, tally& found) {
  bool has_mixed_signs = false;
  for (const component_shape& c : s.components)
    has_mixed_signs = has_mixed_signs || c.is_signed != s.components[0].is_signed;
  decode_request request;
  request.options.reduce = reduce;
  request.options.threads = d.between(1, 3);
  request.one_by_one = has_mixed_signs || d.one_in(4);
  const auto native = try_decode(made.codestream, request);
  decode_request other = request;
  other.engine = decode_engine::openjph;
  other.options.threads = 1;
  const auto expected = try_decode(made.codestream, other);
  if (!native) {
    ++found.refused;
    if (expected) found.differ(number, "refused by the native engine alone");
    return;
  }
  if (s.reversible && reduce == 0 && is_encoded_exactly(s) && *native != made.pixels)
    found.differ(number, "the native engine does not give the pixels that were encoded");
  if (!expected)
    ++found.native_alone;
  else if (++found.compared; !are_near(*native, *expected, s))
    found.differ(number, "the engines differ");
  if (!request.one_by_one) compare_region(made.codestream, *native, request, number, d, found);
}

// Whether the components fit one array, at all resolutions.
bool can_decode_as_one(const bytes& data, std::uint32_t reduce) {
  const auto layout = if_supported([&] {
    return layout_at(open_strict({data.data(), data.size()}, limits{}, reduce, decode_engine::native).cs,
                     reduce);
  });
  return layout.has_value();
}

// Of the native engine: each resolution on top of the one before it, and all from one decode, against one
// decode each. Some are left out.
void compare_levels(const bytes& codestream, std::uint32_t levels, std::uint32_t number, dice& d,
                    tally& found) {
  const byte_span data{codestream.data(), codestream.size()};
  resolution_decoder onward;
  std::vector<std::vector<plane>> expected;
  std::vector<test::image_memory> memory;
  std::vector<level_target> targets;
  decode_options options;
  options.threads = d.between(1, 3);
  for (options.reduce = levels;; --options.reduce) {
    if (options.reduce == 0 || !d.one_in(4)) {
      const open_codestream opened = open_strict(data, limits{}, options.reduce, decode_engine::native);
      const image_layout layout = layout_at(opened.cs, options.reduce);
      expected.push_back(decoded_image(opened, layout, options));
      onward.decode(opened, options, memory.emplace_back(layout).view());
      if (planes_of(memory.back()) != expected.back()) found.differ(number, "decoding on gives other pixels");
      targets.emplace_back().reduce = options.reduce;
    }
    if (options.reduce == 0) break;
  }
  found.levels += static_cast<std::uint32_t>(targets.size());
  const open_codestream opened = open_strict(data, limits{}, 0, decode_engine::native);
  if (!gives_all_levels(opened)) return;
  memory.clear();
  for (level_target& target : targets) memory.emplace_back(layout_at(opened.cs, target.reduce));
  for (std::size_t i = 0; i < targets.size(); ++i) targets[i].out = memory[i].view();
  decode_levels(opened, options, targets);
  for (std::size_t i = 0; i < targets.size(); ++i)
    if (planes_of(memory[i]) != expected[i]) found.differ(number, "one decode gives another resolution");
}

void compare(std::uint32_t number, tally& found) {
  dice d(number);
  const stream_shape s = any_shape(d);
  try {
    const made_stream made = encoded(s, d);
    compare_at(made, s, 0, number, d, found);
    if (s.levels > 0) compare_at(made, s, d.between(1, s.levels), number, d, found);
    if (can_decode_as_one(made.codestream, s.levels))
      compare_levels(made.codestream, s.levels, number, d, found);
  } catch (const std::exception& e) {
    found.differ(number, e.what());
  }
}

}  // namespace

int main(int argc, char** argv) {
  initialize_openjph();
  if (!native::has_block_decoders()) return 0;
  const auto argument = [&](int i, std::uint32_t otherwise) {
    return argc > i ? static_cast<std::uint32_t>(std::strtoul(argv[i], nullptr, 10)) : otherwise;
  };
  const std::uint32_t count = argument(1, 200), first = argument(2, 0);
  tally found;
  for (std::uint32_t i = 0; i < count; ++i) compare(first + i, found);
  std::printf(
      "%u streams: %u decodes compared, %u by the native engine alone, %u refused, %u regions, %u "
      "resolutions;"
      " %u differ\n",
      count, found.compared, found.native_alone, found.refused, found.regions, found.levels, found.different);
  return found.different == 0 ? 0 : 1;
}
