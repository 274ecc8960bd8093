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
        next_high_(width),
        low_(width),
        scratch_(width + 4) {}

  T* input() { return count_ % 2 != 0 ? odd_.data() : count_ == 0 ? even_.data() : next_even_.data(); }

  // Takes the row that is in input(). True when `out` has received a row.
  bool push(T* out) {
    const std::size_t row = count_++;
    if (row == 0 || row % 2 != 0) return false;
    complete_pair(next_even_.data(), out);
    std::swap(even_, next_even_);
    return true;
  }

  void finish(T* out) {
    if (count_ % 2 == 0)
      return complete_pair(even_.data(), out);  // the row after an odd last one mirrors its even one
    if (count_ == 1) return horizontal(even_.data(), out);  // a single row passes unchanged
    kernels_->update(even_.data(), high_.data(), high_.data(), low_.data(), width_);
    horizontal(low_.data(), out);
  }

private:
  // even_, odd_ and the even row after them give the low-passed row at even_'s place.
  void complete_pair(const T* following, T* out) {
    kernels_->predict(even_.data(), following, odd_.data(), next_high_.data(), width_);
    const T* previous =
        count_ <= 3 ? next_high_.data() : high_.data();  // nothing stands before the first pair
    kernels_->update(even_.data(), previous, next_high_.data(), low_.data(), width_);
    std::swap(high_, next_high_);
    horizontal(low_.data(), out);
  }

  void horizontal(const T* row, T* out) { kernels_->horizontal_low(row, width_, scratch_.data(), out); }

  const line_kernels<T>* kernels_;
  std::size_t width_;
  std::size_t count_ = 0;
  std::vector<T> even_, odd_, next_even_, high_, next_high_, low_, scratch_;
};

}  // namespace htj2k::kernels
