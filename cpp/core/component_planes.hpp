// Components of different sizes, kept whole until rows of one image can be made of them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace htj2k {

// Fills a row of pixels of which each sample covers `columns`, the first one `hidden` less.
template <typename T>
void repeat_samples(const T* samples, std::uint32_t count, std::uint32_t columns, std::uint32_t hidden,
                    std::vector<T>& row) {
  std::size_t x = 0, stop = columns - hidden;
  for (std::uint32_t i = 0; i < count && x < row.size(); ++i, stop += columns)
    for (const std::size_t end = std::min(stop, row.size()); x < end; ++x) row[x] = samples[i];
}

// A component's size, and how many columns and rows of the image each of its samples covers.
struct plane_size {
  std::uint32_t width = 0, height = 0;
  std::uint32_t dx = 1, dy = 1;
};

// Pixel (x, y) of the image has sample (x / dx, y / dy) of each component: samples are repeated, never
// interpolated.
class component_planes {
public:
  component_planes(const std::vector<plane_size>& sizes, std::uint32_t image_width);

  void take_line(std::uint32_t component, std::uint32_t y, const std::int32_t* line);

  // The component's samples for row `y` of the image; valid until the component's next row is asked for.
  const std::int32_t* row(std::uint32_t component, std::uint32_t y);

private:
  struct plane {
    plane_size size;
    std::vector<std::int32_t> samples;
    std::vector<std::int32_t> row;  // samples spread over the image's width
    std::int64_t row_of_line = -1;  // the line that `row` holds
  };

  const std::int32_t* line_of(const plane& p, std::uint32_t y) const {
    return p.samples.data() + static_cast<std::size_t>(y) * p.size.width;
  }

  std::vector<plane> planes_;
};

}  // namespace htj2k
