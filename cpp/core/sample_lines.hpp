// The step between an image view and rows of integers, a row a component: picks the kernel for the view's
// sample type and strides.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

#include "core/image.hpp"
#include "kernels/implementation.hpp"

namespace htj2k {

struct value_range {
  std::int64_t low = 0;
  std::int64_t high = 0;

  bool contains(std::int64_t value) const { return low <= value && value <= high; }
  bool contains(const value_range& other) const { return contains(other.low) && contains(other.high); }
};

// What samples of `bit_depth` bits may be.
value_range sample_range(std::uint32_t bit_depth, bool is_signed);

// What decoded samples of that depth are brought back to. The container is the decoded array's type.
value_range clamp_range(clamp_policy policy, std::uint32_t bit_depth, sample_type decoded);

// A range as far as T reaches: values beyond it never occur in a T.
template <typename T>
struct clamp_limits {
  T low = std::numeric_limits<T>::min();
  T high = std::numeric_limits<T>::max();

  clamp_limits() = default;
  explicit clamp_limits(const value_range& range)
      : low(static_cast<T>(std::max<std::int64_t>(range.low, std::numeric_limits<T>::min()))),
        high(static_cast<T>(std::min<std::int64_t>(range.high, std::numeric_limits<T>::max()))) {}
};

constexpr std::size_t log2_size(sample_type type) { return sample_size(type) / 2; }  // 1, 2, 4 -> 0, 1, 2

// Reads row `y` of all components.
template <typename T>
void read_row(const const_image_view& image, std::uint32_t y, const kernels::line_kernels<T>& kernels,
              T* const* rows);

// One row to be written: the samples of each component and what to clamp them to.
template <typename T>
struct clamped_row {
  std::vector<const T*> samples;
  std::vector<clamp_limits<T>> limits;

  explicit clamped_row(const std::vector<clamp_limits<T>>& clamp_to)
      : samples(clamp_to.size()), limits(clamp_to) {
    for (const auto& l : limits)
      limits_are_equal_ = limits_are_equal_ && l.low == limits.front().low && l.high == limits.front().high;
  }
  bool limits_are_equal() const { return limits_are_equal_; }

private:
  bool limits_are_equal_ = true;
};

// Writes it as row `y`, clamped: never wrapped.
template <typename T>
void write_row(const clamped_row<T>& row, const kernels::line_kernels<T>& kernels, const image_view& image,
               std::uint32_t y);

// Neighbouring samples are the components of one pixel, and pixels follow each other without a gap.
template <typename Void>
bool is_interleaved(const basic_image_view<Void>& image) {
  const auto size = static_cast<std::ptrdiff_t>(sample_size(image.type));
  return image.column_stride == size * static_cast<std::ptrdiff_t>(image.components) &&
         (image.components == 1 || image.component_stride == size);
}

template <typename Void>
auto* row_start(const basic_image_view<Void>& image, std::uint32_t y) {
  using byte = std::conditional_t<std::is_const_v<Void>, const std::uint8_t, std::uint8_t>;
  return static_cast<byte*>(image.data) + static_cast<std::ptrdiff_t>(y) * image.row_stride;
}

// One interleaved row that stands for every row of an image; its memory is the caller's to set.
image_view interleaved_row(const image_layout& layout);

}  // namespace htj2k
