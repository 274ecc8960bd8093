// Bytes from any C-contiguous buffer: bytes, bytearray, memoryview, mmap, an array of u1.
#pragma once

#include <pybind11/pybind11.h>

#include "core/bytes.hpp"

namespace htj2k::bindings {

// Holds the buffer, so that a bytearray cannot be resized meanwhile; to be destroyed with the GIL held.
class byte_buffer {
public:
  explicit byte_buffer(const pybind11::object& source) {
    if (PyObject_GetBuffer(source.ptr(), &view_, PyBUF_SIMPLE) != 0) throw pybind11::error_already_set();
  }
  ~byte_buffer() { PyBuffer_Release(&view_); }
  byte_buffer(const byte_buffer&) = delete;
  byte_buffer& operator=(const byte_buffer&) = delete;

  byte_span span() const {
    return {static_cast<const std::uint8_t*>(view_.buf), static_cast<std::uint64_t>(view_.len)};
  }

private:
  Py_buffer view_{};
};

}  // namespace htj2k::bindings
