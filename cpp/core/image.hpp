// Somebody else's pixels, walked with byte strides. Never owns memory.
#pragma once

#include <cstddef>
#include <cstdint>

namespace htj2k {

// Named as numpy names them: signedness, then bytes. bool arrays enter as u1.
enum class sample_type : std::uint8_t { u1, i1, u2, i2, u4, i4 };

constexpr std::size_t sample_size(sample_type t) {
  return t == sample_type::u1 || t == sample_type::i1   ? 1
         : t == sample_type::u2 || t == sample_type::i2 ? 2
                                                        : 4;
}

constexpr bool sample_is_signed(sample_type t) {
  return t == sample_type::i1 || t == sample_type::i2 || t == sample_type::i4;
}

// The type that samples of this depth decode to: 1, 2 or 4 bytes.
constexpr sample_type decoded_type(std::uint32_t bit_depth, bool is_signed) {
  if (bit_depth <= 8) return is_signed ? sample_type::i1 : sample_type::u1;
  if (bit_depth <= 16) return is_signed ? sample_type::i2 : sample_type::u2;
  return is_signed ? sample_type::i4 : sample_type::u4;
}

// What samples outside their range are brought back to. Only lossy data and reduced sizes have such samples.
enum class clamp_policy {
  precision,  // the range of the component's bit depth, as the standard and OpenJPEG do
  container,  // the range of the decoded sample type, as openjphjs does
};

// What an array for decoded pixels must be.
struct image_layout {
  sample_type type = sample_type::u1;
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint32_t components = 1;
};

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

inline image_layout layout_of(const image_view& view) {
  return {view.type, view.width, view.height, view.components};
}

// A view that has a layout but no memory.
inline image_view view_without_memory(const image_layout& layout) {
  image_view view;
  view.type = layout.type;
  view.width = layout.width;
  view.height = layout.height;
  view.components = layout.components;
  return view;
}

}  // namespace htj2k
