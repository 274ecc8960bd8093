// What single calls and batches share: options in, pixels and results out.
#pragma once

#include <pybind11/numpy.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/decode.hpp"
#include "core/encode.hpp"
#include "core/ojph_messages.hpp"

namespace htj2k::bindings {

clamp_policy policy_of(bool clamp_to_container);
decode_options options_of(std::uint32_t reduce, bool clamp_to_container);

// More than these find too little to do: a thread should have a quarter of a million samples, and what one
// thread does alone, the wavelet, bounds what many bring.
unsigned threads_that_fit(std::uint64_t samples, unsigned most);
// `most` is a Python function that is called when several would fit. The GIL is held.
unsigned threads_that_fit(std::uint64_t samples, const pybind11::object& most);
std::uint64_t num_samples(const image_layout& layout);

// The shape of an array for such pixels, and how a message spells a shape.
std::vector<std::uint64_t> shape_of(const image_layout& layout);
std::string text_of(const std::vector<std::uint64_t>& shape);

pybind11::array new_array(const image_layout& layout, const pybind11::dtype& dtype);
// ValueError unless `out` is what new_array would be, strides apart.
void check_out(const pybind11::array& out, const image_layout& layout, const pybind11::dtype& dtype);

// The whole codestream or file. Takes it out of `encoded`; releases the GIL while copying.
pybind11::bytes bytes_of(encoded_image& encoded);
// [(width, height, crc32)]
pybind11::list list_of(const std::vector<resolution_checksum>& resolutions);
// [(is_warning, text)]
pybind11::list list_of(const std::vector<message>& messages);

}  // namespace htj2k::bindings
