// Kernels of a decoder's second half: from the words of a codeblock through the inverse wavelet and component
// transforms to samples.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace htj2k::kernels {

// Where a codeblock lies in memory, and how its words become coefficients.
template <typename T>
struct block_transfer {
  // Sign in the top bit, magnitude below it, the M_b bits of the subband directly below the sign.
  using word = std::conditional_t<sizeof(T) == 8, std::uint64_t, std::uint32_t>;
  const word* words = nullptr;
  std::size_t word_stride = 0;
  std::size_t width = 0, height = 0;
  T* rows = nullptr;
  std::size_t row_stride = 0;
  unsigned shift = 0;  // integers: magnitudes are moved down by it, and their fraction dropped
  float step = 0;      // float: magnitudes are multiplied by it
};

// T is int16_t, int32_t or int64_t for the reversible 5/3, float for the irreversible 9/7. Arithmetic wraps.
// `overflow` becomes negative when an int16_t did, and is left alone by the wider types.
template <typename T>
struct synthesis_kernels {
  void (*take_block)(const block_transfer<T>& how, T& overflow);

  // Lifting step s of the inverse transform (T.800 F.3.8) along columns: out[i] is row[i] with the step
  // undone that involves its neighbours above and below. `out` may be `row`. Even steps are for even
  // (low-pass) rows.
  void (*unlift[4])(const T* row, const T* above, const T* below, std::size_t n, T* out, T& overflow);
  // All steps along one row of `width` >= 2 samples, the first of them high-pass if `starts_high`, and the
  // interleaving. `scratch` holds twice as many samples.
  void (*join)(const T* low, const T* high, std::size_t width, bool starts_high, T* scratch, T* row,
               T& overflow);

  void (*add)(const T* row, T offset, std::size_t n, T* out, T& overflow);
  // The inverse of the reversible component transform (T.800 G.2.2), and an offset added to each of the
  // three.
  void (*inverse_rct)(const T* y, const T* u, const T* v, const T* offsets, std::size_t n, T* r, T* g, T* b,
                      T& overflow);
};

template <typename T>
constexpr unsigned num_lifting_steps = std::is_floating_point_v<T> ? 4 : 2;

struct irreversible_kernels {
  // The inverse of the irreversible component transform (T.800 G.3.2), in place.
  void (*inverse_ict)(float* y, float* cb, float* cr, std::size_t n);
  // The product of row and gain to the nearest integer, clamped to [-2^(bit_depth-1), 2^(bit_depth-1) - 1],
  // plus `offset`. Sums wrap: unsigned samples of 32 bits come out as their bit patterns.
  void (*round)(const float* row, float gain, unsigned bit_depth, std::int32_t offset, std::size_t n,
                std::int32_t* out);
};

}  // namespace htj2k::kernels
