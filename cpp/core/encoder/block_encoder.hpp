// Codeblocks to bytes: HT sets of one cleanup pass (T.814).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/encoder/byte_arena.hpp"
#include "core/encoder/coded_blocks.hpp"
#include "kernels/implementation.hpp"

namespace htj2k::encoder {

// False in builds against an installed OpenJPH.
bool has_block_encoder();

// Samples of a codeblock in memory. Up to 15 more can be read behind each row.
template <typename T>
struct block_samples {
  const T* rows;
  std::size_t stride;
  std::size_t width, height;
};

// Holds the bytes of all blocks that it has encoded.
class block_encoder {
public:
  block_encoder();

  // T is int16_t or int32_t. All magnitudes of the block are added to `magnitudes`, one bit or the other.
  template <typename T>
  coded_bytes encode(const block_samples<T>& samples, std::uint32_t& magnitudes);

private:
  struct memory {
    kernels::cleanup_scratch scratch;
    std::uint8_t bytes[kernels::encoded_cleanup::most_bytes];
  };

  const kernels::implementation& kernels_;
  std::unique_ptr<memory> memory_;
  byte_arena arena_;
};

}  // namespace htj2k::encoder
