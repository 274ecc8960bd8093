// The rows of a decode on their way out: into the caller's memory, and to whoever watches.
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "core/decode.hpp"
#include "core/sample_lines.hpp"

namespace htj2k {

template <typename T>
class row_writer {
public:
  // `range`, unless it is null, is extended by the samples as they are after clamping.
  row_writer(const image_view& out, const std::vector<clamp_limits<T>>& limits, row_observer* observer,
             value_range* range = nullptr)
      : out_(out), row_(limits), observer_(observer), range_(range), kernels_(kernels::active().lines<T>()) {
    if (observer != nullptr && observer->wants_lines()) observed_.resize(limits.size());
    if (observer != nullptr && (out.data == nullptr || !is_interleaved(out)))
      packed_ = interleaved_row(layout_of(out));
  }

  std::uint32_t width() const { return out_.width; }

  // Samples before clamping, of the row that is finished next.
  void set_line(std::uint32_t component, const T* line) { row_.samples[component] = line; }

  void finish_row(std::uint32_t y) {
    if (out_.data != nullptr) write_row(row_, kernels_, out_, y);
    if (range_ != nullptr) extend_range();
    if (observer_ == nullptr) return;
    if (packed_) {
      packed_->data = observer_->next_row();
      write_row(row_, kernels_, *packed_, y);
    }
    observer_->take(lines_of_32_bits(), row_start(packed_ ? *packed_ : out_, y));
  }

private:
  void extend_range() {
    for (std::size_t c = 0; c < row_.samples.size(); ++c) {
      const T* const samples = row_.samples[c];
      T low = samples[0], high = samples[0];
      kernels_.extend_range(samples, out_.width, low, high);
      const clamp_limits<T>& limits = row_.limits[c];
      range_->low = std::min<std::int64_t>(range_->low, std::clamp(low, limits.low, limits.high));
      range_->high = std::max<std::int64_t>(range_->high, std::clamp(high, limits.low, limits.high));
    }
  }

  const std::vector<const std::int32_t*>& lines_of_32_bits() {
    for (std::size_t c = 0; c < observed_.size(); ++c) {
      if constexpr (sizeof(T) == sizeof(std::int32_t)) {
        observed_[c] = row_.samples[c];
      } else {
        converted_.resize(observed_.size());
        converted_[c].resize(out_.width);
        std::transform(row_.samples[c], row_.samples[c] + out_.width, converted_[c].begin(),
                       [](T value) { return static_cast<std::int32_t>(value); });
        observed_[c] = converted_[c].data();
      }
    }
    return observed_;
  }

  image_view out_;
  clamped_row<T> row_;
  row_observer* observer_;
  value_range* range_;
  const kernels::line_kernels<T>& kernels_;
  std::optional<image_view> packed_;  // of what the observer sees; none if that is `out`
  std::vector<const std::int32_t*> observed_;
  std::vector<std::vector<std::int32_t>> converted_;
};

}  // namespace htj2k
