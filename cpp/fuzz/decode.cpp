// Strict decoding by the native engine, over arbitrary bytes: only htj2k::error may come out, and pixels must
// not depend on the number of threads.
#include "core/decode.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "core/limits.hpp"
#include "core/ojph_messages.hpp"
#include "core/strict.hpp"

namespace {

using bytes = std::vector<std::uint8_t>;

bytes decode(htj2k::byte_span data, std::uint32_t reduce, unsigned threads) {
  htj2k::limits bounds;
  bounds.max_pixels = 1U << 18;
  const auto opened = htj2k::open_strict(data, bounds, reduce, htj2k::decode_engine::native);
  const htj2k::image_layout layout = htj2k::layout_at(opened.cs, reduce);
  const std::size_t size = htj2k::sample_size(layout.type);
  bytes pixels(std::size_t{layout.width} * layout.height * layout.components * size);
  htj2k::image_view view;
  view.data = pixels.data();
  view.type = layout.type;
  view.width = layout.width;
  view.height = layout.height;
  view.components = layout.components;
  view.component_stride = static_cast<std::ptrdiff_t>(size);
  view.column_stride = view.component_stride * static_cast<std::ptrdiff_t>(layout.components);
  view.row_stride = view.column_stride * static_cast<std::ptrdiff_t>(layout.width);
  htj2k::decode_options options;
  options.reduce = reduce;
  options.threads = threads;
  htj2k::decode_strict(opened, options, view);
  return pixels;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool once = (htj2k::initialize_openjph(), true);
  static_cast<void>(once);
  for (const unsigned reduce : {0U, 1U}) {
    try {
      if (decode({data, size}, reduce, 1) != decode({data, size}, reduce, 3)) std::abort();
    } catch (const htj2k::error&) {
    }
  }
  return 0;
}
