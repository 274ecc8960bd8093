// The inverse wavelet transform row by row: each resolution takes rows of the one below it and of its own
// subbands, and keeps no more of them than lifting needs.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "core/aligned.hpp"
#include "core/native/band_rows.hpp"
#include "core/native/component_plan.hpp"
#include "core/native/kept_rows.hpp"
#include "kernels/implementation.hpp"

namespace htj2k::native {

// Sees the rows of a resolution as they are handed out. May set `overflow`, see resolution_rows.
template <typename T>
class row_tap {
public:
  virtual ~row_tap() = default;
  virtual void take(const T* row, T& overflow) = 0;
};

// Resolution r, 0 being a subband. T: see synthesis_kernels.
template <typename T>
class resolution_rows {
public:
  resolution_rows(const component_plan& plan, unsigned r)
      : wanted_(plan.windows[r].wanted),
        area_(plan.windows[r].computed),
        has_bands_(r > 0),
        kernels_(kernels::active().synthesis<T>()) {
    next_ = wanted_.y0;
    if (plan.kept != nullptr && plan.kept->resolution() == r) {
      kept_ = plan.kept;
      return;
    }
    for (unsigned b = 0; b < plan.bands[r][0].geometry->num_bands; ++b) bands_[b].emplace(plan.bands[r][b]);
    if (!has_bands_) return;
    lower_ = std::make_unique<resolution_rows>(plan, r - 1);
    arriving_ = area_.y0;
    stride_ = whole_lines<T>(area_.width());
    ring_ = cleared_array<T>(num_rows * stride_);  // the columns that fill the last vector stay zero
    scratch_.resize(std::size_t{2} * area_.width());
  }

  // The next row of what is wanted. Valid until the next call. `overflow` becomes negative when an int16_t
  // does not hold a value.
  const T* next(T& overflow) {
    const T* const row = make_next(overflow);
    if (tap_ != nullptr) tap_->take(row, overflow);
    return row;
  }

  // Of this resolution, or of one `below` it.
  void set_tap(unsigned below, row_tap<T>& tap) {
    if (below == 0)
      tap_ = &tap;
    else
      lower_->set_tap(below - 1, tap);
  }

  // See band_rows. `levels`: between this resolution and the image's.
  void enqueue(block_queue& queue, unsigned levels) {
    for (auto& band : bands_)
      if (band) band->enqueue(queue, levels + (has_bands_ ? 1 : 0));
    if (lower_ != nullptr) lower_->enqueue(queue, levels + 1);
  }

private:
  static constexpr unsigned steps = kernels::num_lifting_steps<T>;

  // A row may still be looked at when the one `steps` after it arrives.
  static constexpr std::size_t num_rows = steps + 2;

  const T* make_next(T& overflow) {
    if (kept_ != nullptr) return kept_->row(next_++ - wanted_.y0, scratch_);
    if (!has_bands_) return bands_[0]->next(overflow);
    while (arriving_ <= std::uint64_t{next_} + steps) take_arriving(overflow);
    return ring(next_++) + (wanted_.x0 - area_.x0);
  }

  T* ring(std::uint64_t y) { return ring_.get() + y % num_rows * stride_; }

  // Row `arriving_` comes in, unless it is beyond the last, and every step is undone that waited for it: step
  // s of the row s + 1 above it. Of even steps these are even rows.
  void take_arriving(T& overflow) {
    const std::uint64_t y = arriving_++;
    if (y < area_.y1) join(y, overflow);
    if (area_.height() == 1) {
      if (y == area_.y0 && y % 2 != 0) halve(ring(y), area_.width());
      return;
    }
    for (unsigned s = 0; s < steps; ++s) {
      if (y < area_.y0 + s + std::uint64_t{1}) return;
      const std::uint64_t row = y - s - 1;
      if (row < area_.y1 && row % 2 == s % 2) unlift(s, row, overflow);
    }
  }

  // Rows beyond the first and the last are mirrored.
  void unlift(unsigned s, std::uint64_t row, T& overflow) {
    const std::uint64_t above = row == area_.y0 ? row + 1 : row - 1;
    const std::uint64_t below = row + 1 == area_.y1 ? row - 1 : row + 1;
    kernels_.unlift[s](ring(row), ring(above), ring(below), stride_, ring(row), overflow);
  }

  // A single high-pass row, or sample of a row, was doubled (T.800 F.3.6). Floats have that in their step.
  static void halve([[maybe_unused]] T* values, [[maybe_unused]] std::size_t n) {
    if constexpr (std::is_integral_v<T>)
      for (std::size_t i = 0; i < n; ++i) values[i] = static_cast<T>(values[i] >> 1);
  }

  // One row of the horizontal transform: of LL and HL, or of LH and HH.
  void join(std::uint64_t y, T& overflow) {
    const bool is_high = y % 2 != 0;
    const bool starts_high = area_.x0 % 2 != 0;
    const std::uint32_t width = area_.width();
    T* const row = ring(y);
    const T* const low = width > 1 || !starts_high ? low_row(is_high, overflow) : nullptr;
    T* const high = width > 1 || starts_high ? high_row(is_high, overflow) : nullptr;
    if (width > 1) return kernels_.join(low, high, width, starts_high, scratch_.data(), row, overflow);
    row[0] = starts_high ? high[0] : low[0];
    if (starts_high) halve(row, 1);
  }

  const T* low_row(bool is_high, T& overflow) {
    return is_high ? bands_[1]->next(overflow) : lower_->next(overflow);
  }
  T* high_row(bool is_high, T& overflow) { return bands_[is_high ? 2 : 0]->next(overflow); }

  rect wanted_;
  rect area_;
  bool has_bands_;
  const kernels::synthesis_kernels<T>& kernels_;
  std::array<std::optional<band_rows<T>>, 3> bands_;  // LL alone, or HL, LH, HH
  std::unique_ptr<resolution_rows> lower_;
  const kept_rows* kept_ = nullptr;  // then all rows are there
  row_tap<T>* tap_ = nullptr;
  std::uint64_t arriving_ = 0;
  std::uint32_t next_ = 0;
  std::size_t stride_ = 0;
  aligned_array<T> ring_;
  std::vector<T> scratch_;
};

}  // namespace htj2k::native
