#include "fuzz/support.hpp"

#include <cstdio>
#include <cstdlib>
#include <exception>

#include "core/packet_walk.hpp"
#include "core/parser.hpp"
#include "fuzz/images.hpp"
#include "kernels/implementation.hpp"

namespace htj2k::fuzz {
namespace {

template <typename View, typename Image>
View make_view(Image& image) {
  const auto size = static_cast<std::ptrdiff_t>(sample_size(image.layout.type));
  View view;
  view.data = image.samples.data();
  view.type = image.layout.type;
  view.width = image.layout.width;
  view.height = image.layout.height;
  view.components = image.layout.components;
  view.component_stride = size;
  view.column_stride = size * static_cast<std::ptrdiff_t>(image.layout.components);
  view.row_stride = view.column_stride * static_cast<std::ptrdiff_t>(image.layout.width);
  return view;
}

}  // namespace

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "fuzz target: this does not hold: %s\n", what);
  std::abort();
}

decoded_image make_image(const image_layout& layout, std::uint8_t fill) {
  const std::size_t samples = std::size_t{layout.width} * layout.height * layout.components;
  return {layout, bytes(samples * sample_size(layout.type), fill)};
}

image_view view_of(decoded_image& image) { return make_view<image_view>(image); }
const_image_view view_of(const decoded_image& image) { return make_view<const_image_view>(image); }

decoded_image decode_opened(const open_codestream& opened, std::uint32_t reduce, std::uint8_t fill) {
  decoded_image image = make_image(layout_at(opened.cs, reduce), fill);
  decode_options options;
  options.reduce = reduce;
  decode_strict(opened, options, view_of(image));
  return image;
}

decoded_image decode(byte_span data, std::uint32_t reduce, std::uint8_t fill) {
  return decode_opened(open_strict(data, small_limits(), reduce), reduce, fill);
}

std::uint32_t crc32_of(const decoded_image& image) {
  return kernels::active().crc32(0, image.samples.data(), image.samples.size());
}

std::vector<std::uint32_t> some_reductions(byte_span data) {
  const auto most = attempt([&] { return max_reduce(parse_headers(data, small_limits())); });
  if (!most) return {};
  std::vector<std::uint32_t> chosen;
  for (std::uint32_t reduce = 0; reduce <= *most; reduce += reduce < 3 ? 1 : 9) chosen.push_back(reduce);
  if (chosen.back() != *most) chosen.push_back(*most);
  return chosen;
}

void disturb_decoder() {
  static const bytes other = encode_to_bytes(noise({sample_type::u2, 70, 40, 3}, 16), 16, encode_options());
  decode(span_of(other), 0);
}

}  // namespace htj2k::fuzz
