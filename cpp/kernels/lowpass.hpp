// One decomposition level of the reversible 5/3 transform, low pass only, row by row.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "kernels/implementation.hpp"

namespace htj2k::kernels {

// Rows are written into input() and taken with push(); every second one completes a row of half the width,
// which is low-passed vertically first and then horizontally. The order matters: each step rounds. finish()
// after the last row completes exactly one more.
template <typename T>
class lowpass {
public:
  lowpass(const line_kernels<T>& kernels, std::size_t width)
      : kernels_(&kernels),
        width_(width),
        even_(width),
        odd_(width),
        next_even_(width),
        high_(width),
        scratch_(width + 4) {}

  T* input() { return count_ % 2 != 0 ? odd_.data() : count_ == 0 ? even_.data() : next_even_.data(); }

  // Takes the row that is in input(). True when `out` has received a row.
  bool push(T* out) {
    const std::size_t row = count_++;
    if (row == 0 || row % 2 != 0) return false;
    complete_pair(out);
    std::swap(even_, next_even_);
    return true;
  }

  void finish(T* out) {
    if (count_ == 1) return horizontal(even_.data(), out);  // a single row passes unchanged
    if (count_ % 2 != 0) return complete_without_step(out);
    next_even_ = even_;  // the row after an odd last one mirrors its even one
    complete_pair(out);
  }

private:
  // even_, odd_ and next_even_ give the low-passed row at even_'s place.
  void complete_pair(T* out) {
    if (count_ > 3) {
      kernels_->lift(even_.data(), next_even_.data(), odd_.data(), high_.data(), width_);
      return horizontal(even_.data(), out);
    }
    kernels_->predict(even_.data(), next_even_.data(), odd_.data(), high_.data(), width_);
    complete_without_step(out);
  }

  // Where high_ stands on both sides: at the first row, which has nothing before it, and at an even last one.
  void complete_without_step(T* out) {
    kernels_->update(even_.data(), high_.data(), high_.data(), odd_.data(), width_);
    horizontal(odd_.data(), out);
  }

  void horizontal(const T* row, T* out) { kernels_->horizontal_low(row, width_, scratch_.data(), out); }

  const line_kernels<T>* kernels_;
  std::size_t width_;
  std::size_t count_ = 0;
  std::vector<T> even_, odd_, next_even_, high_, scratch_;
};

}  // namespace htj2k::kernels
