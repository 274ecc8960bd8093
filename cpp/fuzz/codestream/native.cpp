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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const byte_span codestream{data, size};
  if (!native::has_block_decoders()) return 0;
  for (const std::uint32_t reduce : fuzz::some_reductions(codestream)) {
    decode(codestream, reduce, decode_engine::openjph, 1);
    const auto one = decode(codestream, reduce, decode_engine::native, 1);
    const auto three = decode(codestream, reduce, decode_engine::native, 3);
    fuzz::require(one == three, "pixels do not depend on the number of threads");
  }
  return 0;
}
