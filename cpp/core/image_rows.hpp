// The rows of an image on their way to an encoder and to the checksums: read, and their samples checked.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "core/encode.hpp"
#include "core/image.hpp"
#include "core/pyramid.hpp"
#include "core/sample_lines.hpp"

namespace htj2k {

// Throws which sample of row `y` does not fit the options' bits.
[[noreturn]] void refuse_samples(const const_image_view& image, std::uint32_t y,
                                 const encode_options& options);

// T holds every sample of options.bit_depth bits. Others of the image's type may wrap in it, but not into the
// range of those: T has at least its size.
template <typename T>
class image_rows {
public:
  image_rows(const const_image_view& image, const encode_options& options,
             std::optional<clamp_policy> checksums)
      : image_(image),
        options_(options),
        kernels_(kernels::active()),
        lines_(kernels_.lines<T>()),
        range_(sample_range(options.bit_depth, sample_is_signed(image.type))) {
    if (checksums) {
      const sample_type decoded = decoded_type(options.bit_depth, sample_is_signed(image.type));
      const clamp_limits<T> limits(clamp_range(*checksums, options.bit_depth, decoded));
      checksums_.emplace(kernels_, image_layout{decoded, image.width, image.height, image.components},
                         options.num_decompositions, options.color_transform,
                         std::vector<clamp_limits<T>>(image.components, limits));
    } else {
      rows_.assign(image.components, std::vector<T>(image.width));
      for (auto& row : rows_) row_pointers_.push_back(row.data());
    }
  }

  // A row a component, until done_with_row().
  T* const* read(std::uint32_t y) {
    read_row(image_, y, lines_, rows());
    for (std::uint32_t c = 0; c < image_.components; ++c) check(rows()[c], y);
    return rows();
  }

  void done_with_row() {
    if (checksums_) checksums_->push();
  }

  // After the last one.
  void finish(encoded_image& result) {
    result.min = min_;
    result.max = max_;
    if (checksums_) result.resolutions = checksums_->finish();
  }

private:
  T* const* rows() const { return checksums_ ? checksums_->rows() : row_pointers_.data(); }

  void check(T* row, std::uint32_t y) {
    T low = std::numeric_limits<T>::max(), high = std::numeric_limits<T>::min();
    lines_.extend_range(row, image_.width, low, high);
    if (!range_.contains(value_range{low, high})) {
      if (!options_.mask_unused_bits) refuse_samples(image_, y, options_);
      mask(row);
      low = high = row[0];
      lines_.extend_range(row, image_.width, low, high);
    }
    min_ = std::min<std::int64_t>(min_, low);
    max_ = std::max<std::int64_t>(max_, high);
  }

  // Keeps the low bits of each sample; signed samples are extended from the highest one kept.
  void mask(T* row) const {
    const std::uint32_t unused = 32 - options_.bit_depth;
    const bool is_signed = sample_is_signed(image_.type);
    for (std::uint32_t i = 0; i < image_.width; ++i) {
      const std::uint32_t shifted = static_cast<std::uint32_t>(row[i]) << unused;
      row[i] = is_signed ? static_cast<T>(static_cast<std::int32_t>(shifted) >> unused)
                         : static_cast<T>(shifted >> unused);
    }
  }

  const const_image_view& image_;
  const encode_options& options_;
  const kernels::implementation& kernels_;
  const kernels::line_kernels<T>& lines_;
  value_range range_;
  std::optional<pyramid<T>> checksums_;
  std::vector<std::vector<T>> rows_;  // when there is no pyramid to hold them
  std::vector<T*> row_pointers_;
  std::int64_t min_ = std::numeric_limits<std::int64_t>::max();
  std::int64_t max_ = std::numeric_limits<std::int64_t>::min();
};

}  // namespace htj2k
