// One function a subject; module.cpp calls each of them.
#pragma once

#include <pybind11/pybind11.h>

namespace htj2k::bindings {

void bind_errors(pybind11::module_& m);
void bind_simd(pybind11::module_& m);
void bind_codec(pybind11::module_& m);
void bind_checksum(pybind11::module_& m);
void bind_info(pybind11::module_& m);

}  // namespace htj2k::bindings
