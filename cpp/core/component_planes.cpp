#include "core/component_planes.hpp"

#include <algorithm>

namespace htj2k {

component_planes::component_planes(const std::vector<plane_size>& sizes, std::uint32_t image_width) {
  for (const plane_size& size : sizes) {
    plane& p = planes_.emplace_back();
    p.size = size;
    p.samples.resize(std::size_t{size.width} * size.height);
    if (size.dx != 1) p.row.resize(image_width);
  }
}

void component_planes::take_line(std::uint32_t component, std::uint32_t y, const std::int32_t* line) {
  plane& p = planes_[component];
  std::copy_n(line, p.size.width, p.samples.data() + static_cast<std::size_t>(y) * p.size.width);
}

const std::int32_t* component_planes::row(std::uint32_t component, std::uint32_t y) {
  plane& p = planes_[component];
  const std::uint32_t line = y / p.size.dy;
  const std::int32_t* samples = line_of(p, line);
  if (p.size.dx == 1) return samples;
  if (p.row_of_line == line) return p.row.data();
  p.row_of_line = line;
  repeat_samples(samples, p.size.width, p.size.dx, 0, p.row);
  return p.row.data();
}

}  // namespace htj2k
