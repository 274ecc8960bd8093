#include "frames.hpp"

#include <algorithm>
#include <limits>

#include "bindings.hpp"
#include "image_array.hpp"

namespace py = pybind11;

namespace htj2k::bindings {
namespace {

// Not by pybind11, which makes a RuntimeError of having no memory.
py::bytes new_bytes(std::size_t size) {
  PyObject* bytes = PyBytes_FromStringAndSize(nullptr, static_cast<Py_ssize_t>(size));
  if (bytes == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::bytes>(bytes);
}

}  // namespace

clamp_policy policy_of(bool clamp_to_container) {
  return clamp_to_container ? clamp_policy::container : clamp_policy::precision;
}

py::bytes bytes_of(encoded_image& encoded) {
  const std::size_t header = encoded.main_header.size();
  py::bytes result = new_bytes(header + encoded.tile_parts.size());
  auto* target = reinterpret_cast<std::uint8_t*>(PyBytes_AS_STRING(result.ptr()));
  const without_gil release;
  std::copy_n(encoded.main_header.data(), header, target);
  encoded.tile_parts.move_to(target + header);
  return result;
}

py::list list_of(const std::vector<resolution_checksum>& resolutions) {
  py::list result;
  for (const auto& r : resolutions) result.append(py::make_tuple(r.width, r.height, r.crc32));
  return result;
}

decode_options options_of(std::uint32_t reduce, bool clamp_to_container) {
  decode_options options;
  options.reduce = reduce;
  options.clamp = policy_of(clamp_to_container);
  return options;
}

std::uint64_t num_samples(const image_layout& layout) {
  return std::uint64_t{layout.width} * layout.height * layout.components;
}

unsigned threads_that_fit(std::uint64_t samples, unsigned most) {
  return std::max(1U, std::min({most, 8U, static_cast<unsigned>(std::min<std::uint64_t>(samples >> 18, 8))}));
}

unsigned threads_that_fit(std::uint64_t samples, const py::object& most) {
  const unsigned useful = threads_that_fit(samples, std::numeric_limits<unsigned>::max());
  return useful == 1 ? 1 : std::min(useful, most().cast<unsigned>());
}

std::vector<std::uint64_t> shape_of(const image_layout& layout) {
  std::vector<std::uint64_t> shape{layout.height, layout.width};
  if (layout.components != 1) shape.push_back(layout.components);
  return shape;
}

std::string text_of(const std::vector<std::uint64_t>& shape) {
  std::string text;
  for (const auto n : shape) text += (text.empty() ? "(" : ", ") + std::to_string(n);
  return text + ")";
}

py::array new_array(const image_layout& layout, const py::dtype& dtype) {
  return make_array(dtype, layout.width, layout.height, layout.components);
}

void check_out(const py::array& out, const image_layout& layout, const py::dtype& dtype) {
  const auto shape = shape_of(layout);
  bool fits = out.dtype().equal(dtype) && static_cast<std::size_t>(out.ndim()) == shape.size();
  for (std::size_t i = 0; fits && i < shape.size(); ++i)
    fits = static_cast<std::uint64_t>(out.shape(static_cast<py::ssize_t>(i))) == shape[i];
  if (!fits)
    throw py::value_error("out has shape " + std::string(py::str(out.attr("shape"))) + " and dtype " +
                          std::string(py::str(out.dtype())) + "; this codestream decodes to " +
                          text_of(shape) + " of dtype " + std::string(py::str(dtype)));
  if (!out.writeable()) throw py::value_error("out is read-only");
}

py::list list_of(const std::vector<message>& messages) {
  py::list result;
  for (const auto& m : messages) result.append(py::make_tuple(m.is_warning, m.text));
  return result;
}

}  // namespace htj2k::bindings
