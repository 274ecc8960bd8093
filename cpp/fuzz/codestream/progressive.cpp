// What ProgressiveDecoder does with an arriving codestream: every resolution that is called complete decodes,
// to the same pixels when more bytes are there, and when it goes on from the resolution before. The last
// bytes of the input are the sizes of its chunks.
#include <algorithm>

#include "core/packet_walk.hpp"
#include "core/parser.hpp"
#include "core/resolution_decoder.hpp"
#include "fuzz/support.hpp"

using namespace htj2k;

namespace {

class receiver {
public:
  explicit receiver(byte_span whole) : whole_(whole) {}

  void take(std::uint64_t size) {
    const arrival found = look_at({whole_.data, size}, fuzz::small_limits());
    fuzz::require(found.resolutions_complete >= complete_, "what is complete stays complete");
    fuzz::require(found.bytes_needed == 0 || found.bytes_needed > size || found.is_whole,
                  "bytes that are here are not asked for");
    parse_options options;
    options.bounds = fuzz::small_limits();
    options.keep_damaged = true;
    const auto levels = static_cast<std::int32_t>(max_reduce(parse({whole_.data, size}, options)));
    for (; complete_ < found.resolutions_complete; ++complete_)
      check_resolution(size, static_cast<std::uint32_t>(levels - complete_));
  }

private:
  void check_resolution(std::uint64_t size, std::uint32_t reduce) {
    const auto now = fuzz::attempt([&] { return fuzz::decode({whole_.data, size}, reduce); });
    const auto later = fuzz::attempt([&] { return fuzz::decode(whole_, reduce); });
    // Damage inside a codeblock shows only while decoding; damage that is yet to arrive shows later.
    fuzz::require(now || !later, "later bytes mend nothing");
    if (now && later) fuzz::require(*now == *later, "later bytes change no pixels");
    const auto onward = fuzz::attempt([&] { return decode_onward({whole_.data, size}, reduce); });
    fuzz::require(onward == now, "decoding goes on to the same pixels");
  }

  fuzz::decoded_image decode_onward(byte_span data, std::uint32_t reduce) {
    const open_codestream opened = open_strict(data, fuzz::small_limits(), reduce);
    fuzz::decoded_image image = fuzz::make_image(layout_at(opened.cs, reduce), 0);
    decode_options options;
    options.reduce = reduce;
    decoder_.decode(opened, options, fuzz::view_of(image));
    return image;
  }

  byte_span whole_;
  resolution_decoder decoder_;
  std::int32_t complete_ = 0;
};

void feed(byte_span data) {
  receiver decoder(data);
  std::uint64_t size = 0;
  for (std::uint64_t i = 0; size < data.size; ++i) {
    const std::uint64_t chunk = data.data[data.size - 1 - i % std::min<std::uint64_t>(data.size, 16)];
    size = std::min(data.size, size + 1 + (i < 24 ? chunk : data.size / 8));
    try {
      decoder.take(size);
    } catch (const error& e) {
      if (e.code() != error_code::truncated) return;  // ProgressiveDecoder stays in this state
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  feed({data, size});
  return 0;
}
