#include <pybind11/stl.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "bindings.hpp"
#include "buffer.hpp"
#include "core/codestream_checksums.hpp"
#include "core/decode.hpp"
#include "core/encode.hpp"
#include "core/geometry.hpp"
#include "core/ojph_messages.hpp"
#include "core/partial.hpp"
#include "core/strict.hpp"
#include "frames.hpp"
#include "image_array.hpp"

namespace py = pybind11;

namespace htj2k::bindings {
namespace {

// A copy of the options: they are an object of Python, which other threads may change meanwhile.
encoded_image encode_view(const py::array& pixels, encode_options options,
                          std::optional<clamp_policy> checksums) {
  const const_image_view view = view_of(pixels);
  const without_gil release;
  return encode(view, options, checksums);
}

py::bytes encode_array(const py::array& pixels, const encode_options& options) {
  encoded_image encoded = encode_view(pixels, options, std::nullopt);
  return bytes_of(encoded);
}

// (codestream, levels from base to full, smallest sample, largest sample)
py::tuple encode_with_checksums(const py::array& pixels, const encode_options& options,
                                bool clamp_to_container) {
  encoded_image encoded = encode_view(pixels, options, policy_of(clamp_to_container));
  return py::make_tuple(bytes_of(encoded), list_of(encoded.resolutions), encoded.min, encoded.max);
}

// Before anything else, and whatever the limits are: the caller knows better than the headers.
void check_shape(byte_span data, std::uint32_t reduce, const std::vector<std::uint64_t>& expected) {
  const codestream cs = parse_headers(data, limits_of(std::nullopt));
  const auto shape = shape_of(layout_at(cs, reduce));
  if (shape != expected)
    throw error(
        error_code::codestream,
        "the codestream decodes to shape " + text_of(shape) + ", expected_shape is " + text_of(expected),
        cs.siz.offset);
}

open_codestream open(const byte_buffer& buffer, const std::optional<std::uint64_t>& max_pixels,
                     std::uint32_t reduce, decode_engine engine = decode_engine::automatic) {
  const without_gil release;
  return open_strict(buffer.span(), limits_of(max_pixels), reduce, engine);
}

// (row start, row stop, column start, column stop)
rect rect_of(const std::array<std::uint32_t, 4>& region, const image_layout& layout) {
  const rect part{region[2], region[0], region[3], region[1]};
  if (part.x0 >= part.x1 || part.x1 > layout.width || part.y0 >= part.y1 || part.y1 > layout.height)
    throw error(error_code::invalid_argument,
                "region is rows " + std::to_string(part.y0) + " to " + std::to_string(part.y1) +
                    " and columns " + std::to_string(part.x0) + " to " + std::to_string(part.x1) +
                    "; the image has " + std::to_string(layout.height) + " rows and " +
                    std::to_string(layout.width) + " columns at this size");
  return part;
}

decode_engine wish_of(const std::optional<std::string>& engine) {
  return engine ? engine_of(engine->c_str()) : decode_engine::automatic;
}

py::tuple decode_buffer(const py::object& data, std::uint32_t reduce, bool clamp_to_container,
                        const std::optional<std::uint64_t>& max_pixels,
                        const std::optional<std::vector<std::uint64_t>>& expected_shape,
                        const std::optional<py::array>& out, const std::optional<py::dtype>& dtype,
                        const std::optional<std::string>& engine, const std::optional<unsigned>& threads,
                        const py::object& pool_size,
                        const std::optional<std::array<std::uint32_t, 4>>& region) {
  const byte_buffer buffer(data);
  if (expected_shape) check_shape(buffer.span(), reduce, *expected_shape);
  const decode_engine wish = region ? decode_engine::native : wish_of(engine);
  const open_codestream opened = open(buffer, max_pixels, reduce, wish);
  image_layout layout = layout_at(opened.cs, reduce);
  decode_options options = options_of(reduce, clamp_to_container);
  if (region) {
    options.region = rect_of(*region, layout);
    layout.width = options.region->width();
    layout.height = options.region->height();
  }
  const py::dtype stored = dtype ? *dtype : dtype_of(layout.type);
  if (out) check_out(*out, layout, stored);
  py::array pixels = out ? *out : new_array(layout, stored);
  const image_view view = mutable_view_of(pixels);
  options.threads = threads ? *threads : threads_that_fit(num_samples(layout), pool_size);
  std::vector<message> messages;
  {
    const without_gil release;
    messages = decode_strict(opened, options, view);
  }
  return py::make_tuple(pixels, list_of(messages));
}

// ([one array a component], messages)
py::tuple decode_components_of_buffer(const py::object& data, std::uint32_t reduce, bool clamp_to_container,
                                      const std::optional<std::uint64_t>& max_pixels,
                                      const std::optional<std::string>& engine,
                                      const std::optional<unsigned>& threads, const py::object& pool_size) {
  const byte_buffer buffer(data);
  const open_codestream opened = open(buffer, max_pixels, reduce, wish_of(engine));
  py::list arrays;
  std::vector<image_view> views;
  std::uint64_t samples = 0;
  for (const image_layout& layout : component_layouts_at(opened.cs, reduce)) {
    samples += num_samples(layout);
    py::array array = new_array(layout, dtype_of(layout.type));
    views.push_back(mutable_view_of(array));
    arrays.append(array);
  }
  decode_options options = options_of(reduce, clamp_to_container);
  options.threads = threads ? *threads : threads_that_fit(samples, pool_size);
  std::vector<message> messages;
  {
    const without_gil release;
    messages = decode_components(opened, options, views);
  }
  return py::make_tuple(arrays, list_of(messages));
}

// (pixels or None, levels from the lowest asked for, (smallest, largest sample) or None, messages). Without
// num_lower: all levels.
py::tuple checksum_buffer(const py::object& data, std::uint32_t reduce,
                          const std::optional<std::uint32_t>& num_lower, checksum_request request,
                          bool clamp_to_container, const std::optional<std::uint64_t>& max_pixels,
                          bool wants_pixels, const std::optional<py::array>& out,
                          const py::object& most_threads) {
  const byte_buffer buffer(data);
  const open_codestream opened = open(buffer, max_pixels, reduce);
  const image_layout layout = layout_at(opened.cs, reduce);
  request.num_lower = num_lower.value_or(max_reduce(opened.cs) - reduce);
  if (out) check_out(*out, layout, dtype_of(layout.type));
  py::object pixels = py::none();
  image_view view = view_without_memory(layout);
  if (wants_pixels) {
    py::array array = out ? *out : new_array(layout, dtype_of(layout.type));
    view = mutable_view_of(array);
    pixels = std::move(array);
  }
  decode_options options = options_of(reduce, clamp_to_container);
  options.threads = threads_that_fit(num_samples(layout), most_threads);
  codestream_checksums found;
  {
    const without_gil release;
    found = checksum_codestream(opened, options, request, view);
  }
  const py::object range =
      found.range ? py::object(py::make_tuple(found.range->low, found.range->high)) : py::object(py::none());
  return py::make_tuple(pixels, list_of(found.resolutions), range, list_of(found.messages));
}

// ((width, height) of the resolutions from base to full, bit depth of each component), from the main header.
py::tuple sizes_of_buffer(const py::object& data) {
  const byte_buffer buffer(data);
  const codestream cs = parse_headers(buffer.span(), limits_of(std::nullopt));
  py::list sizes, depths;
  for (std::uint32_t reduce = max_reduce(cs) + 1; reduce-- != 0;) {
    const rect area = image_rect(cs.siz, reduce);
    sizes.append(py::make_tuple(area.width(), area.height()));
  }
  for (const component_size& component : cs.siz.components) depths.append(component.bit_depth);
  return py::make_tuple(sizes, depths);
}

// (shape, dtype) of what `decode` returns, from the main header.
py::tuple layout_of_buffer(const py::object& data, std::uint32_t reduce,
                           const std::optional<std::uint64_t>& max_pixels) {
  const byte_buffer buffer(data);
  const image_layout layout = layout_at(parse_headers(buffer.span(), limits_of(max_pixels)), reduce);
  return py::make_tuple(shape_of(layout), dtype_of(layout.type));
}

// (pixels, mask, resolution of both, bytes used, reason or None, messages)
py::tuple decode_partial_buffer(const py::object& data, std::uint32_t reduce, bool clamp_to_container,
                                const std::optional<std::uint64_t>& max_pixels, unsigned threads,
                                bool threads_as_fit) {
  const byte_buffer buffer(data);
  const image_layout layout = layout_at(parse_headers(buffer.span(), limits_of(max_pixels)), reduce);
  py::array pixels = new_array(layout, dtype_of(layout.type));
  py::array_t<std::int8_t> mask({layout.height, layout.width});
  const image_view view = mutable_view_of(pixels);
  partial_result result;
  {
    const without_gil release;
    decode_options options = options_of(reduce, clamp_to_container);
    options.threads = threads_as_fit ? threads_that_fit(num_samples(layout), threads) : threads;
    result = decode_partial(buffer.span(), limits_of(max_pixels), options, view, mask.mutable_data());
  }
  const py::object reason =
      result.reason.empty() ? py::object(py::none()) : py::object(py::str(result.reason));
  return py::make_tuple(pixels, mask, result.resolution, result.bytes_used, reason, list_of(result.messages));
}

// (resolutions complete, bytes needed for more or 0, whole)
py::tuple look_at_buffer(const py::object& data, const std::optional<std::uint64_t>& max_pixels) {
  const byte_buffer buffer(data);
  const arrival found = look_at(buffer.span(), limits_of(max_pixels));
  return py::make_tuple(found.resolutions_complete, found.bytes_needed, found.is_whole);
}

void bind_options(py::module_& m) {
  py::class_<encode_comment>(m, "EncodeComment")
      .def(py::init<>())
      .def_property(
          "data", [](const encode_comment& c) { return py::bytes(c.bytes); },
          [](encode_comment& c, const py::bytes& b) { c.bytes = std::string(b); })
      .def_readwrite("is_text", &encode_comment::is_text);
  py::class_<encode_options>(m, "EncodeOptions")
      .def(py::init<>())
      .def_readwrite("bit_depth", &encode_options::bit_depth)
      .def_readwrite("num_decompositions", &encode_options::num_decompositions)
      .def_readwrite("reversible", &encode_options::reversible)
      .def_readwrite("qstep", &encode_options::qstep)
      .def_readwrite("qfactor", &encode_options::qfactor)
      .def_readwrite("color_transform", &encode_options::color_transform)
      .def_readwrite("progression_order", &encode_options::progression_order)
      .def_readwrite("block_width", &encode_options::block_width)
      .def_readwrite("block_height", &encode_options::block_height)
      .def_readwrite("precincts", &encode_options::precincts)
      .def_readwrite("tile_width", &encode_options::tile_width)
      .def_readwrite("tile_height", &encode_options::tile_height)
      .def_readwrite("tlm", &encode_options::tlm)
      .def_readwrite("tile_part_per_resolution", &encode_options::tile_part_per_resolution)
      .def_readwrite("tile_part_per_component", &encode_options::tile_part_per_component)
      .def_readwrite("mask_unused_bits", &encode_options::mask_unused_bits)
      .def_readwrite("comments", &encode_options::comments)
      .def_readwrite("jph_file", &encode_options::jph_file);
}

}  // namespace

void bind_codec(py::module_& m) {
  initialize_openjph();
  bind_options(m);
  m.def("encode", &encode_array, py::arg("pixels"), py::arg("options"));
  m.def("encodes_natively", &encodes_natively, py::arg("options"));
  m.def("encode_with_checksums", &encode_with_checksums, py::arg("pixels"), py::arg("options"),
        py::arg("clamp_to_container"));
  m.def("decode", &decode_buffer, py::arg("data"), py::arg("reduce"), py::arg("clamp_to_container"),
        py::arg("max_pixels").none(true), py::arg("expected_shape").none(true), py::arg("out").none(true),
        py::arg("dtype").none(true), py::arg("engine").none(true), py::arg("threads").none(true),
        py::arg("pool_size"), py::arg("region").none(true));
  m.def("decode_components", &decode_components_of_buffer, py::arg("data"), py::arg("reduce"),
        py::arg("clamp_to_container"), py::arg("max_pixels").none(true), py::arg("engine").none(true),
        py::arg("threads").none(true), py::arg("pool_size"));
  m.def(
      "codestream_checksums",
      [](const py::object& data, std::uint32_t reduce, const std::optional<std::uint32_t>& num_lower,
         bool decode_each_level, bool wants_range, bool clamp_to_container,
         const std::optional<std::uint64_t>& max_pixels, bool wants_pixels,
         const std::optional<py::array>& out, const py::object& most_threads) {
        const checksum_request request{0, decode_each_level, wants_range};
        return checksum_buffer(data, reduce, num_lower, request, clamp_to_container, max_pixels, wants_pixels,
                               out, most_threads);
      },
      py::arg("data"), py::arg("reduce"), py::arg("num_lower").none(true), py::arg("decode_each_level"),
      py::arg("wants_range"), py::arg("clamp_to_container"), py::arg("max_pixels").none(true),
      py::arg("wants_pixels"), py::arg("out").none(true), py::arg("most_threads"));
  m.def("sizes", &sizes_of_buffer, py::arg("data"));
  m.def("layout", &layout_of_buffer, py::arg("data"), py::arg("reduce"), py::arg("max_pixels").none(true));
  m.def("decode_partial", &decode_partial_buffer, py::arg("data"), py::arg("reduce"),
        py::arg("clamp_to_container"), py::arg("max_pixels").none(true), py::arg("threads"),
        py::arg("threads_as_fit"));
  m.def("look_at", &look_at_buffer, py::arg("data"), py::arg("max_pixels").none(true));
}

}  // namespace htj2k::bindings
