// Streams whose image and tiles start anywhere, of OpenJPH's encoder: the parities that encode() never makes.
#pragma once

#include <ojph_codestream.h>
#include <ojph_file.h>
#include <ojph_mem.h>
#include <ojph_params.h>

#include <cstdint>
#include <random>
#include <vector>

#include "random.hpp"

namespace htj2k::test {

struct stream_shape {
  std::uint32_t x0 = 0, y0 = 0, x1 = 0, y1 = 0;
  std::uint32_t tile_x0 = 0, tile_y0 = 0, tile_width = 0, tile_height = 0;
  std::uint32_t components = 1, bit_depth = 8, levels = 0;
  bool is_signed = false, reversible = true;
  const char* order = "RPCL";
};

inline stream_shape any_shape(std::mt19937& random) {
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

inline void configure(ojph::codestream& codestream, const stream_shape& s, std::mt19937& random) {
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

inline std::vector<std::uint8_t> encoded(const stream_shape& s, std::mt19937& random) {
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
  return std::vector<std::uint8_t>(file.get_data(), file.get_data() + file.tell());
}

}  // namespace htj2k::test
