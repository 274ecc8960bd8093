// One image in, one HTJ2K codestream out: raw, or in a JPH file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/byte_chunks.hpp"
#include "core/image.hpp"
#include "core/pyramid.hpp"

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
  bool jph_file = false;
};

struct encoded_image {
  std::vector<std::uint8_t> main_header;  // in a JPH file with the boxes before it
  byte_chunks tile_parts;                 // and the EOC
  std::int64_t min = 0;                   // of the samples, after masking
  std::int64_t max = 0;
  std::vector<resolution_checksum> resolutions;  // from base to full, if they were asked for
};

// `checksums`: also those of all resolutions, clamped so, by the transform of pyramid.hpp and from the same
// read of the pixels. Only for reversible encodings of a single tile.
encoded_image encode(const const_image_view& image, const encode_options& options,
                     std::optional<clamp_policy> checksums);

// Whether encode() goes through an encoder of our own (core/encoder), which is lossless whenever it is
// reversible, or through OpenJPH's: as the options and the environment variable HTJ2K_ENGINE say.
bool encodes_natively(const encode_options& options);

}  // namespace htj2k
