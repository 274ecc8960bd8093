// Interleaving as a byte shuffle: which byte of which vector goes where.
#pragma once

#include <cstddef>
#include <cstdint>

namespace htj2k::kernels {

// `Components` vectors of 16 bytes, each of one component's samples of `Size` bytes, hold as many pixels as
// `Components` vectors of interleaved samples. Vector `to` is made of bytes from every vector `from`: byte i
// of it is byte [to][from][i] of that vector; 0x80 where it comes from another one.
template <std::size_t Components, std::size_t Size>
struct interleave_indices {
  std::uint8_t to_pixels[Components][Components][16] = {};
  std::uint8_t to_components[Components][Components][16] = {};

  constexpr interleave_indices() {
    for (std::size_t to = 0; to < Components; ++to)
      for (std::size_t from = 0; from < Components; ++from)
        for (std::size_t i = 0; i < 16; ++i) to_pixels[to][from][i] = to_components[to][from][i] = 0x80;
    for (std::size_t c = 0; c < Components; ++c)
      for (std::size_t i = 0; i < 16; ++i) place(c, i, (i / Size * Components + c) * Size + i % Size);
  }

private:
  // Byte i of component c's vector is byte `at` of the pixels.
  constexpr void place(std::size_t c, std::size_t i, std::size_t at) {
    to_pixels[at / 16][c][at % 16] = static_cast<std::uint8_t>(i);
    to_components[c][at / 16][i] = static_cast<std::uint8_t>(at % 16);
  }
};

template <std::size_t Components, std::size_t Size>
inline constexpr interleave_indices<Components, Size> interleave_table{};

}  // namespace htj2k::kernels
