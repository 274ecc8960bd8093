// Codeblocks of Part 1 (T.800 Annex D), which codestreams with HT ones may have beside them.
#pragma once

#include <cstddef>

#include "core/native/block_decoder.hpp"

namespace htj2k::native {

// Writes what block_words describes. False when the bytes are not a codeblock.
template <typename Word>
bool decode_part1_block(byte_span data, const coded_block& block, const block_size& size,
                        const block_coding& coding, Word* words, std::size_t stride);

}  // namespace htj2k::native
