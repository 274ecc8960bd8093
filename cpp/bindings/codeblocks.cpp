// Where the codeblocks of a codestream are: for tests that damage them.
#include <pybind11/stl.h>

#include "bindings.hpp"
#include "buffer.hpp"
#include "core/strict.hpp"

namespace py = pybind11;

namespace htj2k::bindings {
namespace {

py::list pieces_of(const coded_block& block) {
  py::list pieces;
  for (std::size_t piece = 0; piece < block.sizes.size(); ++piece)
    if (block.sizes[piece] != 0) pieces.append(py::make_tuple(block.offsets[piece], block.sizes[piece]));
  return pieces;
}

void append_band(py::list& blocks, std::uint16_t tile, std::size_t component, std::size_t r, unsigned band,
                 const coded_tile& coded) {
  const tile_resolution& resolution = coded.geometry.components[component][r];
  for (std::uint32_t y = 0; y < resolution.blocks_down(band); ++y) {
    const coded_block* row = coded.bands[component][r][band].row(y);
    for (std::uint32_t x = 0; x < resolution.blocks_across(band); ++x) {
      const rect area = resolution.block_area(band, x, y);
      blocks.append(py::make_tuple(tile, component, r, band, x, y,
                                   py::make_tuple(area.x0, area.y0, area.x1, area.y1),
                                   row == nullptr ? py::list() : pieces_of(row[x])));
    }
  }
}

// [(tile, component, resolution, band, column, row, area in the subband, [(offset, size) of its bytes])]
py::list codeblocks_of(const py::object& data) {
  const byte_buffer buffer(data);
  const open_codestream opened = open_strict(buffer.span(), limits(), 0, decode_engine::native);
  py::list blocks;
  for (const auto& [tile, coded] : opened.walk.tiles)
    for (std::size_t c = 0; c < coded.bands.size(); ++c)
      for (std::size_t r = 0; r < coded.bands[c].size(); ++r)
        for (unsigned band = 0; band < coded.geometry.components[c][r].num_bands; ++band)
          append_band(blocks, tile, c, r, band, coded);
  return blocks;
}

}  // namespace

void bind_codeblocks(py::module_& m) { m.def("_codeblocks", &codeblocks_of, py::arg("data")); }

}  // namespace htj2k::bindings
