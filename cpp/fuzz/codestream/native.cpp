// Strict decoding by each engine, whichever the automatic choice takes: no fault, and the pixels of the
// native one do not depend on the number of threads.
#include "core/native/block_decoder.hpp"
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
    decode(codestream, reduce, decode_engine::openjph, 1);
    const auto one = decode(codestream, reduce, decode_engine::native, 1);
    const auto three = decode(codestream, reduce, decode_engine::native, 3);
    fuzz::require(one == three, "pixels do not depend on the number of threads");
    fuzz::require(decode_each(codestream, reduce, 1) == decode_each(codestream, reduce, 3),
                  "components do not depend on the number of threads");
  }
  return 0;
}
