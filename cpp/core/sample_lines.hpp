// The step between an image view and OpenJPH's lines: picks the kernel for the view's sample type.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/image.hpp"
#include "kernels/samples.hpp"

namespace htj2k {

using kernels::value_range;

// What a component's samples may be: [low, high] of `bit_depth` bits.
value_range sample_range(std::uint32_t bit_depth, bool is_signed);

// Reads one row of one component. Widens `seen` by the values read.
void load_row(const const_image_view& image, std::uint32_t component, std::uint32_t row, std::int32_t* line,
              value_range& seen);

// Writes one row of one component, clamped to `range`.
void store_row(const std::int32_t* line, std::size_t count, const value_range& range, const image_view& image,
               std::uint32_t component, std::uint32_t row);

}  // namespace htj2k
