// QCD, QCC (T.800 A.6.4, A.6.5) and RGN (A.6.3).
#include "core/segments.hpp"

namespace htj2k {
namespace {

void parse_steps(segment_reader& in, quantization& out) {
  out.offset = in.start();
  const std::uint8_t sqcd = in.u8("quantization style");
  const unsigned style = sqcd & 0x1FU;
  if (style > 2) in.refuse("quantization style", style, "expected 0 (none), 1 (derived) or 2 (expounded)");
  out.style = static_cast<quantization_style>(style);
  out.guard_bits = sqcd >> 5;
  const std::uint64_t width = out.style == quantization_style::none ? 1 : 2;
  const std::uint64_t count = in.left() / width;
  if (count == 0) in.refuse("it holds no step size");
  if (count * width != in.left()) in.refuse("half a step size is left over at its end");
  if (count > max_subbands || (out.style == quantization_style::derived && count != 1))
    in.refuse("it holds " + std::to_string(count) + " step sizes; at most " +
              (out.style == quantization_style::derived ? "1 is" : "97 are") + " possible");
  out.num_steps = static_cast<std::uint8_t>(count);
  for (std::uint64_t i = 0; i < count; ++i)
    out.steps[i] =
        width == 1 ? static_cast<std::uint16_t>((in.u8("exponent") >> 3) << 11) : in.u16("step size");
}

}  // namespace

quantization parse_qcd(segment_reader& in) {
  quantization out;
  parse_steps(in, out);
  return out;
}

std::uint16_t parse_qcc(segment_reader& in, const image_size& siz, quantization& out) {
  const std::uint16_t component = in.component_index(siz.num_components(), "component index (Cqcc)");
  parse_steps(in, out);
  return component;
}

std::uint16_t parse_rgn(segment_reader& in, const image_size& siz, region_of_interest& out) {
  out.offset = in.start();
  const std::uint16_t component = in.component_index(siz.num_components(), "component index (Crgn)");
  const std::uint8_t style = in.u8("ROI style (Srgn)");
  if (style > ((siz.rsiz & 0x8000) != 0 ? 1 : 0))
    in.refuse("ROI style (Srgn)", style, "expected 0 (implicit)");
  out.shift = in.u8("ROI shift (SPrgn)");
  if (style == 0) in.expect_end();
  return component;
}

}  // namespace htj2k
