// One decomposition level of the reversible 5/3 transform, row by row.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "core/encoder/band_rows.hpp"
#include "core/geometry.hpp"
#include "kernels/implementation.hpp"

namespace htj2k::encoder {

// Where one level's samples go; what is empty is never asked for a row.
template <typename T>
struct level_targets {
  band_target<T>*ll, *hl, *lh, *hh;
};

// Takes the rows of one resolution, like a target of the level above it. Columns are filtered before rows,
// as in T.800 F.4.2: the order matters, each step rounds. finish() after the last row.
template <typename T>
class decomposition final : public band_target<T> {
public:
  static constexpr std::size_t rows_in_memory = 4;
  static constexpr std::size_t more_scratch = 4;

  // `memory` holds rows_in_memory rows `stride` apart; `scratch`, which levels may share, holds more_scratch
  // samples more than a row.
  decomposition(const kernels::line_kernels<T>& kernels, const rect& area, const level_targets<T>& targets,
                T* memory, std::size_t stride, T* scratch)
      : kernels_(&kernels),
        width_(area.width()),
        num_lows_(band_part(area, orientation::ll).width()),
        begin_(area.y0),
        y_(area.y0),
        starts_high_(area.x0 % 2 != 0),
        targets_(targets),
        even_(memory),
        odd_(memory + stride),
        next_even_(memory + 2 * stride),
        high_(memory + 3 * stride),
        scratch_(scratch) {}

  T* next_row() override { return y_ % 2 != 0 ? odd_ : num_rows() < 2 ? even_ : next_even_; }

  void row_is_written() override {
    if (y_++ % 2 != 0) return;  // waits for the even row after it
    switch (num_rows()) {
      case 1:
        return;
      case 2:
        kernels_->predict(even_, even_, odd_, high_, width_);
        return emit_high(high_);
      case 3:
        complete_pair(high_, next_even_, high_);
        break;
      default:
        kernels_->lift(even_, next_even_, odd_, high_, width_);
        emit_low(even_);
        emit_high(high_);
    }
    std::swap(even_, next_even_);
  }

  void finish() {
    const bool last_is_high = y_ % 2 == 0;
    if (num_rows() == 0) return;
    if (num_rows() == 1) return last_is_high ? emit_doubled() : emit_low(even_);
    if (last_is_high) return complete_pair(high_, even_, num_rows() == 2 ? high_ : next_even_);
    kernels_->update(even_, high_, high_, odd_, width_);
    emit_low(odd_);
  }

private:
  std::uint32_t num_rows() const { return y_ - begin_; }

  // The last low-pass row, and the high-pass row between it and `next_even`, which goes to `high`. `before`
  // is the high-pass row above; at the top, which has none, it is `high` itself.
  void complete_pair(const T* before, const T* next_even, T* high) {
    kernels_->predict(even_, next_even, odd_, high, width_);
    kernels_->update(even_, before, high, odd_, width_);
    emit_low(odd_);
    emit_high(high);
  }

  // A single row at an odd coordinate (F.4.6).
  void emit_doubled() {
    for (std::size_t i = 0; i < width_; ++i) odd_[i] = static_cast<T>(2 * odd_[i]);
    emit_high(odd_);
  }

  void emit_low(const T* row) { split(row, *targets_.ll, *targets_.hl); }
  void emit_high(const T* row) { split(row, *targets_.lh, *targets_.hh); }

  void split(const T* row, band_target<T>& low, band_target<T>& high) {
    const bool has_low = num_lows_ != 0, has_high = num_lows_ != width_;
    if (width_ == 0) return;
    kernels_->horizontal(row, width_, starts_high_, scratch_, has_low ? low.next_row() : nullptr,
                         has_high ? high.next_row() : nullptr);
    if (has_low) low.row_is_written();
    if (has_high) high.row_is_written();
  }

  const kernels::line_kernels<T>* kernels_;
  std::size_t width_, num_lows_;
  std::uint32_t begin_, y_;  // the coordinates of the first row and of the next
  bool starts_high_;
  level_targets<T> targets_;
  // The newest even row that is complete, the rows after it, and the newest high-pass row.
  T *even_, *odd_, *next_even_, *high_;
  T* scratch_;
};

}  // namespace htj2k::encoder
