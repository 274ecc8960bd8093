#include "core/encoder/encode.hpp"

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "core/bytes.hpp"
#include "core/encoder/analysis.hpp"
#include "core/encoder/block_encoder.hpp"
#include "core/encoder/main_header.hpp"
#include "core/encoder/tile_encoder.hpp"
#include "core/encoder/tile_writer.hpp"
#include "core/image_rows.hpp"
#include "core/marker.hpp"

namespace htj2k::encoder {
namespace {

// Of samples with so many bits coefficients stay below 8.3 * 2^(bits-1) < 2^(bits+2.06) (analysis.hpp):
// twice that, less one, has four bits more. Chroma has a bit more than its samples.
constexpr std::uint32_t most_bits = kernels::most_encoded_bits - 4;

sample_coding coding_of(const const_image_view& image, const encode_options& options) {
  const std::int32_t middle = sample_is_signed(image.type) ? 0 : 1 << (options.bit_depth - 1);
  return {-middle, options.color_transform};
}

// All tiles of an image, coded, and by how many bit-planes some subband has less than it needs.
struct coded_image {
  std::vector<coded_tile_blocks> tiles;
  unsigned lacking_planes = 0;
};

template <typename T>
class image_encoder {
public:
  image_encoder(const const_image_view& image, const encode_options& options, const codestream& cs,
                std::optional<clamp_policy> checksums, block_encoder& blocks)
      : cs_(cs), coding_(coding_of(image, options)), rows_(image, options, checksums), blocks_(blocks) {}

  coded_image run(encoded_image& result) {
    for (std::uint32_t row = 0; row < cs_.siz.tiles_down; ++row) encode_row_of_tiles(row);
    rows_.finish(result);
    return std::move(coded_);
  }

private:
  void encode_row_of_tiles(std::uint32_t row) {
    std::deque<tile_encoder<T>> tiles;
    for (std::uint32_t column = 0; column < cs_.siz.tiles_across; ++column) {
      const auto tile = static_cast<std::uint16_t>(row * cs_.siz.tiles_across + column);
      tiles.emplace_back(kernels::active(), coding_, geometry_of_tile(cs_, tile), blocks_);
    }
    const rect area = tiles.front().area();
    for (std::uint32_t y = area.y0; y < area.y1; ++y) {
      T* const* const samples = rows_.read(y);
      for (auto& tile : tiles) tile.push(samples);
      rows_.done_with_row();
    }
    for (auto& tile : tiles) {
      coded_.tiles.push_back(tile.finish());
      coded_.lacking_planes = std::max(coded_.lacking_planes, tile.lacking_planes());
    }
  }

  const codestream& cs_;
  sample_coding coding_;
  image_rows<T> rows_;
  block_encoder& blocks_;
  coded_image coded_;
};

// Rows of int16_t go into a pyramid, too.
static_assert(most_analysis_bits_in_int16(false, 0) <= most_bits_in_int16(false) &&
              most_analysis_bits_in_int16(true, 0) <= most_bits_in_int16(true));

bool fits_16_bits(const const_image_view& image, const encode_options& options) {
  return sample_size(image.type) <= sizeof(std::int16_t) &&
         options.bit_depth <=
             most_analysis_bits_in_int16(options.color_transform, options.num_decompositions);
}

void write(const coded_image& coded, const codestream& cs, const encode_options& options,
           byte_chunks& target) {
  for (std::size_t i = 0; i < coded.tiles.size(); ++i) {
    const auto tile = static_cast<std::uint16_t>(i);
    write_tile(cs, tile, geometry_of_tile(cs, tile), coded.tiles[i], options, target);
  }
  std::uint8_t eoc[2];
  store_u16(eoc, EOC);
  target.append(eoc, sizeof eoc);
}

}  // namespace

bool can_encode(const encode_options& options) {
  const std::uint32_t bits = options.bit_depth + (options.color_transform ? 1 : 0);
  return options.reversible && has_block_encoder() && bits <= most_bits;
}

encoded_image encode(const const_image_view& image, const encode_options& options,
                     std::optional<clamp_policy> checksums) {
  encoded_image result;
  result.main_header = main_header(image, options);
  codestream cs = described_by(result.main_header);
  block_encoder blocks;
  const coded_image coded =
      fits_16_bits(image, options)
          ? image_encoder<std::int16_t>(image, options, cs, checksums, blocks).run(result)
          : image_encoder<std::int32_t>(image, options, cs, checksums, blocks).run(result);
  // Blocks do not depend on how many bit-planes there are, but packet headers do.
  if (coded.lacking_planes > 0) {
    result.main_header = main_header(image, options, coded.lacking_planes);
    cs = described_by(result.main_header);
  }
  write(coded, cs, options, result.tile_parts);
  return result;
}

}  // namespace htj2k::encoder
