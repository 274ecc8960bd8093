// decode_partial: called complete exactly when the strict decode accepts it, and then with its pixels; never
// with a trace of the image before.
#include <algorithm>

#include "core/parser.hpp"
#include "core/partial.hpp"
#include "fuzz/support.hpp"

using namespace htj2k;

namespace {

struct preview {
  fuzz::decoded_image image;
  std::vector<std::int8_t> mask;
  bool is_complete = false;
  bool operator==(const preview& other) const {
    return image == other.image && mask == other.mask && is_complete == other.is_complete;
  }
};

preview decode_preview(byte_span data, std::uint32_t reduce, std::uint8_t fill, unsigned threads) {
  const image_layout layout = layout_at(parse_headers(data, fuzz::small_limits()), reduce);
  preview result{fuzz::make_image(layout, fill), {}, false};
  result.mask.assign(std::size_t{layout.width} * layout.height, static_cast<std::int8_t>(fill | 0x40));
  decode_options options;
  options.reduce = reduce;
  options.threads = threads;
  const partial_result found =
      decode_partial(data, fuzz::small_limits(), options, fuzz::view_of(result.image), result.mask.data());
  fuzz::require(found.bytes_used <= data.size, "bytes are used that are there");
  result.is_complete = found.reason.empty();
  return result;
}

// The mask of a complete preview is that of its resolution everywhere; of others nothing is above it.
void check_mask(const preview& found, std::uint32_t reduce) {
  const auto top = static_cast<int>(max_decompositions) - static_cast<int>(reduce);
  const auto [least, most] = std::minmax_element(found.mask.begin(), found.mask.end());
  fuzz::require(-1 <= *least && *most <= top, "levels are those of the codestream");
  if (found.is_complete) fuzz::require(*least == *most && *least >= 0, "what is complete is whole");
}

void check(byte_span data, std::uint32_t reduce) {
  const auto strict = fuzz::attempt([&] { return fuzz::decode(data, reduce); });
  const auto first = fuzz::attempt([&] { return decode_preview(data, reduce, 0x00, 1); });
  if (!first) {
    fuzz::require(!strict, "what decodes strictly has a preview");
    return;
  }
  fuzz::require(first->is_complete == strict.has_value(), "complete means: decodes strictly");
  check_mask(*first, reduce);
  if (strict) fuzz::require(first->image == *strict, "a complete preview is the image");
  fuzz::disturb_decoder();
  const auto second = fuzz::attempt([&] { return decode_preview(data, reduce, 0xFF, 3); });
  fuzz::require(second && *second == *first, "previews depend on the codestream alone");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const byte_span codestream{data, size};
  const auto reductions = fuzz::some_reductions(codestream);
  if (reductions.empty()) return 0;
  for (const std::uint32_t reduce : {reductions.front(), reductions[reductions.size() / 2]})
    check(codestream, reduce);
  return 0;
}
