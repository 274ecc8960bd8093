// HT codeblocks of one cleanup pass, straight to coefficients.
#pragma once

#include <cstdint>

#include "kernels/cleanup.hpp"

namespace htj2k::native {

// One object a thread.
class cleanup_decoder {
public:
  // Decodes the cleanup segment of `size` bytes into `rows`, as cleanup_block says, when all `num_planes`
  // bit-planes of the subband were coded. False if this CPU has no kernel for it, if the coefficients need
  // more bits than that has, or if the bytes are no segment: then another decoder is to say.
  template <typename T>
  bool decode(const std::uint8_t* bytes, std::size_t size, std::size_t width, std::size_t height,
              unsigned num_planes, T* rows, std::size_t row_stride);

private:
  // What can be read of both: the scup of T.814 7.1.1 has 12 bits; 4096 samples have most_bits each.
  static constexpr std::size_t most_vlc_bytes = 4096;
  template <typename T>
  static constexpr std::size_t most_magsgn_bytes = 4096 * kernels::cleanup_block<T>::most_bits / 8;
  static constexpr std::size_t before = 16, behind = 32;

  std::uint8_t vlc_[most_vlc_bytes + behind];
  std::uint8_t magsgn_[before + most_magsgn_bytes<std::int32_t> + behind];
};

}  // namespace htj2k::native
