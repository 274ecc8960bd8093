#include "core/native/subband.hpp"

#include <algorithm>
#include <type_traits>

#include "core/error.hpp"
#include "kernels/implementation.hpp"
#include "kernels/target.hpp"

namespace htj2k::native {
namespace {

template <typename T>
void clear(T* rows, std::size_t row_stride, const rect& area) {
  for (std::uint32_t y = 0; y < area.height(); ++y) std::fill_n(rows + y * row_stride, area.width(), T{0});
}

block_planes planes_of(const subband& band) { return {band.coded_planes(), band.roi_shift}; }

}  // namespace

rect subband::block_area(std::uint32_t column, std::uint32_t row) const {
  return geometry->block_area(band, column, row);
}

rect subband::block_window(std::uint32_t column, std::uint32_t row) const {
  return intersection(block_area(column, row), window);
}

std::string subband::name_of_block(std::uint32_t column, std::uint32_t row) const {
  const rect block = block_area(column, row);
  const unsigned halved = geometry->num_bands == 1 ? 0 : 1;
  const std::uint64_t px = (block.x0 >> (geometry->ppx - halved)) - (geometry->area.x0 >> geometry->ppx);
  const std::uint64_t py = (block.y0 >> (geometry->ppy - halved)) - (geometry->area.y0 >> geometry->ppy);
  return "tile " + std::to_string(tile) + ", component " + std::to_string(component) + ", resolution " +
         std::to_string(resolution) + ", precinct " + std::to_string(py * geometry->precincts_across + px) +
         ", " + htj2k::name_of_block(geometry->num_bands, band, column, row);
}

void prefetch_block(const subband& band, std::uint32_t column, std::uint32_t row) {
  constexpr std::size_t line = 64;
  const coded_block* blocks = band.coded->row(row);
  if (blocks == nullptr) return;
  const coded_block& block = blocks[column];
  if (block.is_part1() || !holds(band.data, block.offsets[0], block.sizes[0])) return;
  const std::uint8_t* const bytes = band.data.data + block.offsets[0];
  for (std::size_t i = 0; i < block.sizes[0]; i += line) HTJ2K_PREFETCH(bytes + i);
}

template <typename T>
void decode_block(const subband& band, std::uint32_t column, std::uint32_t row, block_decoder& decoder,
                  T* rows, std::size_t row_stride, T& overflow) {
  using word = typename kernels::block_transfer<T>::word;
  const rect area = band.block_area(column, row);
  const coded_block* blocks = band.coded->row(row);
  const rect part = band.block_window(column, row);
  if (blocks == nullptr || blocks[column].num_passes == 0) return clear(rows, row_stride, part);
  const coded_block& block = blocks[column];
  // undo_roi looks at all words.
  const block_size size{area.width(), area.height(), band.roi_shift == 0 ? part.y1 - area.y0 : area.height()};
  if constexpr (std::is_integral_v<T> && sizeof(T) <= 4) {
    const rect window{part.x0 - area.x0, part.y0 - area.y0, part.x1 - area.x0, part.y1 - area.y0};
    if (decoder.decode_directly(band.data, block, size, planes_of(band), window, rows, row_stride)) return;
  }
  const auto found = decoder.decode<word>(band.data, block, size, band.coding, planes_of(band));
  if (found.words == nullptr) {
    if (band.lost == nullptr)
      throw error(error_code::codestream,
                  band.name_of_block(column, row) + " is damaged: its bytes do not decode", block.offsets[0]);
    band.lost->add(*band.geometry, band.band, column, row);
    return clear(rows, row_stride, part);
  }
  kernels::block_transfer<T> how;
  how.words = found.words + (part.y0 - area.y0) * found.stride + (part.x0 - area.x0);
  how.word_stride = found.stride;
  how.width = part.width();
  how.height = part.height();
  how.rows = rows;
  how.row_stride = row_stride;
  how.shift = static_cast<unsigned>(8 * sizeof(word)) - 1 - band.bit_planes();
  how.step = band.step;
  kernels::active().synthesis<T>().take_block(how, overflow);
}

template void decode_block(const subband&, std::uint32_t, std::uint32_t, block_decoder&, std::int16_t*,
                           std::size_t, std::int16_t&);
template void decode_block(const subband&, std::uint32_t, std::uint32_t, block_decoder&, std::int32_t*,
                           std::size_t, std::int32_t&);
template void decode_block(const subband&, std::uint32_t, std::uint32_t, block_decoder&, std::int64_t*,
                           std::size_t, std::int64_t&);
template void decode_block(const subband&, std::uint32_t, std::uint32_t, block_decoder&, float*, std::size_t,
                           float&);

}  // namespace htj2k::native
