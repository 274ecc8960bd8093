#include "core/sample_lines.hpp"

#include <limits>

namespace htj2k {
namespace {

template <typename Void>
auto* row_start(const basic_image_view<Void>& image, std::uint32_t component, std::uint32_t row) {
  using byte = std::conditional_t<std::is_const_v<Void>, const unsigned char, unsigned char>;
  return static_cast<byte*>(image.data) + static_cast<std::ptrdiff_t>(row) * image.row_stride +
         static_cast<std::ptrdiff_t>(component) * image.component_stride;
}

template <typename T>
void load(const const_image_view& image, const unsigned char* source, std::int32_t* line, value_range& seen) {
  if (image.foreign_byte_order)
    kernels::load_line<T, true>(source, image.column_stride, image.width, line, seen);
  else if (image.column_stride == static_cast<std::ptrdiff_t>(sizeof(T)))
    kernels::load_contiguous_line<T>(source, image.width, line, seen);
  else
    kernels::load_line<T, false>(source, image.column_stride, image.width, line, seen);
}

template <typename T>
void store(const std::int32_t* line, std::size_t count, const value_range& range, std::ptrdiff_t stride,
           unsigned char* target) {
  // A 32-bit line holds unsigned 32-bit samples as bit patterns, so their range is all of int32.
  constexpr std::int64_t least = std::numeric_limits<std::int32_t>::min();
  constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
  const bool whole = range.high > most;
  const auto low = static_cast<std::int32_t>(whole ? least : range.low);
  const auto high = static_cast<std::int32_t>(whole ? most : range.high);
  if (stride == static_cast<std::ptrdiff_t>(sizeof(T)))
    kernels::store_contiguous_line<T>(line, count, low, high, target);
  else
    kernels::store_line<T>(line, count, low, high, target, stride);
}

}  // namespace

value_range sample_range(std::uint32_t bit_depth, bool is_signed) {
  value_range range;
  const std::int64_t span = std::int64_t{1} << bit_depth;
  range.low = is_signed ? -span / 2 : 0;
  range.high = range.low + span - 1;
  return range;
}

void load_row(const const_image_view& image, std::uint32_t component, std::uint32_t row, std::int32_t* line,
              value_range& seen) {
  const auto* source = row_start(image, component, row);
  switch (image.type) {
    case sample_type::u1:
      return load<std::uint8_t>(image, source, line, seen);
    case sample_type::i1:
      return load<std::int8_t>(image, source, line, seen);
    case sample_type::u2:
      return load<std::uint16_t>(image, source, line, seen);
    case sample_type::i2:
      return load<std::int16_t>(image, source, line, seen);
    case sample_type::u4:
      return load<std::uint32_t>(image, source, line, seen);
    case sample_type::i4:
      return load<std::int32_t>(image, source, line, seen);
  }
}

void store_row(const std::int32_t* line, std::size_t count, const value_range& range, const image_view& image,
               std::uint32_t component, std::uint32_t row) {
  auto* target = row_start(image, component, row);
  switch (image.type) {
    case sample_type::u1:
      return store<std::uint8_t>(line, count, range, image.column_stride, target);
    case sample_type::i1:
      return store<std::int8_t>(line, count, range, image.column_stride, target);
    case sample_type::u2:
      return store<std::uint16_t>(line, count, range, image.column_stride, target);
    case sample_type::i2:
      return store<std::int16_t>(line, count, range, image.column_stride, target);
    case sample_type::u4:
      return store<std::uint32_t>(line, count, range, image.column_stride, target);
    case sample_type::i4:
      return store<std::int32_t>(line, count, range, image.column_stride, target);
  }
}

}  // namespace htj2k
