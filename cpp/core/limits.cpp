#include "core/limits.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "core/geometry.hpp"

namespace htj2k {
namespace {

[[noreturn]] void exceed(const std::string& message, std::uint64_t offset) {
  throw error(error_code::limit, message, offset);
}

// Sums that stop at the largest number instead of wrapping.
std::uint64_t add(std::uint64_t a, std::uint64_t b) { return a > UINT64_MAX - b ? UINT64_MAX : a + b; }
std::uint64_t multiply(std::uint64_t a, std::uint64_t b) {
  return b != 0 && a > UINT64_MAX / b ? UINT64_MAX : a * b;
}

// What the hungrier decoder keeps for each object, rounded up: OpenJPH 0.32 (64 bit), but of blocks our own,
// with its notes on a block and, while a packet is read, on the block's place in it.
constexpr std::uint64_t bytes_per_tile = 256;
constexpr std::uint64_t bytes_per_resolution = 1024;       // with its 4 subbands and the headers of its lines
constexpr std::uint64_t bytes_per_open_resolution = 1024;  // of tiles that are side by side, more
constexpr std::uint64_t bytes_per_precinct = 104;
constexpr std::uint64_t bytes_per_layered_band = 480;  // what layers have told of a precinct so far
constexpr std::uint64_t bytes_per_block = 160;
constexpr std::uint64_t bytes_per_block_column = 200;
constexpr std::uint64_t lines_per_resolution = 8;
constexpr std::uint64_t line_padding = 64;   // samples
constexpr std::uint64_t block_padding = 16;  // the same; no row of a block is shorter

// Tiles form a grid, so sums over all of them are products of a sum over one row and a sum over one column.
struct tile_grid {
  std::vector<rect> row;     // the tile-components of the first row of tiles: only x is used
  std::vector<rect> column;  // of the first column: only y is used

  // A single tile.
  explicit tile_grid(const rect& tile) : row{tile}, column{tile} {}

  tile_grid(const image_size& siz, std::uint32_t component) {
    for (std::uint32_t p = 0; p < siz.tiles_across; ++p)
      row.push_back(tile_component_rect(siz, p, component));
    for (std::uint32_t q = 0; q < siz.tiles_down; ++q)
      column.push_back(tile_component_rect(siz, q * siz.tiles_across, component));
  }
};

template <typename Area>
std::uint64_t sum_across(const tile_grid& grid, unsigned log, Area area) {
  std::uint64_t sum = 0;
  for (const rect& t : grid.row) sum += count_cells(area(t).x0, area(t).x1, log);
  return sum;
}

template <typename Area>
std::uint64_t sum_down(const tile_grid& grid, unsigned log, Area area) {
  std::uint64_t sum = 0;
  for (const rect& t : grid.column) sum += count_cells(area(t).y0, area(t).y1, log);
  return sum;
}

// What decides about the decoder's state for a component, in a tile or in all.
struct component_coding {
  const coding_style* style;
  const quantization* steps;
  bool has_layers;
  bool whole_blocks;  // there is room for them, however low or narrow the subband is

  bool operator==(const component_coding& other) const {
    return style == other.style && steps == other.steps && has_layers == other.has_layers;
  }
};

// As much of a block as any tile has.
template <typename Area>
std::uint64_t samples_of_block(const tile_grid& grid, std::uint64_t width, std::uint64_t height, Area area) {
  std::uint64_t widest = 0, highest = 0;
  for (const rect& t : grid.row) widest = std::max<std::uint64_t>(widest, area(t).width());
  for (const rect& t : grid.column) highest = std::max<std::uint64_t>(highest, area(t).height());
  return std::min(width, widest + block_padding) * std::min(height, highest);
}

// A subband: a header for each block, and buffers for the row of blocks that is being decoded and for the
// next.
std::uint64_t band_memory(const tile_grid& grid, const component_coding& coding, unsigned r, orientation band,
                          std::uint64_t sample) {
  const coding_style& style = *coding.style;
  const unsigned level = style.num_decompositions - r + (r == 0 ? 0U : 1U);
  const unsigned halving = r == 0 ? 0 : 1;
  const unsigned xcb =
      std::min<unsigned>(style.log_block_width, style.ppx(r) - std::min(style.ppx(r), halving));
  const unsigned ycb =
      std::min<unsigned>(style.log_block_height, style.ppy(r) - std::min(style.ppy(r), halving));
  const auto area = [&](const rect& t) { return subband_rect(t, band, level); };
  const std::uint64_t columns = sum_across(grid, xcb, area);
  constexpr std::uint64_t buffers = 2;
  const std::uint64_t width = std::max(std::uint64_t{1} << xcb, block_padding),
                      height = std::uint64_t{1} << ycb;
  const std::uint64_t samples =
      coding.whole_blocks ? width * height : samples_of_block(grid, width, height, area);
  const std::uint64_t buffer = samples * buffers * sample + bytes_per_block_column;
  return add(multiply(bytes_per_block, multiply(columns, sum_down(grid, ycb, area))),
             multiply(multiply(columns, grid.column.size()), buffer));
}

std::uint64_t resolution_memory(const tile_grid& grid, const component_coding& coding, unsigned r,
                                std::uint64_t sample) {
  const coding_style& style = *coding.style;
  const auto area = [&](const rect& t) { return resolution_rect(t, style.num_decompositions, r); };
  const std::uint64_t layered = coding.has_layers ? bytes_per_layered_band * (r == 0 ? 1 : 3) : 0;
  std::uint64_t bytes = multiply(bytes_per_precinct + layered, multiply(sum_across(grid, style.ppx(r), area),
                                                                        sum_down(grid, style.ppy(r), area)));
  const std::uint64_t width = add(sum_across(grid, 0, area), multiply(grid.row.size(), line_padding));
  bytes = add(bytes, multiply(multiply(width, grid.column.size()), lines_per_resolution * sample));
  if (r == 0) return add(bytes, band_memory(grid, coding, r, orientation::ll, sample));
  for (const orientation band : {orientation::hl, orientation::lh, orientation::hh})
    bytes = add(bytes, band_memory(grid, coding, r, band, sample));
  return bytes;
}

std::uint64_t sample_bytes(const component_size& k) {
  return k.bit_depth <= 8 ? 1 : k.bit_depth <= 16 ? 2 : 4;
}

// Decoded samples of each component.
struct result_size {
  std::uint64_t pixels;        // of the interleaved image
  std::uint64_t kept_samples;  // bytes for each that waits, as it came, to be spread over the pixels

  explicit result_size(const image_size& siz) {
    const rect image = image_rect(siz);
    pixels = std::uint64_t{image.width()} * image.height();
    kept_samples = has_equal_components(siz) ? 0 : sizeof(std::int32_t);
  }
};

std::uint64_t state_memory(const tile_grid& grid, const component_coding& coding) {
  const std::uint64_t sample = magnitude_bits(*coding.steps) > most_bits_in_32 ? 8 : 4;
  std::uint64_t bytes = 0;
  for (unsigned r = 0; r <= coding.style->num_decompositions; ++r)
    bytes = add(bytes, resolution_memory(grid, coding, r, sample));
  return bytes;
}

// Decoder state for the component in all tiles, by what the main header says, and its decoded samples.
std::uint64_t component_memory(const codestream& cs, std::uint16_t c, const result_size& result,
                               bool whole_blocks) {
  const rect own = component_rect(cs.siz, c);
  const component_coding coding{&style_of(cs, c), &quantization_of(cs, c), cs.main.cod->num_layers > 1,
                                whole_blocks};
  return add(add(multiply(sample_bytes(cs.siz.components[c]), result.pixels),
                 multiply(result.kept_samples, std::uint64_t{own.width()} * own.height())),
             state_memory(tile_grid(cs.siz, c), coding));
}

// Decoder state for a tile whose header has parameters of its own. That by the main header's is counted too:
// less would be an answer to a question that honest data never come near.
std::uint64_t own_tile_memory(const codestream& cs, std::uint16_t tile, std::uint64_t most,
                              bool whole_blocks) {
  std::uint64_t total = 0, last = 0;
  std::optional<component_coding> before;
  for (std::uint32_t i = 0; i < cs.siz.num_components() && total <= most; ++i) {
    const auto c = static_cast<std::uint16_t>(i);
    const component_coding coding{&style_of(cs, tile, c), &quantization_of(cs, tile, c),
                                  defaults_of(cs, tile).num_layers > 1, whole_blocks};
    const component_size& k = cs.siz.components[c];
    const bool is_like_before = i != 0 && k.dx == cs.siz.components[c - 1].dx &&
                                k.dy == cs.siz.components[c - 1].dy && before == coding;
    if (!is_like_before)
      last =
          add(state_memory(tile_grid(tile_component_rect(cs.siz, tile, c)), coding),
              (bytes_per_resolution + bytes_per_open_resolution) * (coding.style->num_decompositions + 1U));
    before = coding;
    total = add(total, last);
  }
  return total;
}

// What does not depend on sizes. Checked first: it also bounds the work of the exact sums.
std::uint64_t object_memory(const codestream& cs) {
  std::uint64_t resolutions = 0;
  for (std::uint32_t c = 0; c < cs.siz.num_components(); ++c)
    resolutions += style_of(cs, static_cast<std::uint16_t>(c)).num_decompositions + 1U;
  return add(multiply(cs.siz.num_tiles(), add(bytes_per_tile, multiply(bytes_per_resolution, resolutions))),
             multiply(cs.siz.tiles_across, multiply(bytes_per_open_resolution, resolutions)));
}

bool same_work(const codestream& cs, std::uint16_t a, std::uint16_t b) {
  const component_size& p = cs.siz.components[a];
  const component_size& q = cs.siz.components[b];
  return p.dx == q.dx && p.dy == q.dy && sample_bytes(p) == sample_bytes(q) &&
         &style_of(cs, a) == &style_of(cs, b) && &quantization_of(cs, a) == &quantization_of(cs, b);
}

// Whatever the caller allows: it bounds the time of every check that looks at each component of each tile.
constexpr std::uint64_t max_tile_components = std::uint64_t{1} << 22;

// Beyond `most` it need not be exact.
std::uint64_t decoder_memory(const codestream& cs, std::uint64_t most, bool whole_blocks) {
  const result_size result(cs.siz);
  std::uint64_t total = object_memory(cs), last = 0;
  for (std::uint32_t i = 0; i < cs.siz.num_components() && total <= most; ++i) {
    const auto c = static_cast<std::uint16_t>(i);
    if (i == 0 || !same_work(cs, c, static_cast<std::uint16_t>(c - 1)))
      last = component_memory(cs, c, result, whole_blocks);
    total = add(total, last);
  }
  for (auto own = cs.tiles.begin(); own != cs.tiles.end() && total <= most; ++own)
    if (own->second.cod || !own->second.coc.empty() || own->second.qcd || !own->second.qcc.empty())
      total = add(total, own_tile_memory(cs, own->first, most, whole_blocks));
  return total;
}

[[noreturn]] void exceed_memory(const codestream& cs, const limits& bounds) {
  exceed("decoding would take more than the " + std::to_string(bounds.memory() >> 20) +
             " MiB that go with max_pixels = " + std::to_string(bounds.max_pixels) + " (" +
             std::to_string(cs.siz.num_components()) + " components, " + std::to_string(cs.siz.num_tiles()) +
             " tiles)",
         cs.siz.offset);
}

}  // namespace

void check_size_limits(const codestream& cs, const limits& bounds) {
  const image_size& siz = cs.siz;
  const std::uint64_t width = siz.x1 - siz.x0, height = siz.y1 - siz.y0;
  if (width * height > bounds.max_pixels)
    exceed("the image has " + std::to_string(width) + " x " + std::to_string(height) +
               " pixels, more than max_pixels = " + std::to_string(bounds.max_pixels) +
               "; raise max_pixels if the data are trusted",
           siz.offset + 6);
  if (siz.num_components() > bounds.max_components)
    exceed("the image has " + std::to_string(siz.num_components()) +
               " components, more than max_components = " + std::to_string(bounds.max_components),
           siz.offset + 38);
  if (siz.num_tiles() > bounds.max_tiles)
    exceed("the image has " + std::to_string(siz.num_tiles()) +
               " tiles, more than max_tiles = " + std::to_string(bounds.max_tiles),
           siz.offset + 22);
  const std::uint64_t tile_components = std::uint64_t{siz.num_tiles()} * siz.num_components();
  if (tile_components > max_tile_components)
    exceed(std::to_string(siz.num_tiles()) + " tiles of " + std::to_string(siz.num_components()) +
               " components are more than any decoder holds",
           siz.offset);
}

void check_memory_limit(const codestream& cs, const limits& bounds) {
  const std::uint64_t most = bounds.memory();
  // Mostly there is room for whole blocks, which is known sooner.
  if (most == UINT64_MAX || decoder_memory(cs, most, true) <= most) return;
  if (decoder_memory(cs, most, false) > most) exceed_memory(cs, bounds);
}

void check_openjph_memory_limit(const codestream& cs, const limits& bounds) {
  const std::uint64_t most = bounds.memory();
  if (most != UINT64_MAX && decoder_memory(cs, most, true) > most) exceed_memory(cs, bounds);
}

void check_decodes(const codestream& cs, std::uint32_t num_decodes) {
  std::uint64_t resolutions = 0;
  for (std::uint32_t t = 0; t < cs.siz.num_tiles(); ++t)
    for (std::uint32_t c = 0; c < cs.siz.num_components(); ++c)
      resolutions +=
          style_of(cs, static_cast<std::uint16_t>(t), static_cast<std::uint16_t>(c)).num_decompositions + 1U;
  const std::uint64_t most = (max_decompositions + 1) * cs.range.size() + cs.packet_allowance;
  if (resolutions * num_decodes > most)
    exceed("the tiles declare " + std::to_string(resolutions) + " resolutions; " +
               std::to_string(num_decodes) + " decodes of them are more than the " +
               std::to_string(cs.range.size()) + " bytes of data account for; decode fewer sizes",
           cs.siz.offset);
}

}  // namespace htj2k
