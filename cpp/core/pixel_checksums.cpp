#include "core/pixel_checksums.hpp"

#include <limits>
#include <string>

#include "core/error.hpp"
#include "core/sample_lines.hpp"

namespace htj2k {
namespace {

// The decoded rows are the bytes in memory when nothing is converted on the way.
bool is_as_decoded(const const_image_view& pixels, sample_type decoded) {
  return decoded == pixels.type && is_interleaved(pixels) && !pixels.foreign_byte_order;
}

template <typename T>
pixel_checksums run(const const_image_view& pixels, const pixel_checksum_options& options,
                    const kernels::implementation& kernels) {
  const bool is_signed = sample_is_signed(pixels.type);
  const sample_type decoded = decoded_type(options.bit_depth, is_signed);
  const clamp_limits<T> limits(clamp_range(options.clamp, options.bit_depth, decoded));
  pyramid<T> levels(kernels, {decoded, pixels.width, pixels.height, pixels.components},
                    options.num_decompositions, options.color_transform,
                    std::vector<clamp_limits<T>>(pixels.components, limits));
  const auto& lines = kernels.lines<T>();
  const bool as_decoded = is_as_decoded(pixels, decoded);
  T min = std::numeric_limits<T>::max(), max = std::numeric_limits<T>::min();
  for (std::uint32_t y = 0; y < pixels.height; ++y) {
    read_row(pixels, y, lines, levels.rows());
    for (std::uint32_t c = 0; c < pixels.components; ++c)
      lines.extend_range(levels.rows()[c], pixels.width, min, max);
    levels.push(as_decoded ? row_start(pixels, y) : nullptr);
  }
  return {levels.finish(), min, max};
}

void check(const const_image_view& pixels, const pixel_checksum_options& options) {
  const auto refuse = [](const std::string& text) { throw error(error_code::invalid_argument, text); };
  if (pixels.width == 0 || pixels.height == 0 || pixels.components == 0) refuse("pixels are empty");
  if (options.bit_depth < 1 || options.bit_depth > 32)
    refuse("bit depth is " + std::to_string(options.bit_depth) + "; expected 1 to 32");
  if (options.num_decompositions > 32)
    refuse("num_decompositions is " + std::to_string(options.num_decompositions) + "; expected 0 to 32");
  if (options.color_transform && pixels.components < 3)
    refuse("color_transform needs at least 3 components; pixels have " + std::to_string(pixels.components));
}

}  // namespace

pixel_checksums checksum_pixels(const const_image_view& pixels, const pixel_checksum_options& options,
                                const kernels::implementation& kernels) {
  pixel_checksum_options resolved = options;
  if (resolved.bit_depth == 0) resolved.bit_depth = 8 * static_cast<std::uint32_t>(sample_size(pixels.type));
  check(pixels, resolved);
  if (sample_size(pixels.type) == 4) return run<std::int64_t>(pixels, resolved, kernels);
  if (resolved.bit_depth <= most_bits_in_int16(resolved.color_transform)) {
    const pixel_checksums found = run<std::int16_t>(pixels, resolved, kernels);
    const auto range = sample_range(resolved.bit_depth, sample_is_signed(pixels.type));
    if (range.contains(value_range{found.min, found.max})) return found;  // else min and max may be wrapped
  }
  return run<std::int32_t>(pixels, resolved, kernels);
}

}  // namespace htj2k
