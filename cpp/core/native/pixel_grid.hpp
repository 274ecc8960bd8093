// How the samples of components of any size lie under the pixels of an image.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/codestream.hpp"
#include "core/geometry.hpp"

namespace htj2k::native {

// Neighbouring components that have one size: their rows are decoded together, and the component transform,
// whose three have one size, never leaves a run.
struct component_run {
  std::uint32_t first = 0, stop = 0;
};

// Of the whole image at one resolution, or of a region of it. Components of one size are the pixels
// themselves; of others sample (i, j) covers XRsiz columns and YRsiz rows of pixels.
class pixel_grid {
public:
  pixel_grid(const image_size& siz, std::uint32_t reduce, const std::optional<rect>& region);

  const std::vector<component_run>& runs() const { return runs_; }
  // What is wanted of each component, on its own grid.
  const std::vector<rect>& samples() const { return samples_; }

  // How many columns and rows of pixels a sample covers, and how many columns of the first are not wanted.
  std::uint32_t columns_of_sample(std::uint32_t component) const;
  std::uint32_t rows_of_sample(std::uint32_t component) const;
  std::uint32_t columns_hidden(std::uint32_t component) const;

  // The row of the component's wanted samples that row `y` of the wanted pixels shows.
  std::uint32_t line_under(std::uint32_t component, std::uint32_t y) const;

  // How many rows of wanted pixels, and of the component's samples, there are down to the end of a row of
  // tiles.
  std::uint32_t rows_to_end_of(std::uint32_t tile_row) const;
  std::uint32_t lines_to_end_of(std::uint32_t tile_row, std::uint32_t component) const;

private:
  std::uint32_t bottom_of(std::uint32_t tile_row, std::uint32_t dy) const;

  const image_size& siz_;
  std::uint32_t reduce_;
  bool components_are_equal_;
  std::uint32_t skipped_columns_ = 0, skipped_rows_ = 0;  // of the image, before the region
  rect pixels_;
  std::vector<rect> samples_;
  std::vector<component_run> runs_;
};

}  // namespace htj2k::native
