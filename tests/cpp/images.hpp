// Whole images through the core, for tests and benchmarks that do without Python.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "core/decode.hpp"
#include "core/encode.hpp"
#include "core/limits.hpp"
#include "core/strict.hpp"

namespace htj2k::test {

struct image {
  image_layout layout;
  std::uint32_t bit_depth;
  std::vector<std::uint8_t> bytes;
};

// Rows one after the other, components interleaved.
template <typename View, typename Bytes>
View view_of(const image_layout& layout, Bytes& bytes) {
  const auto size = static_cast<std::ptrdiff_t>(sample_size(layout.type));
  View view;
  view.data = bytes.data();
  view.type = layout.type;
  view.width = layout.width;
  view.height = layout.height;
  view.components = layout.components;
  view.component_stride = size;
  view.column_stride = size * static_cast<std::ptrdiff_t>(layout.components);
  view.row_stride = view.column_stride * static_cast<std::ptrdiff_t>(layout.width);
  return view;
}

inline image noise(const image_layout& layout, std::uint32_t bit_depth) {
  const std::size_t size = sample_size(layout.type);
  image made{layout, bit_depth, {}};
  std::mt19937_64 random(bit_depth);
  for (std::size_t i = 0; i < std::size_t{layout.width} * layout.height * layout.components; ++i) {
    const auto value = static_cast<std::int64_t>(random()) >> (64 - bit_depth);
    const auto bits = sample_is_signed(layout.type)
                          ? static_cast<std::uint64_t>(value)
                          : static_cast<std::uint64_t>(value) & ((std::uint64_t{1} << bit_depth) - 1);
    for (std::size_t b = 0; b < size; ++b) made.bytes.push_back(static_cast<std::uint8_t>(bits >> (8 * b)));
  }
  return made;
}

inline std::vector<std::uint8_t> joined(encoded_image& encoded) {
  std::vector<std::uint8_t> all = encoded.main_header;
  all.resize(all.size() + encoded.tile_parts.size());
  encoded.tile_parts.move_to(all.data() + encoded.main_header.size());
  return all;
}

inline std::vector<std::uint8_t> decoded(const std::vector<std::uint8_t>& codestream, std::uint32_t reduce) {
  const open_codestream opened = open_strict({codestream.data(), codestream.size()}, limits(), reduce);
  const image_layout layout = layout_at(opened.cs, reduce);
  std::vector<std::uint8_t> bytes(std::size_t{layout.width} * layout.height * layout.components *
                                  sample_size(layout.type));
  decode_options options;
  options.reduce = reduce;
  decode_strict(opened, options, view_of<image_view>(layout, bytes));
  return bytes;
}

}  // namespace htj2k::test
