// Bytes from any C-contiguous buffer: bytes, bytearray, memoryview, mmap, an array of u1.
#pragma once

#include <pybind11/pybind11.h>

#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>

#include "core/bytes.hpp"
#include "core/limits.hpp"

namespace htj2k::bindings {

// Holds the buffer, so that a bytearray cannot be resized meanwhile; to be destroyed with the GIL held.
class byte_buffer {
public:
  explicit byte_buffer(const pybind11::object& source) {
    if (PyObject_GetBuffer(source.ptr(), &view_, PyBUF_ND | PyBUF_FORMAT) != 0) explain(source);
    if (view_.format != nullptr && std::strcmp(view_.format, "O") == 0) refuse_objects();
  }
  ~byte_buffer() { PyBuffer_Release(&view_); }
  byte_buffer(const byte_buffer&) = delete;
  byte_buffer& operator=(const byte_buffer&) = delete;

  byte_span span() const {
    return {static_cast<const std::uint8_t*>(view_.buf), static_cast<std::uint64_t>(view_.len)};
  }

private:
  // Their memory holds addresses.
  [[noreturn]] void refuse_objects() {
    PyBuffer_Release(&view_);
    throw pybind11::type_error("data is an array of Python objects, not of bytes");
  }

  // An object that gives its buffer with strides but not without is not contiguous; all else is its own
  // story.
  [[noreturn]] static void explain(const pybind11::object& source) {
    pybind11::error_already_set reason;
    Py_buffer strided;
    if (PyObject_GetBuffer(source.ptr(), &strided, PyBUF_FULL_RO) != 0) {
      PyErr_Clear();
      throw reason;
    }
    PyBuffer_Release(&strided);
    throw pybind11::value_error(
        "data is not C-contiguous; pass a contiguous copy, such as numpy.ascontiguousarray(data)");
  }

  Py_buffer view_{};
};

// The limits for what the buffer may declare; None is no limit.
inline limits limits_of(const std::optional<std::uint64_t>& max_pixels) {
  limits bounds;
  bounds.max_pixels = max_pixels.value_or(std::numeric_limits<std::uint64_t>::max());
  return bounds;
}

}  // namespace htj2k::bindings
