#include "core/image_rows.hpp"

#include <string>

#include "core/error.hpp"

namespace htj2k {
namespace {

// "pixels[3, 0]", with the component where there is more than one.
std::string name_of_sample(const const_image_view& image, std::uint32_t y, std::size_t x,
                           std::uint32_t component) {
  std::string name = "pixels[" + std::to_string(y) + ", " + std::to_string(x);
  if (image.components > 1) name += ", " + std::to_string(component);
  return name + "]";
}

}  // namespace

void refuse_samples(const const_image_view& image, std::uint32_t y, const encode_options& options) {
  const value_range range = sample_range(options.bit_depth, sample_is_signed(image.type));
  std::vector<std::vector<std::int64_t>> rows(image.components, std::vector<std::int64_t>(image.width));
  std::vector<std::int64_t*> pointers;
  for (auto& row : rows) pointers.push_back(row.data());
  read_row(image, y, kernels::active().lines<std::int64_t>(), pointers.data());
  for (std::uint32_t c = 0; c < image.components; ++c)
    for (std::size_t x = 0; x < image.width; ++x)
      if (!range.contains(rows[c][x]))
        throw error(error_code::invalid_argument,
                    name_of_sample(image, y, x, c) + " is " + std::to_string(rows[c][x]) +
                        ", which does not fit bits_stored=" + std::to_string(options.bit_depth) + " (" +
                        std::to_string(range.low) + " to " + std::to_string(range.high) +
                        "); give a larger bits_stored, or mask_unused_bits=True to drop the bits above it");
  throw error(error_code::invalid_argument, "pixels changed while they were encoded");
}

}  // namespace htj2k
