// Checksums of an image's lower resolutions from the rows of its highest one: the reversible low pass, row by
// row, with the component transform around it.
#pragma once

#include <cstdint>
#include <vector>

#include "core/row_checksum.hpp"
#include "core/sample_lines.hpp"
#include "kernels/lowpass.hpp"

namespace htj2k {

struct resolution_checksum {
  std::uint32_t width;
  std::uint32_t height;
  std::uint32_t crc32;  // zlib's, over tightly packed, interleaved, little-endian samples of the decoded type
};

// How many bits samples may have for their pyramid in int16_t.
//
// Let M be the most by which samples differ from the middle of their range: 2^(bits-1). Of the iterated 5/3
// analysis filters the coefficients' magnitudes, mirrored edges included, sum to less than 1.73 (low pass)
// and 5.57 (the sum of two neighbouring high-pass samples, the largest number that a lifting step meets). One
// goes along each dimension: no sum exceeds 5.57 * 1.73 * M < 9.7 M. High passes and chroma have no offset;
// even samples, offset and sum, stay below 2 * (1 + 3) M. Rounding adds less than 2 a level, so less than 9.7
// * 2 * 32 over the most levels there are. With 12 bits that is 19866 + 621; chroma has one bit more than its
// samples.
constexpr std::uint32_t most_bits_in_int16(bool color_transform) { return color_transform ? 11 : 12; }

// T is int16_t where most_bits_in_int16 allows it and every sample is within its bits, int32_t for other
// samples of up to 24 bits, for which the same sums stay below 2^28, else int64_t. Rows are written where
// rows() points and taken with push(); after the last one, finish() gives the checksums from base to full.
template <typename T>
class pyramid {
public:
  // `layout` is that of the highest resolution; all resolutions have its type.
  pyramid(const kernels::implementation& kernels, const image_layout& layout,
          std::uint32_t num_decompositions, bool color_transform, const std::vector<clamp_limits<T>>& limits)
      : kernels_(kernels),
        lines_(kernels.lines<T>()),
        transform_(color_transform),
        num_components_(layout.components),
        bytes_per_pixel_(layout.components * sample_size(layout.type)),
        clamped_(limits),
        packed_(interleaved_row(layout)) {
    levels_.reserve(num_decompositions + std::size_t{1});
    for (std::uint32_t r = 0; r <= num_decompositions; ++r) add_level(layout, r == num_decompositions);
    if (transform_) colors_.assign(3, std::vector<T>((layout.width + std::size_t{1}) / 2));
    point_at_rows();
  }

  T* const* rows() const { return rows_.data(); }

  // Where the caller may pack a row as the checksum wants it.
  std::uint8_t* next_packed_row() { return levels_.front().checksum.next_row(); }

  // `packed`: such a row, there or in memory that does not change before finish(); null if there is none.
  void push(const std::uint8_t* packed = nullptr) {
    if (packed != nullptr)
      levels_[0].checksum.add(packed);
    else
      checksum_row(0);
    if (transform_ && levels_.size() > 1) lines_.forward_rct(rows_[0], rows_[1], rows_[2], levels_[0].width);
    pass_on(0);
    point_at_rows();
  }

  std::vector<resolution_checksum> finish() {
    for (std::size_t r = 0; r + 1 < levels_.size(); ++r) {
      for (std::size_t c = 0; c < num_components_; ++c) levels_[r].further[c].finish(levels_[r + 1].row(c));
      take_low_row(r + 1);
    }
    std::vector<resolution_checksum> found;
    for (auto level = levels_.rbegin(); level != levels_.rend(); ++level)
      found.push_back({level->width, level->height, level->checksum.finish()});
    return found;
  }

private:
  // One resolution: the rows of its components as they come down, their checksum, and what passes them on.
  struct resolution {
    std::uint32_t width;
    std::uint32_t height;
    row_checksum checksum;
    std::vector<kernels::lowpass<T>> further;  // one a component; none at the base
    std::vector<std::vector<T>> own_rows;      // of the base, which has no `further` to hold them

    T* row(std::size_t component) {
      return further.empty() ? own_rows[component].data() : further[component].input();
    }
  };

  void add_level(const image_layout& layout, bool is_base) {
    const auto halved = [](std::uint32_t n) { return n / 2 + n % 2; };
    const std::uint32_t width = levels_.empty() ? layout.width : halved(levels_.back().width);
    const std::uint32_t height = levels_.empty() ? layout.height : halved(levels_.back().height);
    resolution& level =
        levels_.emplace_back(resolution{width, height, {kernels_, width * bytes_per_pixel_, height}, {}, {}});
    if (is_base)
      level.own_rows.assign(num_components_, std::vector<T>(width));
    else
      level.further.assign(num_components_, kernels::lowpass<T>(lines_, width));
  }

  void point_at_rows() {
    rows_.resize(num_components_);
    for (std::size_t c = 0; c < num_components_; ++c) rows_[c] = levels_[0].row(c);
  }

  // With the component transform the decoder's lower resolutions are the inverse transform of the low-passed
  // Y, U, V, which is not the low pass of R, G, B.
  void point_at_colors(std::size_t reduce) {
    const std::size_t width = levels_[reduce].width;
    for (std::size_t c = 0; c < 3; ++c) {
      std::copy_n(levels_[reduce].row(c), width, colors_[c].data());
      clamped_.samples[c] = colors_[c].data();
    }
    lines_.inverse_rct(colors_[0].data(), colors_[1].data(), colors_[2].data(), width);
  }

  void checksum_row(std::size_t reduce) {
    resolution& level = levels_[reduce];
    for (std::size_t c = 0; c < num_components_; ++c) clamped_.samples[c] = level.row(c);
    if (transform_ && reduce != 0) point_at_colors(reduce);
    packed_.data = level.checksum.next_row();
    packed_.width = level.width;
    write_row(clamped_, lines_, packed_, 0);
    level.checksum.add(row_start(packed_, 0));
  }

  void take_low_row(std::size_t reduce) {
    checksum_row(reduce);
    pass_on(reduce);
  }

  // Gives the rows to the transform below; the components run in step, so all of them complete a row or none.
  void pass_on(std::size_t reduce) {
    resolution& level = levels_[reduce];
    bool complete = false;
    for (std::size_t c = 0; c < level.further.size(); ++c)
      complete = level.further[c].push(levels_[reduce + 1].row(c));
    if (complete) take_low_row(reduce + 1);
  }

  const kernels::implementation& kernels_;
  const kernels::line_kernels<T>& lines_;
  bool transform_;
  std::size_t num_components_;
  std::size_t bytes_per_pixel_;
  clamped_row<T> clamped_;
  image_view packed_;               // one row
  std::vector<resolution> levels_;  // by reduce: from full to base
  std::vector<std::vector<T>> colors_;
  std::vector<T*> rows_;
};

}  // namespace htj2k
