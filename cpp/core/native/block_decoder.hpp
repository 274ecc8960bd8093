// Codeblocks: HT ones through OpenJPH's block decoders, of which nothing else of the native engine knows, and
// those of Part 1.
#pragma once

#include <cstdint>
#include <memory>

#include "core/bytes.hpp"
#include "core/coded_block.hpp"
#include "core/geometry.hpp"

namespace htj2k::native {

// False in builds against an installed OpenJPH, which does not offer its block decoders.
bool has_block_decoders();

constexpr unsigned most_planes_in_32_bits = 30;

struct block_size {
  std::uint32_t width = 0, height = 0;  // at most 4096 samples, neither over 1024
  std::uint32_t rows_wanted = 1024;     // from the first on; what the others are does not matter
};

// How the codeblocks of a subband are coded.
struct block_coding {
  std::uint8_t style = 0;  // SPcod, SPcoc
  orientation band = orientation::ll;
  const part1_pieces* pieces = nullptr;  // of the tile

  bool stripe_causal() const { return (style & 8) != 0; }
};

struct block_planes {
  unsigned coded = 0;      // M_b, and what RGN adds to it
  unsigned roi_shift = 0;  // what RGN adds
};

// Words of one codeblock: the sign in the top bit, below it the magnitude, aligned so that M_b bit-planes are
// directly below the sign. What is below the last decoded plane is set to the middle of the interval.
template <typename Word>
struct block_words {
  const Word* words = nullptr;
  std::size_t stride = 0;
};

// Decodes one codeblock after the other; one object a thread.
class block_decoder {
public:
  block_decoder();
  ~block_decoder();
  block_decoder(const block_decoder&) = delete;
  block_decoder& operator=(const block_decoder&) = delete;

  // Valid until the next call. words is null when the bytes are not a codeblock.
  template <typename Word>
  block_words<Word> decode(byte_span data, const coded_block& block, const block_size& size,
                           const block_coding& coding, const block_planes& planes);

  // Decodes a block straight to coefficients of 16 or 32 bits, its `window` to `rows`. False if another way
  // is to be taken: of damaged blocks, of those with coefficients that do not fit, of those of refinement
  // passes or with fewer planes than M_b, and on CPUs without the kernel for it.
  template <typename T>
  bool decode_directly(byte_span data, const coded_block& block, const block_size& size,
                       const block_planes& planes, const rect& window, T* rows, std::size_t row_stride);

private:
  template <typename Word>
  bool fill(Word* words, std::size_t stride, byte_span data, const coded_block& block, const block_size& size,
            const block_coding& coding);

  struct memory;
  std::unique_ptr<memory> memory_;
};

}  // namespace htj2k::native
