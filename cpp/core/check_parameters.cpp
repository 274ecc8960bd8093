// What only the whole header can tell, and which no single segment can.
#include "core/segments.hpp"

namespace htj2k {
namespace {

[[noreturn]] void refuse(const std::string& message, std::uint64_t offset) {
  throw error(error_code::codestream, message, offset);
}

std::string at(std::uint64_t offset) { return " at byte " + std::to_string(offset); }

void check_component(const codestream& cs, std::uint16_t c, const coding_style& style,
                     const quantization& steps) {
  if (style.transformation > 1 && !cs.kernels.test(style.transformation))
    refuse("COD or COC" + at(style.offset) + ": transformation is " + std::to_string(style.transformation) +
               "; expected 0 (9/7), 1 (5/3) or the index of an ATK segment",
           style.offset);
  const unsigned needed = 3U * style.num_decompositions + 1U;
  if (!style.has_dfs && steps.style != quantization_style::derived && steps.num_steps < needed)
    refuse("QCD or QCC" + at(steps.offset) + ": it holds " + std::to_string(steps.num_steps) +
               " step sizes; " + std::to_string(style.num_decompositions) +
               " decomposition levels of component " + std::to_string(c) + " need " + std::to_string(needed),
           steps.offset);
}

void check_color_transform(const codestream& cs, std::uint16_t tile, const coding_defaults& cod) {
  if (cod.color_transform != 1) return;
  const auto& k = cs.siz.components;
  const std::string where =
      "COD" + at(cod.style.offset) + ": the multiple component transformation is on, but ";
  if (k.size() < 3)
    refuse(where + "there are only " + std::to_string(k.size()) + " components", cod.style.offset);
  for (std::uint16_t c = 1; c < 3; ++c) {
    if (k[c].dx != k[0].dx || k[c].dy != k[0].dy)
      refuse(where + "components 0 and " + std::to_string(c) + " are subsampled differently",
             cod.style.offset);
    if (k[c].bit_depth != k[0].bit_depth)
      refuse(where + "components 0 and " + std::to_string(c) + " have " + std::to_string(k[0].bit_depth) +
                 " and " + std::to_string(k[c].bit_depth) + " bits",
             cod.style.offset);
    if (style_of(cs, tile, c).reversible() != style_of(cs, tile, 0).reversible())
      refuse(where + "components 0 and " + std::to_string(c) + " use different wavelet transformations",
             cod.style.offset);
  }
}

void check_missing(const codestream& cs) {
  if (!cs.main.cod) refuse("the main header has no COD segment, which is required", cs.main_header.stop);
  if (!cs.main.qcd) refuse("the main header has no QCD segment, which is required", cs.main_header.stop);
  if (!cs.main.packed_headers.empty() && cs.main.packed_headers.size() > 256)
    refuse("the main header has more than 256 PPM segments", cs.main.packed_headers[256].range.start);
}

}  // namespace

void check_main_parameters(const codestream& cs) {
  check_missing(cs);
  const std::uint32_t count = cs.main.coc.empty() && cs.main.qcc.empty() ? 1 : cs.siz.num_components();
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto c = static_cast<std::uint16_t>(i);
    check_component(cs, c, style_of(cs, c), quantization_of(cs, c));
  }
  check_color_transform(cs, 65535, *cs.main.cod);
}

void check_parameters(const codestream& cs, std::uint16_t tile, const coding_parameters& own) {
  const bool by_component =
      !own.coc.empty() || !own.qcc.empty() || !cs.main.coc.empty() || !cs.main.qcc.empty();
  const std::uint32_t count = by_component ? cs.siz.num_components() : 1;
  if (!own.cod && !own.qcd && own.coc.empty() && own.qcc.empty()) return;
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto c = static_cast<std::uint16_t>(i);
    check_component(cs, c, style_of(cs, tile, c), quantization_of(cs, tile, c));
  }
  check_color_transform(cs, tile, defaults_of(cs, tile));
}

}  // namespace htj2k
