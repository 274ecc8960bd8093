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
  kernels::cleanup_memory memory_;
};

}  // namespace htj2k::native
