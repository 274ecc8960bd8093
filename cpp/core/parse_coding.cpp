// COD and COC (T.800 A.6.1 and A.6.2, T.814 A.4).
#include "core/segments.hpp"

namespace htj2k {
namespace {

constexpr std::uint8_t progression_prcl = 5;  // Part 2 only

void parse_levels(segment_reader& in, const coding_defaults* defaults, coding_style& style) {
  const char* field = "number of decomposition levels";
  const std::uint8_t levels = in.u8(field);
  if ((levels & 0x80) != 0 &&
      defaults != nullptr) {  // Part 2: the levels of COD, by the style of a DFS segment
    style.has_dfs = true;
    style.dfs_index = levels & 0x0F;
    style.num_decompositions = defaults->style.num_decompositions;
    return;
  }
  if (levels > max_decompositions) in.refuse(field, levels, "expected 0 to 32");
  style.num_decompositions = levels;
}

void parse_block_size(segment_reader& in, coding_style& style) {
  const std::uint8_t width = in.u8("code-block width exponent (xcb - 2)");
  if (width > 8)
    in.refuse("code-block width exponent (xcb - 2)", width, "expected 0 to 8 (4 to 1024 columns)");
  const std::uint8_t height = in.u8("code-block height exponent (ycb - 2)");
  if (height > 8)
    in.refuse("code-block height exponent (ycb - 2)", height, "expected 0 to 8 (4 to 1024 rows)");
  if (width + height > 8)
    in.refuse("code-block height exponent (ycb - 2)", height,
              "with width exponent " + std::to_string(width) + " the block has more than 4096 samples");
  style.log_block_width = static_cast<std::uint8_t>(width + 2);
  style.log_block_height = static_cast<std::uint8_t>(height + 2);
}

void parse_precincts(segment_reader& in, coding_style& style) {
  for (unsigned r = 0; r <= style.num_decompositions; ++r) {
    const std::uint8_t size = in.u8("precinct size");
    // Halved by the subbands of every resolution but the base, so 2^0 is left to the base alone.
    if (r > 0 && !style.has_dfs && ((size & 0x0F) == 0 || (size >> 4) == 0))
      in.refuse("precinct size", size,
                "exponent 0 is allowed at resolution 0 only, this is resolution " + std::to_string(r));
    style.precincts[r] = size;
  }
}

// SPcod and SPcoc are the same bytes.
void parse_style(segment_reader& in, const coding_defaults* defaults, coding_style& style) {
  style.offset = in.start();
  parse_levels(in, defaults, style);
  parse_block_size(in, style);
  style.block_style = in.u8("code-block style");
  if ((style.block_style & 0xC0) == 0x80)
    in.refuse("code-block style", style.block_style, "bit 7 without bit 6 is reserved");
  style.transformation = in.u8("transformation");
  if (style.has_precincts) parse_precincts(in, style);
  in.expect_end();
}

}  // namespace

coding_defaults parse_cod(segment_reader& in, std::uint16_t rsiz) {
  coding_defaults cod;
  const std::uint8_t scod = in.u8("coding style (Scod)");
  if (scod > 7) in.refuse("coding style (Scod)", scod, "bits 3 to 7 are reserved");
  cod.style.has_precincts = (scod & 1) != 0;
  cod.uses_sop = (scod & 2) != 0;
  cod.uses_eph = (scod & 4) != 0;
  cod.progression_order = in.u8("progression order");
  const bool is_part2 = (rsiz & 0x8000) != 0;
  if (cod.progression_order > (is_part2 ? progression_prcl : 4))
    in.refuse("progression order", cod.progression_order, "expected 0 (LRCP) to 4 (CPRL)");
  cod.num_layers = in.u16("number of layers");
  if (cod.num_layers == 0) in.refuse("number of layers", 0, "expected 1 to 65535");
  cod.color_transform = in.u8("multiple component transformation");
  if (cod.color_transform > 1 && !is_part2)
    in.refuse("multiple component transformation", cod.color_transform, "expected 0 (none) or 1");
  parse_style(in, nullptr, cod.style);
  return cod;
}

std::uint16_t parse_coc(segment_reader& in, const image_size& siz, const coding_defaults* defaults,
                        coding_style& style) {
  const std::uint16_t component = in.component_index(siz.num_components(), "component index (Ccoc)");
  const std::uint8_t scoc = in.u8("coding style (Scoc)");
  if (scoc > 1) in.refuse("coding style (Scoc)", scoc, "expected 0 or 1");
  style.has_precincts = scoc == 1;
  parse_style(in, defaults, style);
  return component;
}

}  // namespace htj2k
