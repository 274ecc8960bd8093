// What an image decodes to, as numbers.
#pragma once

#include <cstdint>
#include <vector>

#include "core/decode.hpp"
#include "core/strict.hpp"
#include "images.hpp"

namespace htj2k::test {

// Memory for an image, and the samples in it.
class image_memory {
public:
  explicit image_memory(const image_layout& layout)
      : size_(sample_size(layout.type)),
        bytes_(size_ * layout.width * layout.height * layout.components, 0x5A),
        view_(view_of<image_view>(layout, bytes_)) {}
  const image_view& view() const { return view_; }

  std::vector<std::int64_t> samples() const {
    std::vector<std::int64_t> found;
    for (std::size_t i = 0; i < bytes_.size(); i += size_) {
      std::uint64_t raw = 0;
      for (std::size_t b = size_; b-- > 0;) raw = raw << 8 | bytes_[i + b];
      const unsigned unused = static_cast<unsigned>(64 - 8 * size_);
      found.push_back(sample_is_signed(view_.type) ? static_cast<std::int64_t>(raw << unused) >> unused
                                                   : static_cast<std::int64_t>(raw));
    }
    return found;
  }

private:
  std::size_t size_;
  std::vector<std::uint8_t> bytes_;
  image_view view_;
};

inline std::vector<std::int64_t> decoded(const std::vector<std::uint8_t>& data, std::uint32_t reduce,
                                         decode_engine engine, unsigned threads) {
  const open_codestream opened = open_strict({data.data(), data.size()}, limits{}, reduce, engine);
  const image_memory memory(layout_at(opened.cs, reduce));
  decode_options options;
  options.reduce = reduce;
  options.threads = threads;
  decode_strict(opened, options, memory.view());
  return memory.samples();
}

}  // namespace htj2k::test
