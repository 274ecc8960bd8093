// numpy arrays <-> image views, without copying samples.
#pragma once

#include <pybind11/numpy.h>

#include "core/image.hpp"

namespace htj2k::bindings {

// `array` is (rows, columns) or (rows, columns, components) of bool, u1, i1, u2, i2, u4 or i4 in either byte
// order; anything else is a TypeError or ValueError (the Python layer says it in friendlier words first).
const_image_view view_of(const pybind11::array& array);

// The same for writing: native byte order, writeable.
image_view mutable_view_of(pybind11::array& array);

// A new C-contiguous array: (height, width) for one component, else (height, width, components).
pybind11::array make_array(const pybind11::dtype& dtype, std::uint32_t width, std::uint32_t height,
                           std::uint32_t components);

// numpy's dtype of samples of this type.
pybind11::dtype dtype_of(sample_type type);

}  // namespace htj2k::bindings
