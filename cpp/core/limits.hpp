// What a caller lets a codestream ask for. Checked before anything is allocated for it.
#pragma once

#include <cstdint>

namespace htj2k {

struct codestream;

struct limits {
  // Columns x rows of the image area. 2^28 is 16384 x 16384: ten times the largest detector of a mammography
  // or chest unit and 64 times a 2048 x 2048 tile of a whole-slide image; 800-byte bombs declare far more.
  std::uint64_t max_pixels = std::uint64_t{1} << 28;
  std::uint32_t max_components = 16384;
  std::uint32_t max_tiles = 65535;
  std::uint32_t max_decompositions = 32;
  // Packets that may be declared beyond one for each byte of data. They let the base of a cut download be
  // read, and resolutions that are empty be there; the number bounds what a few bytes can make us enumerate.
  std::uint64_t packet_allowance = std::uint64_t{1} << 20;
  // Bytes of decoded pixels and of decoder state together; 0: 16 for each of max_pixels, at least 64 MiB.
  std::uint64_t max_memory = 0;

  std::uint64_t memory() const {
    const std::uint64_t floor = std::uint64_t{1} << 26;
    if (max_memory != 0) return max_memory;
    if (max_pixels > UINT64_MAX / 16) return UINT64_MAX;
    return 16 * max_pixels < floor ? floor : 16 * max_pixels;
  }
};

// Throws LimitError. The first needs SIZ alone, the second the whole main header, and looks at the tile
// headers that have been read; the third is for decodes by OpenJPH, which has room for whole codeblocks even
// where subbands are low or narrow.
void check_size_limits(const codestream& cs, const limits& bounds);
void check_memory_limit(const codestream& cs, const limits& bounds);
void check_openjph_memory_limit(const codestream& cs, const limits& bounds);

// For resolutions that are decoded one by one: each decode makes all resolutions of all tiles and components,
// of which a few bytes may declare many that are empty. Throws LimitError.
void check_decodes(const codestream& cs, std::uint32_t num_decodes);

}  // namespace htj2k
