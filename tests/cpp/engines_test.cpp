// Both engines over streams whose image and tiles start anywhere: the parities that encode() never makes. And
// the native one over damaged bytes, from which only htj2k::error may come.
#include <ojph_codestream.h>
#include <ojph_file.h>
#include <ojph_mem.h>
#include <ojph_params.h>

#include <cstdint>
#include <cstdlib>
#include <deque>
#include <random>
#include <vector>

#include "check.hpp"
#include "core/decode.hpp"
#include "core/limits.hpp"
#include "core/ojph_messages.hpp"
#include "core/strict.hpp"

namespace {

using namespace htj2k;
using bytes = std::vector<std::uint8_t>;

struct stream_shape {
  std::uint32_t x0 = 0, y0 = 0, x1 = 0, y1 = 0;
  std::uint32_t tile_x0 = 0, tile_y0 = 0, tile_width = 0, tile_height = 0;
  std::uint32_t components = 1, bit_depth = 8, levels = 0;
  bool is_signed = false, reversible = true;
  const char* order = "RPCL";
};

std::uint32_t up_to(std::mt19937& random, std::uint32_t most) {
  return static_cast<std::uint32_t>(random() % (most + 1));
}

stream_shape any_shape(std::mt19937& random) {
  static constexpr const char* orders[] = {"LRCP", "RLCP", "RPCL", "PCRL", "CPRL"};
  stream_shape s;
  s.x0 = up_to(random, 40);
  s.y0 = up_to(random, 40);
  s.x1 = s.x0 + 1 + up_to(random, 90);
  s.y1 = s.y0 + 1 + up_to(random, 90);
  s.tile_x0 = up_to(random, s.x0);
  s.tile_y0 = up_to(random, s.y0);
  const std::uint32_t least_width = s.x0 - s.tile_x0 + 1, least_height = s.y0 - s.tile_y0 + 1;
  s.tile_width = least_width + 8 + up_to(random, 100);
  s.tile_height = least_height + 8 + up_to(random, 100);
  s.components = up_to(random, 1) != 0 ? 3 : 1;
  s.bit_depth = 2 + up_to(random, 18);
  s.levels = 1 + up_to(random, 5);
  s.is_signed = up_to(random, 1) != 0;
  s.reversible = up_to(random, 3) != 0;
  s.order = orders[up_to(random, 4)];
  return s;
}

void configure(ojph::codestream& codestream, const stream_shape& s, std::mt19937& random) {
  auto siz = codestream.access_siz();
  siz.set_image_extent(ojph::point(s.x1, s.y1));
  siz.set_image_offset(ojph::point(s.x0, s.y0));
  siz.set_tile_size(ojph::size(s.tile_width, s.tile_height));
  siz.set_tile_offset(ojph::point(s.tile_x0, s.tile_y0));
  siz.set_num_components(s.components);
  for (std::uint32_t c = 0; c < s.components; ++c)
    siz.set_component(c, ojph::point(1, 1), s.bit_depth, s.is_signed);
  auto cod = codestream.access_cod();
  cod.set_num_decomposition(s.levels);
  cod.set_block_dims(4U << up_to(random, 4), 4U << up_to(random, 4));
  cod.set_progression_order(s.order);
  cod.set_color_transform(s.components == 3);
  cod.set_reversible(s.reversible);
  if (!s.reversible) codestream.access_qcd().set_irrev_quant(0.002F);
  codestream.set_planar(false);
}

bytes encoded(const stream_shape& s, std::mt19937& random) {
  ojph::codestream codestream;
  configure(codestream, s, random);
  ojph::mem_outfile file;
  file.open();
  codestream.write_headers(&file);
  ojph::ui32 component = 0;
  const std::int32_t low = s.is_signed ? -(1 << (s.bit_depth - 1)) : 0;
  const bool is_noise = up_to(random, 1) != 0;
  for (ojph::line_buf* line = codestream.exchange(nullptr, component); line != nullptr;
       line = codestream.exchange(line, component))
    for (std::uint32_t x = 0; x < s.x1 - s.x0; ++x) {
      const std::uint32_t range = is_noise ? (1U << s.bit_depth) - 1 : (1U << (s.bit_depth - 1));
      line->i32[x] = low + static_cast<std::int32_t>(up_to(random, range));
    }
  codestream.flush();
  return bytes(file.get_data(), file.get_data() + file.tell());
}

// Memory for an image, and the samples in it.
class image_memory {
public:
  explicit image_memory(const image_layout& layout)
      : size_(sample_size(layout.type)),
        bytes_(size_ * layout.width * layout.height * layout.components, 0x5A) {
    view_.data = bytes_.data();
    view_.type = layout.type;
    view_.width = layout.width;
    view_.height = layout.height;
    view_.components = layout.components;
    view_.component_stride = static_cast<std::ptrdiff_t>(size_);
    view_.column_stride = view_.component_stride * static_cast<std::ptrdiff_t>(layout.components);
    view_.row_stride = view_.column_stride * static_cast<std::ptrdiff_t>(layout.width);
  }
  const image_view& view() const { return view_; }

  std::vector<std::int64_t> samples() const {
    std::vector<std::int64_t> found;
    for (std::size_t i = 0; i < bytes_.size(); i += size_) {
      std::uint64_t raw = 0;
      for (std::size_t b = size_; b-- > 0;) raw = raw << 8 | bytes_[i + b];
      const unsigned unused = static_cast<unsigned>(64 - 8 * size_);
      found.push_back(sample_is_signed(view_.type) ? static_cast<std::int64_t>(raw << unused) >> unused
                                                   : static_cast<std::int64_t>(raw));
    }
    return found;
  }

private:
  std::size_t size_;
  bytes bytes_;
  image_view view_;
};

std::vector<std::int64_t> decoded(const bytes& data, std::uint32_t reduce, decode_engine engine,
                                  unsigned threads) {
  const open_codestream opened = open_strict({data.data(), data.size()}, limits{}, reduce, engine);
  const image_memory memory(layout_at(opened.cs, reduce));
  decode_options options;
  options.reduce = reduce;
  options.threads = threads;
  decode_strict(opened, options, memory.view());
  return memory.samples();
}

// Each of several resolutions that come from one decode is what a decode of its own gives.
void compare_levels(const bytes& data, std::uint32_t highest, std::uint32_t lowest, unsigned threads) {
  const open_codestream opened =
      open_strict({data.data(), data.size()}, limits{}, highest, decode_engine::native);
  std::deque<image_memory> memory;
  std::vector<level_target> targets;
  for (std::uint32_t reduce = lowest + 1; reduce-- > highest;)
    targets.push_back({reduce, memory.emplace_back(layout_at(opened.cs, reduce)).view()});
  decode_options options;
  options.threads = threads;
  decode_levels(opened, options, targets);
  for (std::size_t i = 0; i < targets.size(); ++i)
    CHECK(memory[i].samples() == decoded(data, targets[i].reduce, decode_engine::native, 1));
}

bool are_within(const std::vector<std::int64_t>& a, const std::vector<std::int64_t>& b, std::int64_t most) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (std::abs(a[i] - b[i]) > most) return false;
  return true;
}

// An area may be empty at a reduced size, which both refuse.
bool is_decodable(const bytes& data, std::uint32_t reduce) {
  try {
    const open_codestream opened =
        open_strict({data.data(), data.size()}, limits{}, reduce, decode_engine::native);
    layout_at(opened.cs, reduce);
    return true;
  } catch (const error& e) {
    CHECK(e.code() == error_code::unsupported);
    return false;
  }
}

void compare_engines(std::mt19937& random) {
  const stream_shape shape = any_shape(random);
  const bytes data = encoded(shape, random);
  std::uint32_t lowest = 0;
  for (std::uint32_t reduce = 0; reduce <= shape.levels; ++reduce) {
    if (!is_decodable(data, reduce)) continue;
    lowest = reduce;
    const auto expected = decoded(data, reduce, decode_engine::openjph, 1);
    // A float holds 24 bits: of deeper samples the last ones are rounding.
    const std::int64_t most = shape.reversible ? 0 : shape.bit_depth <= 16 ? 1 : 16;
    CHECK(are_within(decoded(data, reduce, decode_engine::native, 1), expected, most));
    CHECK(decoded(data, reduce, decode_engine::native, 3) == decoded(data, reduce, decode_engine::native, 1));
  }
  compare_levels(data, 0, lowest, 1 + up_to(random, 2));
  compare_levels(data, up_to(random, lowest), lowest, 1);
}

void decode_damaged_bytes(std::mt19937& random) {
  bytes data = encoded(any_shape(random), random);
  const std::uint32_t start = up_to(random, 3) == 0 ? 0 : 100;  // now and then the headers too
  for (std::uint32_t i = up_to(random, 4) + 1; i-- > 0;) {
    const std::size_t at = start + random() % (data.size() - start);
    data[at] = static_cast<std::uint8_t>(random());
  }
  try {
    limits bounds;
    bounds.max_pixels = 1 << 16;
    const open_codestream opened = open_strict({data.data(), data.size()}, bounds, 0, decode_engine::native);
    decoded(data, 0, decode_engine::native, 1 + up_to(random, 2));
  } catch (const error&) {
  }
}

}  // namespace

int main() {
  initialize_openjph();
  std::mt19937 random(1);
  for (int i = 0; i < 150; ++i) compare_engines(random);
  for (int i = 0; i < 400; ++i) decode_damaged_bytes(random);
  return htj2k::test::finish();
}
