#include "image_array.hpp"

#include <limits>
#include <string>
#include <vector>

namespace py = pybind11;

namespace htj2k::bindings {
namespace {

[[noreturn]] void refuse_dtype(const py::dtype& dtype) {
  throw py::type_error("pixels have dtype " + std::string(py::str(dtype)) +
                       "; supported are bool, uint8, int8, uint16, int16, uint32 and int32");
}

sample_type type_of(const py::dtype& dtype) {
  const char kind = dtype.kind();
  const auto size = dtype.itemsize();
  if (kind == 'b' && size == 1) return sample_type::u1;
  if (kind == 'u' && size == 1) return sample_type::u1;
  if (kind == 'i' && size == 1) return sample_type::i1;
  if (kind == 'u' && size == 2) return sample_type::u2;
  if (kind == 'i' && size == 2) return sample_type::i2;
  if (kind == 'u' && size == 4) return sample_type::u4;
  if (kind == 'i' && size == 4) return sample_type::i4;
  refuse_dtype(dtype);
}

// Of numpy's byte order codes only these two can differ from the machine's; '=' and '|' never do.
bool is_foreign(const py::dtype& dtype) {
  const std::uint16_t one = 1;
  const bool little = *reinterpret_cast<const unsigned char*>(&one) == 1;
  return dtype.byteorder() == (little ? '>' : '<');
}

std::uint32_t extent(py::ssize_t n) {
  if (n < 1 || n > std::numeric_limits<std::int32_t>::max())
    throw py::value_error("pixels have an axis of length " + std::to_string(n) +
                          "; each must be 1 to 2**31 - 1");
  return static_cast<std::uint32_t>(n);
}

template <typename Void>
basic_image_view<Void> make_view(const py::array& array, Void* data) {
  const auto axes = array.ndim();
  if (axes != 2 && axes != 3)
    throw py::value_error("pixels have " + std::to_string(axes) +
                          " axes; expected (rows, columns) or (rows, columns, components)");
  basic_image_view<Void> view;
  view.data = data;
  view.type = type_of(array.dtype());
  view.foreign_byte_order = is_foreign(array.dtype());
  view.height = extent(array.shape(0));
  view.width = extent(array.shape(1));
  view.row_stride = array.strides(0);
  view.column_stride = array.strides(1);
  if (axes == 3) {
    view.components = extent(array.shape(2));
    view.component_stride = array.strides(2);
  }
  return view;
}

}  // namespace

const_image_view view_of(const py::array& array) { return make_view<const void>(array, array.data()); }

image_view mutable_view_of(py::array& array) {
  image_view view = make_view<void>(array, array.mutable_data());  // raises when it is read-only
  if (view.foreign_byte_order) throw py::value_error("out has a foreign byte order; expected the native one");
  return view;
}

py::array make_array(const py::dtype& dtype, std::uint32_t width, std::uint32_t height,
                     std::uint32_t components) {
  std::vector<py::ssize_t> shape{static_cast<py::ssize_t>(height), static_cast<py::ssize_t>(width)};
  if (components != 1) shape.push_back(static_cast<py::ssize_t>(components));
  return py::array(dtype, shape);
}

py::dtype dtype_of(sample_type type) {
  switch (type) {
    case sample_type::u1:
      return py::dtype::of<std::uint8_t>();
    case sample_type::i1:
      return py::dtype::of<std::int8_t>();
    case sample_type::u2:
      return py::dtype::of<std::uint16_t>();
    case sample_type::i2:
      return py::dtype::of<std::int16_t>();
    case sample_type::u4:
      return py::dtype::of<std::uint32_t>();
    case sample_type::i4:
      return py::dtype::of<std::int32_t>();
  }
  return py::dtype::of<std::uint8_t>();
}

}  // namespace htj2k::bindings
