// The coefficients of a subband row by row, from codeblocks that are decoded a strip (a row of them) at a
// time.
#pragma once

#include <algorithm>
#include <vector>

#include "core/native/subband.hpp"

namespace htj2k::native {

template <typename T>
class band_rows {
public:
  band_rows() = default;
  explicit band_rows(const subband& band) : band_(band), next_(band.area().y0), strip_stop_(next_) {}

  // Valid until the next call, and the caller's to change. Not for empty subbands.
  T* next(block_decoder& decoder, T& overflow) {
    if (next_ == strip_stop_) load_strip(decoder, overflow);
    return strip_.data() + (next_++ - strip_start_) * std::size_t{band_.area().width()};
  }

private:
  void load_strip(block_decoder& decoder, T& overflow) {
    const std::uint32_t width = band_.area().width();
    const std::uint32_t row = strips_loaded_++;
    const rect first = band_.block_area(0, row);
    strip_start_ = first.y0;
    strip_stop_ = first.y1;
    strip_.resize(std::max<std::size_t>(strip_.size(), std::size_t{width} * first.height()));
    for (std::uint32_t column = 0; column < band_.geometry->blocks_across(band_.band); ++column) {
      const std::uint32_t x = band_.block_area(column, row).x0 - band_.area().x0;
      decode_block(band_, column, row, decoder, strip_.data() + x, width, overflow);
    }
  }

  subband band_;
  std::uint32_t next_ = 0;
  std::uint32_t strip_start_ = 0, strip_stop_ = 0;
  std::uint32_t strips_loaded_ = 0;
  std::vector<T> strip_;
};

}  // namespace htj2k::native
