// One subband of one tile-component, and its codeblocks as coefficients.
#pragma once

#include <cstdint>
#include <string>

#include "core/coded_tile.hpp"
#include "core/native/block_decoder.hpp"

namespace htj2k::native {

struct subband {
  byte_span data;  // of the codestream
  std::uint32_t tile = 0, component = 0, resolution = 0, band = 0;
  const tile_resolution* geometry = nullptr;
  const coded_band* coded = nullptr;
  block_coding coding;
  unsigned roi_shift = 0;     // RGN: planes by which the region of interest stands above the rest
  float step = 0;             // 9/7: what one unit of the decoder's words is worth
  lost_band* lost = nullptr;  // takes note of blocks that do not decode; null: each is an error

  // Bit-planes of the coefficients, M_b, without and with those that RGN adds.
  unsigned bit_planes() const { return coded_planes() - roi_shift; }
  unsigned coded_planes() const { return geometry->bit_planes[band]; }

  rect window;  // the part of it that is decoded

  // Codeblocks are counted from the first of the whole subband. What (column, row) covers of it, and of the
  // window.
  rect block_area(std::uint32_t column, std::uint32_t row) const;
  rect block_window(std::uint32_t column, std::uint32_t row) const;
  std::string name_of_block(std::uint32_t column, std::uint32_t row) const;
};

// Asks for the bytes of a codeblock that is decoded soon. They are met for the first time there, and to wait
// for memory takes some 5 % of the time of a large frame.
void prefetch_block(const subband& band, std::uint32_t column, std::uint32_t row);

// Writes the coefficients of a codeblock, those in the window, to `rows`. Throws when its bytes are not one,
// unless the band keeps note of lost ones: then they count as zero.
// `overflow` is set negative when a coefficient does not fit an int16_t.
template <typename T>
void decode_block(const subband& band, std::uint32_t column, std::uint32_t row, block_decoder& decoder,
                  T* rows, std::size_t row_stride, T& overflow);

}  // namespace htj2k::native
