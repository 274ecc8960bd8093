#include "core/sample_lines.hpp"

namespace htj2k {

value_range sample_range(std::uint32_t bit_depth, bool is_signed) {
  value_range range;
  const std::int64_t span = std::int64_t{1} << bit_depth;
  range.low = is_signed ? -span / 2 : 0;
  range.high = range.low + span - 1;
  return range;
}

value_range clamp_range(clamp_policy policy, std::uint32_t bit_depth, sample_type decoded) {
  const bool to_container = policy == clamp_policy::container;
  const auto container_bits = static_cast<std::uint32_t>(8 * sample_size(decoded));
  return sample_range(to_container ? container_bits : bit_depth, sample_is_signed(decoded));
}

template <typename T>
void read_row(const const_image_view& image, std::uint32_t y, const kernels::line_kernels<T>& kernels,
              T* const* rows) {
  const std::uint8_t* source = row_start(image, y);
  const bool is_signed = sample_is_signed(image.type);
  if (is_interleaved(image) && !image.foreign_byte_order)
    return kernels.unpack[is_signed][log2_size(image.type)](source, image.components, image.width, rows);
  const auto load = kernels.load[is_signed][log2_size(image.type)];
  for (std::uint32_t c = 0; c < image.components; ++c, source += image.component_stride)
    load(source, image.column_stride, image.width, image.foreign_byte_order, rows[c]);
}

template <typename T>
void write_row(const clamped_row<T>& row, const kernels::line_kernels<T>& kernels, const image_view& image,
               std::uint32_t y) {
  std::uint8_t* target = row_start(image, y);
  const std::size_t size = log2_size(image.type);
  if (row.limits_are_equal() && is_interleaved(image)) {
    const auto& limits = row.limits.front();
    return kernels.pack[size](row.samples.data(), image.components, image.width, limits.low, limits.high,
                              target);
  }
  for (std::uint32_t c = 0; c < image.components; ++c, target += image.component_stride)
    kernels.store[size](row.samples[c], image.width, row.limits[c].low, row.limits[c].high, target,
                        image.column_stride);
}

template void read_row(const const_image_view&, std::uint32_t, const kernels::line_kernels<std::int16_t>&,
                       std::int16_t* const*);
template void read_row(const const_image_view&, std::uint32_t, const kernels::line_kernels<std::int32_t>&,
                       std::int32_t* const*);
template void read_row(const const_image_view&, std::uint32_t, const kernels::line_kernels<std::int64_t>&,
                       std::int64_t* const*);
template void write_row(const clamped_row<std::int16_t>&, const kernels::line_kernels<std::int16_t>&,
                        const image_view&, std::uint32_t);
template void write_row(const clamped_row<std::int32_t>&, const kernels::line_kernels<std::int32_t>&,
                        const image_view&, std::uint32_t);
template void write_row(const clamped_row<std::int64_t>&, const kernels::line_kernels<std::int64_t>&,
                        const image_view&, std::uint32_t);

image_view interleaved_row(const image_layout& layout) {
  const auto size = static_cast<std::ptrdiff_t>(sample_size(layout.type));
  image_view view = view_without_memory(layout);
  view.row_stride = 0;
  view.column_stride = size * static_cast<std::ptrdiff_t>(layout.components);
  view.component_stride = size;
  return view;
}

}  // namespace htj2k
