#include "core/pixel_checksums.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include "core/error.hpp"
#include "core/sample_lines.hpp"
#include "kernels/lowpass.hpp"

namespace htj2k {
namespace {

std::size_t log2_size(sample_type type) { return sample_size(type) / 2; }  // 1, 2, 4 -> 0, 1, 2

// The range to clamp to, as far as T reaches: values beyond it never occur in T.
template <typename T>
struct clamp_range {
  T low, high;

  clamp_range(std::uint32_t bits, bool is_signed) {
    constexpr std::int64_t least = std::numeric_limits<T>::min();
    constexpr std::int64_t most = std::numeric_limits<T>::max();
    const value_range range = sample_range(bits, is_signed);
    low = static_cast<T>(std::max(range.low, least));
    high = static_cast<T>(std::min(range.high, most));
  }
};

// One resolution: the rows of its components as they come down, their checksum, and what passes them further
// down.
template <typename T>
struct resolution {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint32_t crc = 0;
  std::vector<kernels::lowpass<T>> further;  // one a component; none at the base
  std::vector<std::vector<T>> rows;          // where rows go at the base, which has no `further` to hold them

  T* row(std::size_t component) {
    return further.empty() ? rows[component].data() : further[component].input();
  }
};

template <typename T>
class pyramid {
public:
  pyramid(const const_image_view& pixels, const pixel_checksum_options& options,
          const kernels::implementation& kernels)
      : pixels_(pixels),
        kernels_(kernels),
        lines_(kernels.lines<T>()),
        transform_(options.color_transform),
        type_(decoded_type(options.bit_depth, sample_is_signed(pixels.type))),
        range_(options.clamp == clamp_policy::precision ? options.bit_depth
                                                        : 8 * static_cast<std::uint32_t>(sample_size(type_)),
               sample_is_signed(pixels.type)),
        levels_(options.num_decompositions + 1),
        row_pointers_(pixels.components),
        packed_(std::size_t{pixels.width} * pixels.components * sample_size(type_)) {
    for (std::size_t r = 0; r < levels_.size(); ++r) make_level(r);
    if (transform_) colors_.assign(3, std::vector<T>((pixels.width + std::size_t{1}) / 2));
  }

  pixel_checksums run() {
    for (std::uint32_t y = 0; y < pixels_.height; ++y) {
      load_row(y);
      checksum_row(0);
      if (transform_)
        lines_.forward_rct(levels_[0].row(0), levels_[0].row(1), levels_[0].row(2), pixels_.width);
      pass_on(0);
    }
    for (std::size_t r = 0; r + 1 < levels_.size(); ++r) {
      for (std::size_t c = 0; c < pixels_.components; ++c)
        levels_[r].further[c].finish(levels_[r + 1].row(c));
      take_low_row(r + 1);
    }
    return result();
  }

private:
  void make_level(std::size_t reduce) {
    resolution<T>& level = levels_[reduce];
    level.width = reduce == 0 ? pixels_.width : (levels_[reduce - 1].width + 1) / 2;
    level.height = reduce == 0 ? pixels_.height : (levels_[reduce - 1].height + 1) / 2;
    if (reduce + 1 < levels_.size()) {
      level.further.assign(pixels_.components, kernels::lowpass<T>(lines_, level.width));
    } else {
      level.rows.assign(pixels_.components, std::vector<T>(level.width));
    }
  }

  void load_row(std::uint32_t y) {
    const auto load = lines_.load[sample_is_signed(pixels_.type)][log2_size(pixels_.type)];
    const auto* start = static_cast<const std::uint8_t*>(pixels_.data) + y * pixels_.row_stride;
    for (std::size_t c = 0; c < pixels_.components; ++c, start += pixels_.component_stride) {
      T* row = levels_[0].row(c);
      load(start, pixels_.column_stride, pixels_.width, pixels_.foreign_byte_order, row);
      lines_.extend_range(row, pixels_.width, min_, max_);
    }
  }

  // With the component transform the decoder's lower resolutions are the inverse transform of the low-passed
  // Y, U, V, which is not the low pass of R, G, B.
  void point_at_colors(std::size_t reduce) {
    const std::size_t width = levels_[reduce].width;
    for (std::size_t c = 0; c < 3; ++c) {
      std::copy_n(levels_[reduce].row(c), width, colors_[c].data());
      row_pointers_[c] = colors_[c].data();
    }
    lines_.inverse_rct(colors_[0].data(), colors_[1].data(), colors_[2].data(), width);
  }

  void checksum_row(std::size_t reduce) {
    resolution<T>& level = levels_[reduce];
    for (std::size_t c = 0; c < pixels_.components; ++c) row_pointers_[c] = level.row(c);
    if (transform_ && reduce != 0) point_at_colors(reduce);
    lines_.pack[log2_size(type_)](row_pointers_.data(), pixels_.components, level.width, range_.low,
                                  range_.high, packed_.data());
    level.crc =
        kernels_.crc32(level.crc, packed_.data(), level.width * pixels_.components * sample_size(type_));
  }

  void take_low_row(std::size_t reduce) {
    checksum_row(reduce);
    pass_on(reduce);
  }

  // Gives the rows to the transform below; the components run in step, so all of them complete a row or none.
  void pass_on(std::size_t reduce) {
    resolution<T>& level = levels_[reduce];
    bool complete = false;
    for (std::size_t c = 0; c < level.further.size(); ++c)
      complete = level.further[c].push(levels_[reduce + 1].row(c));
    if (complete) take_low_row(reduce + 1);
  }

  pixel_checksums result() const {
    pixel_checksums found;
    for (auto level = levels_.rbegin(); level != levels_.rend(); ++level)
      found.resolutions.push_back({level->width, level->height, level->crc});
    found.min = min_;
    found.max = max_;
    return found;
  }

  const const_image_view& pixels_;
  const kernels::implementation& kernels_;
  const kernels::line_kernels<T>& lines_;
  bool transform_;
  sample_type type_;
  clamp_range<T> range_;
  std::vector<resolution<T>> levels_;  // by reduce: from full to base
  std::vector<std::vector<T>> colors_;
  std::vector<const T*> row_pointers_;
  std::vector<std::uint8_t> packed_;
  T min_ = std::numeric_limits<T>::max();
  T max_ = std::numeric_limits<T>::min();
};

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
  if (sample_size(pixels.type) == 4) return pyramid<std::int64_t>(pixels, resolved, kernels).run();
  return pyramid<std::int32_t>(pixels, resolved, kernels).run();
}

}  // namespace htj2k
