// The kernels of one instruction set, and the choice between the sets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "kernels/cleanup.hpp"
#include "kernels/encode_cleanup.hpp"
#include "kernels/synthesis.hpp"

namespace htj2k::kernels {

// Loops over rows of integers. The low pass of a row, and the chroma of the component transform, leave the
// range of the samples: T is int64_t for samples of 32 bits, int32_t for those of up to 16 bits, and int16_t,
// which is twice as fast, for those of few enough bits (most_bits_in_int16, most_analysis_bits_in_int16).
template <typename T>
struct line_kernels {
  // The two lifting steps of the reversible 5/3 transform (ITU-T T.800 F.3.8.2.1.1, F.4.8.1):
  // high[i] = odd[i] - floor((even0[i] + even1[i]) / 2) and low[i] = even[i] + floor((high0[i] + high1[i] +
  // 2) / 4). Inputs may be the same row or overlap; the output is apart from them.
  void (*predict)(const T* even0, const T* even1, const T* odd, T* high, std::size_t n);
  void (*update)(const T* even, const T* high0, const T* high1, T* low, std::size_t n);
  // Both steps with everything in place: `even` becomes the low-pass row, and `high`, which holds the
  // high-pass row before it, becomes the one after it. All rows are apart.
  void (*lift)(T* even, const T* next_even, const T* odd, T* high, std::size_t n);
  // Both steps along one row of `width` >= 1 that starts at an even coordinate: ceil(width / 2) low-pass
  // samples. `scratch` holds width + 4.
  void (*horizontal_low)(const T* row, std::size_t width, T* scratch, T* low);
  // Both steps along one row of `width` >= 1 that starts at an even coordinate or, if `starts_high`, an odd
  // one; a single sample passes unchanged or doubled (F.4.6). Nothing is written behind either half, and all
  // rows are apart. `scratch` holds width + 4.
  void (*horizontal)(const T* row, std::size_t width, bool starts_high, T* scratch, T* low, T* high);

  // The reversible component transform (T.800 G.2) in place: rows R, G, B <-> Y, U, V.
  void (*forward_rct)(T* r, T* g, T* b, std::size_t n);
  void (*inverse_rct)(T* y, T* u, T* v, std::size_t n);

  // Extends [low, high] by the values of a row.
  void (*extend_range)(const T* row, std::size_t n, T& low, T& high);
  // The same for a line of the codec, which is copied to `row` on the way.
  void (*copy_extending_range)(const std::int32_t* line, std::size_t n, T* row, std::int32_t& low,
                               std::int32_t& high);

  // Samples in memory, at any alignment. Arrays of functions are indexed [log2(bytes of a sample)], the
  // reading ones [is_signed][log2(bytes of a sample)].

  // Reads samples `stride` bytes apart; `swap` when they are in the other byte order.
  void (*load[2][3])(const std::uint8_t* samples, std::ptrdiff_t stride, std::size_t n, bool swap, T* row);
  // Reads `n` pixels of `components` neighbouring samples into a row a component.
  void (*unpack[2][3])(const std::uint8_t* samples, std::size_t components, std::size_t n, T* const* rows);

  // Clamps to [low, high], narrows, writes samples `stride` bytes apart.
  void (*store[3])(const T* row, std::size_t n, T low, T high, std::uint8_t* out, std::ptrdiff_t stride);
  // The same for `n` pixels of `components` neighbouring samples, from a row a component.
  void (*pack[3])(const T* const* rows, std::size_t components, std::size_t n, T low, T high,
                  std::uint8_t* out);
};

struct implementation {
  const char* name;
  std::uint32_t (*crc32)(std::uint32_t crc, const std::uint8_t* data, std::size_t size);
  line_kernels<std::int16_t> lines16;  // for samples of up to 2 bytes
  line_kernels<std::int32_t> lines32;
  line_kernels<std::int64_t> lines64;
  synthesis_kernels<std::int16_t> synthesis16;
  synthesis_kernels<std::int32_t> synthesis32;
  synthesis_kernels<std::int64_t> synthesis64;
  synthesis_kernels<float> synthesis_float;
  irreversible_kernels irreversible;
  // Encode a codeblock in one cleanup pass. `out` has room for encoded_cleanup::most_bytes.
  encoded_cleanup (*encode_cleanup16)(const cleanup_source<std::int16_t>& source, std::uint8_t* out);
  encoded_cleanup (*encode_cleanup32)(const cleanup_source<std::int32_t>& source, std::uint8_t* out);
  // Decode the cleanup pass of a codeblock. False when a quad needs more than most_bits, or a sample more
  // than the subband has bit-planes: what was written then means nothing. Null where there are none.
  bool (*decode_cleanup16)(const cleanup_block<std::int16_t>& block) = nullptr;
  bool (*decode_cleanup32)(const cleanup_block<std::int32_t>& block) = nullptr;

  template <typename T>
  const line_kernels<T>& lines() const {
    if constexpr (sizeof(T) == 2) {
      return lines16;
    } else if constexpr (sizeof(T) == 4) {
      return lines32;
    } else {
      return lines64;
    }
  }

  template <typename T>
  auto encode_cleanup() const {
    if constexpr (sizeof(T) == 2) {
      return encode_cleanup16;
    } else {
      return encode_cleanup32;
    }
  }

  template <typename T>
  auto decode_cleanup() const {
    if constexpr (sizeof(T) == 2) {
      return decode_cleanup16;
    } else {
      return decode_cleanup32;
    }
  }

  template <typename T>
  const synthesis_kernels<T>& synthesis() const {
    if constexpr (std::is_floating_point_v<T>) {
      return synthesis_float;
    } else if constexpr (sizeof(T) == 2) {
      return synthesis16;
    } else if constexpr (sizeof(T) == 4) {
      return synthesis32;
    } else {
      return synthesis64;
    }
  }
};

// What this CPU and its operating system can run, fastest first; "portable" is always there and last.
const std::vector<const implementation*>& available();

// The available implementation of that name. std::invalid_argument, listing the available ones, when there is
// none.
const implementation& find(const char* name);

// The one in use, resolved once: the one that the environment variable HTJ2K_SIMD names, else the fastest.
// std::invalid_argument when HTJ2K_SIMD names none; an empty HTJ2K_SIMD counts as unset.
const implementation& active();

}  // namespace htj2k::kernels
