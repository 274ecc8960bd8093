#include <pybind11/stl.h>

#include "bindings.hpp"
#include "core/decode.hpp"
#include "core/encode.hpp"
#include "core/ojph_messages.hpp"
#include "image_array.hpp"

namespace py = pybind11;

namespace htj2k::bindings {
namespace {

py::bytes encode_array(const py::array& pixels, const encode_options& options) {
  const const_image_view view = view_of(pixels);
  std::vector<std::uint8_t> codestream;
  {
    const py::gil_scoped_release release;
    codestream = encode(view, options);
  }
  return py::bytes(reinterpret_cast<const char*>(codestream.data()), codestream.size());
}

void bind_options(py::module_& m) {
  py::class_<encode_comment>(m, "EncodeComment")
      .def(py::init<>())
      .def_property("data", [](const encode_comment& c) { return py::bytes(c.bytes); },
                    [](encode_comment& c, const py::bytes& b) { c.bytes = std::string(b); })
      .def_readwrite("is_text", &encode_comment::is_text);
  py::class_<encode_options>(m, "EncodeOptions")
      .def(py::init<>())
      .def_readwrite("bit_depth", &encode_options::bit_depth)
      .def_readwrite("num_decompositions", &encode_options::num_decompositions)
      .def_readwrite("reversible", &encode_options::reversible)
      .def_readwrite("qstep", &encode_options::qstep)
      .def_readwrite("qfactor", &encode_options::qfactor)
      .def_readwrite("color_transform", &encode_options::color_transform)
      .def_readwrite("progression_order", &encode_options::progression_order)
      .def_readwrite("block_width", &encode_options::block_width)
      .def_readwrite("block_height", &encode_options::block_height)
      .def_readwrite("precincts", &encode_options::precincts)
      .def_readwrite("tile_width", &encode_options::tile_width)
      .def_readwrite("tile_height", &encode_options::tile_height)
      .def_readwrite("tlm", &encode_options::tlm)
      .def_readwrite("tile_part_per_resolution", &encode_options::tile_part_per_resolution)
      .def_readwrite("tile_part_per_component", &encode_options::tile_part_per_component)
      .def_readwrite("mask_unused_bits", &encode_options::mask_unused_bits)
      .def_readwrite("comments", &encode_options::comments);
}

}  // namespace

void bind_codec(py::module_& m) {
  initialize_openjph();
  bind_options(m);
  m.def("encode", &encode_array, py::arg("pixels"), py::arg("options"));
}

}  // namespace htj2k::bindings
