// One function a subject; module.cpp calls each of them.
#pragma once

#include <pybind11/pybind11.h>

#include "core/error.hpp"
#include "core/thread_memory.hpp"

namespace htj2k::bindings {

void bind_errors(pybind11::module_& m);
void bind_simd(pybind11::module_& m);
void bind_codec(pybind11::module_& m);
void bind_levels(pybind11::module_& m);
void bind_progressive(pybind11::module_& m);
void bind_codeblocks(pybind11::module_& m);
void bind_batch(pybind11::module_& m);
void bind_checksum(pybind11::module_& m);
void bind_info(pybind11::module_& m);

// Work of the core, beside which the interpreter's other threads go on.
class without_gil {
public:
  without_gil() { take_thread_memory(); }

private:
  pybind11::gil_scoped_release released_;
};

// The instance of htj2k.errors, or ValueError, that stands for an error of the core.
pybind11::object make_exception(const error& e);

}  // namespace htj2k::bindings
