// decode_partial: called complete exactly when the strict decode accepts it, and then with its pixels; never
// with a trace of the image before.
#include "fuzz/support.hpp"

using namespace htj2k;

namespace {

struct preview {
  fuzz::decoded_image image;
  bool is_complete = false;
};

preview decode_preview(byte_span data, std::uint32_t reduce, std::uint8_t fill) {
  const damaged_codestream opened = open_damaged(data, fuzz::small_limits(), reduce);
  preview result{fuzz::make_image(layout_at(opened.cs, reduce), fill), false};
  decode_options options;
  options.reduce = reduce;
  result.is_complete = decode_damaged(opened, options, fuzz::view_of(result.image)).reason.empty();
  return result;
}

void check(byte_span data, std::uint32_t reduce) {
  const auto strict = fuzz::attempt([&] { return fuzz::decode(data, reduce); });
  const auto first = fuzz::attempt([&] { return decode_preview(data, reduce, 0x00); });
  if (!first) {
    fuzz::require(!strict, "what decodes strictly has a preview");
    return;
  }
  fuzz::require(first->is_complete == strict.has_value(), "complete means: decodes strictly");
  if (strict) fuzz::require(first->image == *strict, "a complete preview is the image");
  fuzz::disturb_decoder();
  const auto second = fuzz::attempt([&] { return decode_preview(data, reduce, 0xFF); });
  fuzz::require(second && second->image == first->image, "previews depend on the codestream alone");
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
