#include <pybind11/stl.h>

#include <string>
#include <tuple>
#include <vector>

#include "bindings.hpp"
#include "buffer.hpp"
#include "core/pixel_checksums.hpp"
#include "image_array.hpp"
#include "kernels/crc32.hpp"

namespace py = pybind11;

namespace htj2k::bindings {
namespace {

// Releasing the GIL and taking it back costs about as much as the checksum of so many bytes.
constexpr std::size_t worth_releasing_gil = 16384;

std::uint32_t checksum(const kernels::implementation& kernels, const py::object& data, std::uint32_t value) {
  const byte_buffer buffer(data);
  const byte_span bytes = buffer.span();
  if (bytes.size < worth_releasing_gil) return kernels.crc32(value, bytes.data, bytes.size);
  const without_gil release;
  return kernels.crc32(value, bytes.data, bytes.size);
}

using level = std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>;

// (levels from base to full, each (width, height, crc32); smallest sample; largest sample)
std::tuple<std::vector<level>, std::int64_t, std::int64_t> checksum_array(
    const kernels::implementation& kernels, const py::array& pixels, const pixel_checksum_options& options) {
  const const_image_view view = view_of(pixels);
  pixel_checksums found;
  {
    const without_gil release;
    found = checksum_pixels(view, options, kernels);
  }
  std::vector<level> levels;
  levels.reserve(found.resolutions.size());
  for (const resolution_checksum& r : found.resolutions) levels.emplace_back(r.width, r.height, r.crc32);
  return {levels, found.min, found.max};
}

}  // namespace

// The names that begin with an underscore take a named implementation; they are there for tests and
// benchmarks.
void bind_checksum(py::module_& m) {
  m.def(
      "crc32",
      [](const py::object& data, std::uint32_t value) { return checksum(kernels::active(), data, value); },
      py::arg("data"), py::arg("value"));
  m.def(
      "_crc32_with",
      [](const std::string& name, const py::object& data, std::uint32_t value) {
        return checksum(kernels::find(name.c_str()), data, value);
      },
      py::arg("name"), py::arg("data"), py::arg("value"));
  m.def("crc32_combine", &kernels::crc32_combine, py::arg("crc1"), py::arg("crc2"), py::arg("size2"));
  m.def(
      "pixel_checksums",
      [](const py::array& pixels, std::uint32_t bit_depth, std::uint32_t num_decompositions,
         bool color_transform, bool clamp_to_container, const std::string& name) {
        const auto& kernels = name.empty() ? kernels::active() : kernels::find(name.c_str());
        return checksum_array(kernels, pixels,
                              {bit_depth, num_decompositions, color_transform,
                               clamp_to_container ? clamp_policy::container : clamp_policy::precision});
      },
      py::arg("pixels"), py::arg("bit_depth"), py::arg("num_decompositions"), py::arg("color_transform"),
      py::arg("clamp_to_container"), py::arg("implementation") = "");
}

}  // namespace htj2k::bindings
