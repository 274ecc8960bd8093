#include <pybind11/stl.h>

#include <mutex>
#include <optional>

#include "bindings.hpp"
#include "buffer.hpp"
#include "core/limits.hpp"
#include "core/resolution_decoder.hpp"
#include "core/strict.hpp"
#include "frames.hpp"
#include "image_array.hpp"

namespace py = pybind11;

namespace htj2k::bindings {
namespace {

// The bytes that have arrived, opened once for all resolutions that are decoded from them. Until it is closed
// nothing can be added to them.
class arrived_bytes {
public:
  arrived_bytes(const py::object& data, std::uint32_t lowest_reduce,
                const std::optional<std::uint64_t>& max_pixels)
      : bounds_(limits_of(max_pixels)) {
    buffer_.emplace(data);
    try {
      const without_gil release;
      opened_ = open_strict(buffer_->span(), bounds_, lowest_reduce);
      if (opened_->engine != decode_engine::native) check_decodes(opened_->cs, max_reduce(opened_->cs) + 1);
    } catch (const error& e) {
      if (e.code() != error_code::unsupported) throw;  // lower resolutions may decode
    }
  }

  void close() {
    opened_.reset();
    buffer_.reset();
  }

  // Opens it in `own` if it must be opened anew.
  const open_codestream& at(std::uint32_t reduce, std::optional<open_codestream>& own) const {
    if (opened_ && serves(*opened_, reduce)) return *opened_;
    const without_gil release;
    return own.emplace(open_strict(buffer_.value().span(), bounds_, reduce));
  }

private:
  limits bounds_;
  std::optional<byte_buffer> buffer_;
  std::optional<open_codestream> opened_;
};

class py_resolution_decoder {
public:
  // (pixels, messages). `arrived` holds the same codestream as in the call before, and more of it.
  py::tuple decode(const arrived_bytes& arrived, std::uint32_t reduce, bool clamp_to_container,
                   unsigned most_threads) {
    std::optional<open_codestream> own;
    const open_codestream& opened = arrived.at(reduce, own);
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
  py::class_<arrived_bytes>(m, "ArrivedBytes")
      .def(py::init<const py::object&, std::uint32_t, const std::optional<std::uint64_t>&>(), py::arg("data"),
           py::arg("lowest_reduce"), py::arg("max_pixels").none(true))
      .def("close", &arrived_bytes::close);
  py::class_<py_resolution_decoder>(m, "ResolutionDecoder")
      .def(py::init<>())
      .def("decode", &py_resolution_decoder::decode, py::arg("arrived"), py::arg("reduce"),
           py::arg("clamp_to_container"), py::arg("threads"))
      .def_property_readonly("bytes_kept", &py_resolution_decoder::bytes_kept);
}

}  // namespace htj2k::bindings
