// Components that differ in size, depth, sign, levels and point transform, on images and tiles that start
// anywhere: the native engine beside the samples that were encoded, beside OpenJPH's, and beside itself.
#include <ojph_codestream.h>
#include <ojph_file.h>
#include <ojph_mem.h>
#include <ojph_params.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "check.hpp"
#include "core/decode.hpp"
#include "core/limits.hpp"
#include "core/ojph_messages.hpp"
#include "core/strict.hpp"
#include "damage.hpp"
#include "random.hpp"

namespace {

using namespace htj2k;
using test::up_to;
using bytes = std::vector<std::uint8_t>;
using plane = std::vector<std::int32_t>;
using component = component_size;

struct stream_shape {
  image_size siz;
  std::uint32_t levels = 1;
  std::vector<std::uint32_t> own_levels;
  std::vector<bool> sign_magnitude;
  bool reversible = true, same_levels = true;
  const char* order = "RPCL";
};

void place_anywhere(image_size& siz, std::mt19937& random) {
  siz.x0 = up_to(random, 1) * up_to(random, 40);
  siz.y0 = up_to(random, 1) * up_to(random, 40);
  siz.x1 = siz.x0 + 6 + up_to(random, 70);
  siz.y1 = siz.y0 + 6 + up_to(random, 70);
  siz.tile_x0 = up_to(random, siz.x0);
  siz.tile_y0 = up_to(random, siz.y0);
  siz.tile_width = siz.x0 - siz.tile_x0 + 1 + up_to(random, 1) * 90 + up_to(random, 40);
  siz.tile_height = siz.y0 - siz.tile_y0 + 1 + up_to(random, 1) * 90 + up_to(random, 40);
}

// OpenJPH wants powers of two where positions come before components.
std::uint8_t any_factor(const std::string& order, std::mt19937& random) {
  if (order == "RPCL" || order == "PCRL") return static_cast<std::uint8_t>(1U << up_to(random, 2));
  return static_cast<std::uint8_t>(1 + up_to(random, 4));
}

stream_shape any_shape(std::mt19937& random, bool with_nlt) {
  static constexpr const char* orders[] = {"LRCP", "RLCP", "RPCL", "PCRL", "CPRL"};
  stream_shape s;
  place_anywhere(s.siz, random);
  s.reversible = up_to(random, 3) != 0;
  s.levels = 1 + up_to(random, 3);
  s.same_levels = up_to(random, 2) != 0;
  s.order = orders[up_to(random, 4)];
  const bool has_equal_sizes = up_to(random, 4) == 0;
  for (std::uint32_t c = up_to(random, 3) + 1; c-- > 0;) {
    component k;
    k.dx = any_factor(s.order, random);
    k.dy = any_factor(s.order, random);
    if (has_equal_sizes && !s.siz.components.empty()) k = s.siz.components.front();
    k.bit_depth = static_cast<std::uint8_t>(4 + up_to(random, 14));
    k.is_signed = with_nlt || up_to(random, 1) != 0;
    s.siz.components.push_back(k);
    s.own_levels.push_back(s.same_levels ? s.levels : 1 + up_to(random, 4));
    s.sign_magnitude.push_back(with_nlt && up_to(random, 2) != 0);
  }
  return s;
}

bool has_samples(const stream_shape& s) {
  for (std::uint32_t c = 0; c < s.siz.num_components(); ++c)
    if (component_rect(s.siz, c).is_empty()) return false;
  return true;
}

void configure(ojph::codestream& codestream, const stream_shape& s, std::mt19937& random) {
  auto siz = codestream.access_siz();
  siz.set_image_extent(ojph::point(s.siz.x1, s.siz.y1));
  siz.set_image_offset(ojph::point(s.siz.x0, s.siz.y0));
  siz.set_tile_size(ojph::size(s.siz.tile_width, s.siz.tile_height));
  siz.set_tile_offset(ojph::point(s.siz.tile_x0, s.siz.tile_y0));
  siz.set_num_components(s.siz.num_components());
  for (std::uint32_t c = 0; c < s.siz.num_components(); ++c) {
    const component& k = s.siz.components[c];
    siz.set_component(c, ojph::point(k.dx, k.dy), k.bit_depth, k.is_signed);
  }
  auto cod = codestream.access_cod();
  cod.set_num_decomposition(s.levels);
  cod.set_block_dims(4U << up_to(random, 3), 4U << up_to(random, 3));
  cod.set_progression_order(s.order);
  cod.set_color_transform(false);
  cod.set_reversible(s.reversible);
  for (std::uint32_t c = 0; c < s.siz.num_components(); ++c) {
    if (!s.same_levels) {  // with what else a COC says
      cod.set_num_decomposition(c, s.own_levels[c]);
      cod.set_block_dims(c, 4U << up_to(random, 3), 4U << up_to(random, 3));
      cod.set_reversible(c, s.reversible);
    }
    if (s.sign_magnitude[c])
      codestream.access_nlt().set_nonlinear_transform(c, ojph::param_nlt::OJPH_NLT_BINARY_COMPLEMENT_NLT);
  }
  if (!s.reversible) codestream.access_qcd().set_irrev_quant(0.002F);
  codestream.set_planar(true);
}

std::vector<plane> any_samples(const stream_shape& s, std::mt19937& random) {
  std::vector<plane> planes;
  for (std::uint32_t c = 0; c < s.siz.num_components(); ++c) {
    const rect area = component_rect(s.siz, c);
    const component& k = s.siz.components[c];
    plane& samples = planes.emplace_back(std::size_t{area.width()} * area.height());
    for (std::int32_t& sample : samples)
      sample = static_cast<std::int32_t>(up_to(random, (1U << k.bit_depth) - 1)) -
               (k.is_signed ? 1 << (k.bit_depth - 1) : 0);
  }
  return planes;
}

bytes encoded(const stream_shape& s, const std::vector<plane>& planes, std::mt19937& random) {
  ojph::codestream codestream;
  configure(codestream, s, random);
  ojph::mem_outfile file;
  file.open();
  codestream.write_headers(&file);
  ojph::ui32 next = 0;
  std::vector<std::uint32_t> rows(planes.size());
  ojph::line_buf* line = codestream.exchange(nullptr, next);
  while (line != nullptr) {
    const std::uint32_t width = component_rect(s.siz, next).width();
    std::copy_n(planes[next].begin() + std::ptrdiff_t{rows[next]++} * width, width, line->i32);
    line = codestream.exchange(line, next);
  }
  codestream.flush();
  return bytes(file.get_data(), file.get_data() + file.tell());
}

// 32-bit samples, so that neither sign nor depth matters here.
image_view view_of(plane& samples, const image_layout& layout, std::uint32_t components) {
  image_view view;
  view.data = samples.data();
  view.type = sample_type::i4;
  view.width = layout.width;
  view.height = layout.height;
  view.components = components;
  view.component_stride = 4;
  view.column_stride = std::ptrdiff_t{4} * components;
  view.row_stride = view.column_stride * layout.width;
  return view;
}

std::vector<plane> decoded(const bytes& data, std::uint32_t reduce, decode_engine engine, unsigned threads) {
  const open_codestream opened = open_strict({data.data(), data.size()}, limits{}, reduce, engine);
  const auto layouts = component_layouts_at(opened.cs, reduce);
  std::vector<plane> planes;
  for (const image_layout& layout : layouts) planes.emplace_back(std::size_t{layout.width} * layout.height);
  std::vector<image_view> views;
  for (std::size_t c = 0; c < planes.size(); ++c) views.push_back(view_of(planes[c], layouts[c], 1));
  decode_options options;
  options.reduce = reduce;
  options.threads = threads;
  decode_components(opened, options, views);
  return planes;
}

// OpenJPH without our guards, which refuse it some of these.
std::vector<plane> decoded_by_openjph(const bytes& data, const stream_shape& s) {
  ojph::codestream codestream;
  ojph::mem_infile file;
  file.open(data.data(), data.size());
  codestream.read_headers(&file);
  codestream.set_planar(true);
  codestream.create();
  std::vector<plane> planes(s.siz.num_components());
  for (std::uint32_t c = 0; c < s.siz.num_components(); ++c)
    for (std::uint32_t y = 0; y < component_rect(s.siz, c).height(); ++y) {
      ojph::ui32 pulled = 0;
      const ojph::line_buf* line = codestream.pull(pulled);
      CHECK(pulled == c);
      planes[c].insert(planes[c].end(), line->i32, line->i32 + component_rect(s.siz, c).width());
    }
  return planes;
}

bool are_within(const std::vector<plane>& a, const std::vector<plane>& b, std::int32_t most) {
  for (std::size_t c = 0; c < a.size(); ++c)
    for (std::size_t i = 0; i < a[c].size(); ++i)
      if (std::abs(a[c][i] - b[c][i]) > most) return false;
  return true;
}

plane pixels_of(const open_codestream& opened, std::uint32_t reduce, const image_layout& whole,
                std::optional<rect> region, unsigned threads) {
  image_layout layout = whole;
  if (region) {
    layout.width = region->width();
    layout.height = region->height();
  }
  plane pixels(std::size_t{layout.width} * layout.height * layout.components);
  decode_options options;
  options.reduce = reduce;
  options.region = region;
  options.threads = threads;
  decode_strict(opened, options, view_of(pixels, layout, layout.components));
  return pixels;
}

rect any_region(const image_layout& layout, std::mt19937& random) {
  rect part;
  part.x0 = up_to(random, layout.width - 1);
  part.y0 = up_to(random, layout.height - 1);
  part.x1 = part.x0 + 1 + up_to(random, layout.width - part.x0 - 1);
  part.y1 = part.y0 + 1 + up_to(random, layout.height - part.y0 - 1);
  return part;
}

// Pixel (x, y) has sample (x / dx, y / dy) of each component, in a region too.
void compare_pixels(const bytes& data, std::uint32_t reduce, const std::vector<plane>& planes,
                    std::mt19937& random) {
  const open_codestream opened =
      open_strict({data.data(), data.size()}, limits{}, reduce, decode_engine::native);
  image_layout layout;
  try {
    layout = layout_at(opened.cs, reduce);
  } catch (const error& e) {  // components that do not fit one array
    CHECK(e.code() == error_code::unsupported);
    return;
  }
  const bool are_equal = has_equal_components(opened.cs.siz);
  const rect regions[] = {{0, 0, layout.width, layout.height}, any_region(layout, random)};
  for (const rect& region : regions) {
    const plane pixels = pixels_of(opened, reduce, layout, region, 1 + up_to(random, 2));
    std::size_t i = 0;
    bool all = true;
    for (std::uint32_t y = region.y0; y < region.y1; ++y)
      for (std::uint32_t x = region.x0; x < region.x1; ++x)
        for (std::uint32_t c = 0; c < layout.components; ++c) {
          const component& k = opened.cs.siz.components[c];
          const std::uint32_t row = are_equal ? y : y / k.dy, column = are_equal ? x : x / k.dx;
          const std::uint32_t width = component_rect(opened.cs.siz, c, reduce).width();
          all = all && pixels[i++] == planes[c][std::size_t{row} * width + column];
        }
    CHECK(all);
  }
  CHECK(pixels_of(opened, reduce, layout, std::nullopt, 2) ==
        pixels_of(opened, reduce, layout, regions[0], 1));
}

bool is_empty_at(const stream_shape& s, std::uint32_t reduce) {
  for (std::uint32_t c = 0; c < s.siz.num_components(); ++c)
    if (component_rect(s.siz, c, reduce).is_empty()) return true;
  return false;
}

void compare(std::mt19937& random, bool with_nlt) {
  const stream_shape shape = any_shape(random, with_nlt);
  if (!has_samples(shape)) return;
  const auto samples = any_samples(shape, random);
  const bytes data = encoded(shape, samples, random);
  const std::uint32_t most = *std::min_element(shape.own_levels.begin(), shape.own_levels.end());
  for (std::uint32_t reduce = 0; reduce <= most; ++reduce) {
    if (is_empty_at(shape, reduce)) continue;
    const auto planes = decoded(data, reduce, decode_engine::native, 1);
    CHECK(decoded(data, reduce, decode_engine::native, 3) == planes);
    if (reduce == 0 && shape.reversible) CHECK(planes == samples);
    if (with_nlt) {
      // Of irreversible data rounding may turn the sign of what is close to 0, and so much of the sample.
      if (reduce == 0 && shape.reversible) CHECK(planes == decoded_by_openjph(data, shape));
    } else if (reduce == 0 || shape.same_levels) {
      const auto others = decoded(data, reduce, decode_engine::openjph, 1);
      // A float holds 24 bits: of deeper samples the last ones are rounding.
      CHECK(are_within(planes, others, shape.reversible ? 0 : max_bit_depth(shape.siz) <= 16 ? 1 : 16));
    }
    compare_pixels(data, reduce, planes, random);
  }
}

// From damaged bytes only htj2k::error may come.
void decode_damaged_bytes(std::mt19937& random) {
  const stream_shape shape = any_shape(random, up_to(random, 3) == 0);
  if (!has_samples(shape)) return;
  bytes data = encoded(shape, any_samples(shape, random), random);
  test::damage(data, random);
  try {
    limits bounds;
    bounds.max_pixels = 1 << 16;
    const open_codestream opened = open_strict({data.data(), data.size()}, bounds, 0, decode_engine::native);
    decoded(data, 0, decode_engine::native, 1 + up_to(random, 2));
    const image_layout layout = layout_at(opened.cs, 0);
    pixels_of(opened, 0, layout, any_region(layout, random), 1 + up_to(random, 2));
  } catch (const error&) {
  }
}

}  // namespace

int main() {
  initialize_openjph();
  std::mt19937 random(1);
  for (int i = 0; i < 300; ++i) compare(random, false);
  for (int i = 0; i < 100; ++i) compare(random, true);
  for (int i = 0; i < 400; ++i) decode_damaged_bytes(random);
  return htj2k::test::finish();
}
