// One image in, one raw HTJ2K codestream out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/image.hpp"

namespace htj2k {

struct encode_comment {
  std::string bytes;
  bool is_text = true;  // Rcom 1 (Latin text), else 0 (binary)
};

struct encode_options {
  std::uint32_t bit_depth = 8;  // Ssiz; the sign is the sample type's
  std::uint32_t num_decompositions = 5;
  bool reversible = true;
  std::optional<float> qstep;
  std::optional<float> qfactor;
  bool color_transform = false;
  std::string progression_order = "RPCL";
  std::uint32_t block_width = 64;
  std::uint32_t block_height = 64;
  std::vector<std::pair<std::uint32_t, std::uint32_t>>
      precincts;                 // width, height; base to full, last repeats
  std::uint32_t tile_width = 0;  // 0: one tile
  std::uint32_t tile_height = 0;
  bool tlm = true;
  bool tile_part_per_resolution = true;
  bool tile_part_per_component = false;
  bool mask_unused_bits = false;
  std::vector<encode_comment> comments;
};

std::vector<std::uint8_t> encode(const const_image_view& image, const encode_options& options);

}  // namespace htj2k
