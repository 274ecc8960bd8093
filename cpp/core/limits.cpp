#include "core/limits.hpp"

#include <algorithm>
#include <string>

#include "core/geometry.hpp"

namespace htj2k {
namespace {

[[noreturn]] void exceed(const std::string& message, std::uint64_t offset) {
  throw error(error_code::limit, message, offset);
}

// Sums that stop at the largest number instead of wrapping.
std::uint64_t add(std::uint64_t a, std::uint64_t b) { return a > UINT64_MAX - b ? UINT64_MAX : a + b; }
std::uint64_t multiply(std::uint64_t a, std::uint64_t b) { return b != 0 && a > UINT64_MAX / b ? UINT64_MAX : a * b; }

// The most cells of size 2^log that an interval of `length` can touch wherever it starts.
std::uint64_t most_cells(std::uint64_t length, unsigned log) {
  if (length == 0) return 0;
  const std::uint64_t cell = std::uint64_t{1} << log;
  return (length + cell - 2) / cell + 1;
}

// What the block decoder, the precinct parser and the wavelet keep for each object (OpenJPH 0.32, 64 bit).
constexpr std::uint64_t bytes_per_resolution = 1536;  // a resolution, its 4 subbands and line headers
constexpr std::uint64_t bytes_per_precinct = 112;
constexpr std::uint64_t bytes_per_block = 40;
constexpr std::uint64_t bytes_per_block_column = 192;
constexpr std::uint64_t lines_per_resolution = 8;
constexpr std::uint64_t bytes_per_sample = 8;         // 64-bit paths are used from 31 magnitude bits on

struct tile_shape {
  std::uint64_t width = 0;
  std::uint64_t height = 0;
};

// An upper bound for one resolution of one tile-component of the given size.
std::uint64_t resolution_memory(tile_shape size, const coding_style& style, unsigned r) {
  const std::uint64_t bands = r == 0 ? 1 : 3;
  const unsigned halving = r == 0 || style.has_dfs ? 0 : 1;
  const unsigned ppx = style.ppx(r), ppy = style.ppy(r);
  const unsigned xcb = std::min<unsigned>(style.log_block_width, ppx - std::min(ppx, halving));
  const unsigned ycb = std::min<unsigned>(style.log_block_height, ppy - std::min(ppy, halving));
  const std::uint64_t columns = most_cells((size.width >> halving) + halving, xcb);
  const std::uint64_t rows = most_cells((size.height >> halving) + halving, ycb);
  std::uint64_t bytes = bytes_per_resolution;
  bytes = add(bytes, multiply(bytes_per_precinct, multiply(most_cells(size.width, ppx), most_cells(size.height, ppy))));
  bytes = add(bytes, multiply(bands * bytes_per_block, multiply(columns, rows)));
  // One row of blocks is decoded at a time; rows of samples are padded to 16.
  const std::uint64_t row = multiply(columns, std::max<std::uint64_t>(16, std::uint64_t{1} << xcb) << ycb);
  bytes = add(bytes, multiply(bands, add(multiply(columns, bytes_per_block_column), multiply(row, bytes_per_sample))));
  return add(bytes, lines_per_resolution * bytes_per_sample * (size.width + 64));
}

std::uint64_t tile_component_memory(tile_shape size, const coding_style& style) {
  std::uint64_t bytes = 0;
  for (unsigned r = 0; r <= style.num_decompositions; ++r) {
    const unsigned shift = style.has_dfs ? 0 : style.num_decompositions - r;
    const std::uint64_t round = (std::uint64_t{1} << shift) - 1;
    bytes = add(bytes, resolution_memory({(size.width + round) >> shift, (size.height + round) >> shift}, style, r));
  }
  return bytes;
}

std::uint64_t sample_bytes(const component_size& k) { return k.bit_depth <= 8 ? 1 : k.bit_depth <= 16 ? 2 : 4; }

std::uint64_t component_memory(const codestream& cs, std::uint16_t c) {
  const component_size& k = cs.siz.components[c];
  const rect whole = component_rect(cs.siz, c);
  const tile_shape tile{std::min<std::uint64_t>(ceil_div(cs.siz.tile_width, k.dx), whole.width()),
                        std::min<std::uint64_t>(ceil_div(cs.siz.tile_height, k.dy), whole.height())};
  const std::uint64_t state = multiply(cs.siz.num_tiles(), tile_component_memory(tile, style_of(cs, c)));
  return add(state, sample_bytes(k) * whole.width() * whole.height());
}

bool same_work(const codestream& cs, std::uint16_t a, std::uint16_t b) {
  const component_size& p = cs.siz.components[a];
  const component_size& q = cs.siz.components[b];
  return p.dx == q.dx && p.dy == q.dy && sample_bytes(p) == sample_bytes(q) && &style_of(cs, a) == &style_of(cs, b);
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
    exceed("the image has " + std::to_string(siz.num_components()) + " components, more than max_components = " +
               std::to_string(bounds.max_components),
           siz.offset + 38);
  if (siz.num_tiles() > bounds.max_tiles)
    exceed("the image has " + std::to_string(siz.num_tiles()) + " tiles, more than max_tiles = " +
               std::to_string(bounds.max_tiles),
           siz.offset + 22);
}

void check_memory_limit(const codestream& cs, const limits& bounds) {
  std::uint64_t total = 0, last = 0;
  for (std::uint32_t i = 0; i < cs.siz.num_components(); ++i) {
    const auto c = static_cast<std::uint16_t>(i);
    if (i == 0 || !same_work(cs, c, static_cast<std::uint16_t>(c - 1))) last = component_memory(cs, c);
    total = add(total, last);
  }
  if (total > bounds.memory())
    exceed("decoding would take about " + std::to_string(total >> 20) + " MiB (" +
               std::to_string(cs.siz.num_components()) + " components, " + std::to_string(cs.siz.num_tiles()) +
               " tiles), more than the " + std::to_string(bounds.memory() >> 20) +
               " MiB that go with max_pixels = " + std::to_string(bounds.max_pixels),
           cs.siz.offset);
}

}  // namespace htj2k
