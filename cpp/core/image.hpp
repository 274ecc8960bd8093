// Somebody else's pixels, walked with byte strides. Never owns memory.
#pragma once

#include <cstddef>
#include <cstdint>

namespace htj2k {

// Named as numpy names them: signedness, then bytes. bool arrays enter as u1.
enum class sample_type : std::uint8_t { u1, i1, u2, i2, u4, i4 };

constexpr std::size_t sample_size(sample_type t) {
  return t == sample_type::u1 || t == sample_type::i1 ? 1 : t == sample_type::u2 || t == sample_type::i2 ? 2 : 4;
}

constexpr bool sample_is_signed(sample_type t) {
  return t == sample_type::i1 || t == sample_type::i2 || t == sample_type::i4;
}

// Strides are in bytes and may be negative or, for input, zero.
template <typename Void>
struct basic_image_view {
  Void* data = nullptr;
  sample_type type = sample_type::u1;
  bool foreign_byte_order = false;  // samples are stored in the other byte order than this machine's
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint32_t components = 1;
  std::ptrdiff_t row_stride = 0;
  std::ptrdiff_t column_stride = 0;
  std::ptrdiff_t component_stride = 0;
};

using image_view = basic_image_view<void>;
using const_image_view = basic_image_view<const void>;

}  // namespace htj2k
