// The floor: loops that only pull OpenJPH's lines, or only push them. No parsing beforehand, no proof that
// the bytes are whole, no samples written, no checksums.
#include <ojph_codestream.h>
#include <ojph_file.h>
#include <ojph_mem.h>
#include <ojph_params.h>
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <cstring>

namespace py = pybind11;

namespace {

using planes = py::array_t<ojph::si32, py::array::c_style>;  // (rows, components, columns)

ojph::codestream& restarted() {
  static ojph::codestream codestream;
  codestream.restart();
  return codestream;
}

// Returns how many lines there were, so that nothing can be left out as unused.
std::uint64_t pull_lines(ojph::codestream& codestream, const char* data, std::size_t size,
                         ojph::ui32 reduce) {
  ojph::mem_infile file;
  file.open(reinterpret_cast<const ojph::ui8*>(data), size);
  codestream.read_headers(&file);
  codestream.restrict_input_resolution(reduce, reduce);
  codestream.set_planar(false);
  const auto siz = codestream.access_siz();
  codestream.create();
  const std::uint64_t lines = std::uint64_t{siz.get_recon_height(0)} * siz.get_num_components();
  for (std::uint64_t i = 0; i < lines; ++i) {
    ojph::ui32 component = 0;
    codestream.pull(component);
  }
  return lines;
}

std::uint64_t decode(const py::bytes& data, bool fresh, ojph::ui32 reduce) {
  const char* start = PyBytes_AS_STRING(data.ptr());
  const auto size = static_cast<std::size_t>(PyBytes_GET_SIZE(data.ptr()));
  const py::gil_scoped_release release;
  if (!fresh) return pull_lines(restarted(), start, size, reduce);
  ojph::codestream codestream;
  return pull_lines(codestream, start, size, reduce);
}

void configure(ojph::codestream& codestream, const planes& lines, ojph::ui32 bit_depth, bool is_signed,
               ojph::ui32 num_decompositions, bool color_transform) {
  const ojph::size extent(static_cast<ojph::ui32>(lines.shape(2)), static_cast<ojph::ui32>(lines.shape(0)));
  const auto components = static_cast<ojph::ui32>(lines.shape(1));
  auto siz = codestream.access_siz();
  siz.set_image_extent(ojph::point(extent.w, extent.h));
  siz.set_num_components(components);
  for (ojph::ui32 c = 0; c < components; ++c) siz.set_component(c, ojph::point(1, 1), bit_depth, is_signed);
  siz.set_tile_size(extent);
  auto cod = codestream.access_cod();
  cod.set_num_decomposition(num_decompositions);
  cod.set_block_dims(64, 64);
  cod.set_progression_order("RPCL");
  cod.set_color_transform(color_transform);
  cod.set_reversible(true);
  codestream.set_planar(false);
  codestream.set_tilepart_divisions(true, false);
}

std::uint64_t encode(const planes& lines, ojph::ui32 bit_depth, bool is_signed, ojph::ui32 num_decompositions,
                     bool color_transform) {
  ojph::codestream& codestream = restarted();
  configure(codestream, lines, bit_depth, is_signed, num_decompositions, color_transform);
  const auto width = static_cast<std::size_t>(lines.shape(2));
  const ojph::si32* source = lines.data();
  const py::gil_scoped_release release;
  ojph::mem_outfile file;
  file.open();
  codestream.write_headers(&file);
  ojph::ui32 component = 0;
  for (ojph::line_buf* line = codestream.exchange(nullptr, component); line != nullptr; source += width) {
    std::memcpy(line->i32, source, width * sizeof *source);
    line = codestream.exchange(line, component);
  }
  codestream.flush();
  return static_cast<std::uint64_t>(file.tell());
}

}  // namespace

PYBIND11_MODULE(htj2k_raw, m) {
  m.def("decode", &decode, py::arg("data"), py::arg("fresh") = false, py::arg("reduce") = 0);
  m.def("encode", &encode, py::arg("lines"), py::arg("bit_depth"), py::arg("is_signed"),
        py::arg("num_decompositions"), py::arg("color_transform"));
}
