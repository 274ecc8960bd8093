// The forward 5/3 transform of one tile-component, from its rows to the rows of its subbands.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/aligned.hpp"
#include "core/encoder/band_rows.hpp"
#include "core/encoder/decomposition.hpp"
#include "core/geometry.hpp"
#include "kernels/implementation.hpp"

namespace htj2k::encoder {

// How many bits samples may have for their analysis in int16_t, sums on the way included.
//
// Samples are centred (T.800 G.1): at most M = 2^(bits-1) - 1/2 from -1/2, which no high pass sees; chroma of
// samples with one bit less is at most as far from 0. The largest number of all is the sum of two
// neighbouring high-pass samples along a row that is high-pass along the columns. How large one becomes is
// the sum of the magnitudes by which samples go into it, mirrored edges of every level included: they make it
// larger than it is in the middle of a line. Over all beginnings modulo 2^level and all lengths up to 6 *
// 2^level, beyond which an edge does not see the other one, the product of both dimensions' largest is
//   in level        1  2      3      4      5      6
//   M times up to   8  11.88  14.44  15.23  15.50  15.71
// (of coefficients themselves less than 8.3). Rounding errs from its mean, which no high pass sees either, by
// up to 1/4 in high passes and 1/2 in low passes, so in LL by 1/2 * 3/2 + 1/2 = 5/4; in levels further down
// this counts like a difference between samples. The rest, with the 2 that is added, is less than 5. With 12
// bits 15.71 * 2047.5 + 5/4 * (8 + 11.88 + 14.44 + 15.23 + 15.50) + 5 < 32253 in level 6. Beyond it the
// search is not complete; the most that it found, up to level 11, is 15.98, and 11 bits have room for twice
// as much.
constexpr std::uint32_t most_analysis_bits_in_int16(bool color_transform, std::uint32_t num_decompositions) {
  const std::uint32_t bits = num_decompositions <= 6 ? 12 : 11;
  return color_transform ? bits - 1 : bits;
}

// Rows, centred, are written to input() and taken with push(); finish() after the last. An empty
// tile-component has none. Arithmetic wraps: T is int16_t where most_analysis_bits_in_int16 allows it,
// int32_t for samples of up to 28 bits, 27 with a colour transform, else int64_t.
template <typename T>
class analysis {
public:
  // `targets`: one for each subband, LL first, then HL, LH and HH of each resolution from the lowest up.
  // They and `kernels` must outlive this.
  analysis(const kernels::line_kernels<T>& kernels, const rect& tile_component, unsigned num_decompositions,
           const std::vector<band_target<T>*>& targets)
      : first_(targets[0]) {
    allocate(tile_component, num_decompositions);
    levels_.reserve(num_decompositions);
    T* const scratch = memory_.get();
    T* rows = scratch + row_stride(tile_component);
    for (unsigned r = 1; r <= num_decompositions; ++r) {
      const rect area = resolution_rect(tile_component, num_decompositions, r);
      band_target<T>* const* high = targets.data() + (3 * r - 2);
      const std::size_t stride = row_stride(area);
      levels_.emplace_back(kernels, area, level_targets<T>{first_, high[0], high[1], high[2]}, rows, stride,
                           scratch);
      rows += level_t::rows_in_memory * stride;
      first_ = &levels_.back();
    }
  }
  // Levels point to one another.
  analysis(const analysis&) = delete;
  analysis& operator=(const analysis&) = delete;

  // Where the next row goes. Not asked for where there is none.
  T* input() { return first_->next_row(); }
  void push() { first_->row_is_written(); }
  void finish() {
    for (auto level = levels_.rbegin(); level != levels_.rend(); ++level) level->finish();
  }

private:
  using level_t = decomposition<T>;

  // Whole cache lines, and more than the row: rows a power of two apart would compete for the same places in
  // the cache.
  static std::size_t row_stride(const rect& area) {
    return whole_lines<T>(area.width() + level_t::more_scratch);
  }

  void allocate(const rect& tile_component, unsigned num_decompositions) {
    std::uint64_t samples = row_stride(tile_component);
    for (unsigned r = 1; r <= num_decompositions; ++r)
      samples += std::uint64_t{level_t::rows_in_memory} *
                 row_stride(resolution_rect(tile_component, num_decompositions, r));
    memory_ = aligned_array<T>(samples);
  }

  aligned_array<T> memory_;
  std::vector<level_t> levels_;  // from the lowest up
  band_target<T>* first_;        // where rows of the tile-component go
};

}  // namespace htj2k::encoder
