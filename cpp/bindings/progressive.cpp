#include <pybind11/stl.h>

#include <mutex>

#include "bindings.hpp"
#include "buffer.hpp"
#include "core/resolution_decoder.hpp"
#include "core/strict.hpp"
#include "frames.hpp"
#include "image_array.hpp"

namespace py = pybind11;

namespace htj2k::bindings {
namespace {

class py_resolution_decoder {
public:
  // (pixels, messages). `data` holds the same codestream as in the call before, and more of it.
  py::tuple decode(const py::object& data, std::uint32_t reduce, bool clamp_to_container,
                   const std::optional<std::uint64_t>& max_pixels, unsigned most_threads) {
    const byte_buffer buffer(data);
    open_codestream opened;
    {
      const without_gil release;
      opened = open_strict(buffer.span(), limits_of(max_pixels), reduce);
    }
    const image_layout layout = layout_at(opened.cs, reduce);
    py::array pixels = new_array(layout, dtype_of(layout.type));
    const image_view view = mutable_view_of(pixels);
    std::vector<message> messages;
    {
      const without_gil release;
      const std::lock_guard<std::mutex> lock(mutex_);
      decode_options options = options_of(reduce, clamp_to_container);
      options.threads = threads_that_fit(num_samples(layout), most_threads);
      messages = decoder_.decode(opened, options, view);
    }
    return py::make_tuple(pixels, list_of(messages));
  }

  std::uint64_t bytes_kept() const { return decoder_.bytes_kept(); }

private:
  std::mutex mutex_;
  resolution_decoder decoder_;
};

}  // namespace

void bind_progressive(py::module_& m) {
  py::class_<py_resolution_decoder>(m, "ResolutionDecoder")
      .def(py::init<>())
      .def("decode", &py_resolution_decoder::decode, py::arg("data"), py::arg("reduce"),
           py::arg("clamp_to_container"), py::arg("max_pixels").none(true), py::arg("threads"))
      .def_property_readonly("bytes_kept", &py_resolution_decoder::bytes_kept);
}

}  // namespace htj2k::bindings
