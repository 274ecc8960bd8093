// Strict decoding by each engine, whichever the automatic choice takes: both give the same pixels of
// reversible data, and those of the native one do not depend on the number of threads.
#include "core/native/block_decoder.hpp"
#include "core/parser.hpp"
#include "fuzz/support.hpp"

using namespace htj2k;

namespace {

std::optional<fuzz::decoded_image> decode(byte_span codestream, std::uint32_t reduce, decode_engine engine,
                                          unsigned threads) {
  return fuzz::attempt([&] {
    const open_codestream opened = open_strict(codestream, fuzz::small_limits(), reduce, engine);
    fuzz::decoded_image image = fuzz::make_image(layout_at(opened.cs, reduce), 0);
    decode_options options;
    options.reduce = reduce;
    options.threads = threads;
    decode_strict(opened, options, fuzz::view_of(image));
    return image;
  });
}

// Whether all arithmetic of the reversible path keeps within 32 bits. Where it does not, each engine wraps in
// its own way: 5/3 adds at most 5.3 times the largest high-pass sample a level, RCT makes 3 times that.
bool is_exact(byte_span data) {
  constexpr unsigned most_bits = 20;
  const codestream cs = parse_headers(data, fuzz::small_limits());
  for (std::uint32_t i = 0; i < cs.siz.num_components(); ++i) {
    const auto c = static_cast<std::uint16_t>(i);
    if (!style_of(cs, c).reversible() || magnitude_bits(quantization_of(cs, c)) > most_bits) return false;
  }
  return true;
}

// Each component by itself: also what does not fit one image.
std::optional<std::vector<fuzz::decoded_image>> decode_each(byte_span codestream, std::uint32_t reduce,
                                                            unsigned threads) {
  return fuzz::attempt([&] {
    const open_codestream opened =
        open_strict(codestream, fuzz::small_limits(), reduce, decode_engine::native);
    std::vector<fuzz::decoded_image> images;
    for (const image_layout& layout : component_layouts_at(opened.cs, reduce))
      images.push_back(fuzz::make_image(layout, 0));
    std::vector<image_view> views;
    for (fuzz::decoded_image& image : images) views.push_back(fuzz::view_of(image));
    decode_options options;
    options.reduce = reduce;
    options.threads = threads;
    decode_components(opened, options, views);
    return images;
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const byte_span codestream{data, size};
  if (!native::has_block_decoders()) return 0;
  for (const std::uint32_t reduce : fuzz::some_reductions(codestream)) {
    const auto other = decode(codestream, reduce, decode_engine::openjph, 1);
    const auto one = decode(codestream, reduce, decode_engine::native, 1);
    const auto three = decode(codestream, reduce, decode_engine::native, 3);
    fuzz::require(one == three, "pixels do not depend on the number of threads");
    if (one && other && is_exact(codestream))
      fuzz::require(*one == *other, "both engines give the same pixels");
    fuzz::require(decode_each(codestream, reduce, 1) == decode_each(codestream, reduce, 3),
                  "components do not depend on the number of threads");
  }
  return 0;
}
