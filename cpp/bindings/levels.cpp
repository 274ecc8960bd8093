// Several resolutions of a codestream from one call.
#include <pybind11/stl.h>

#include <optional>
#include <string>
#include <vector>

#include "bindings.hpp"
#include "buffer.hpp"
#include "core/limits.hpp"
#include "core/strict.hpp"
#include "frames.hpp"
#include "image_array.hpp"

namespace py = pybind11;

namespace htj2k::bindings {
namespace {

struct level_options {
  std::uint32_t reduce = 0;
  std::optional<std::uint32_t> num_lower;  // none: all
  bool clamp_to_container = false;
  limits bounds;
  decode_engine engine = decode_engine::automatic;
};

open_codestream open(const byte_buffer& buffer, const level_options& how, std::uint32_t reduce) {
  const without_gil release;
  return open_strict(buffer.span(), how.bounds, reduce, how.engine);
}

std::uint32_t lowest_of(const codestream& cs, const level_options& how) {
  const std::uint32_t most = max_reduce(cs) - how.reduce;
  if (how.num_lower.value_or(0) > most)
    throw error(error_code::invalid_argument,
                "lower is " + std::to_string(*how.num_lower) + "; this codestream has " +
                    std::to_string(most) + " resolutions below that of reduce=" + std::to_string(how.reduce));
  return how.reduce + how.num_lower.value_or(most);
}

// One decode for all, or one for each where nothing else is possible.
std::vector<message> decode_all(const byte_buffer& buffer, const open_codestream& opened,
                                const level_options& how, const std::vector<level_target>& targets,
                                unsigned threads) {
  decode_options options = options_of(how.reduce, how.clamp_to_container);
  options.threads = threads;
  if (gives_all_levels(opened)) {
    const without_gil release;
    decode_levels(opened, options, targets);
    return {};
  }
  check_decodes(opened.cs, static_cast<std::uint32_t>(targets.size()));
  std::vector<message> messages;
  for (const level_target& target : targets) {
    options.reduce = target.reduce;
    std::optional<open_codestream> own;
    if (!serves(opened, target.reduce, how.engine)) own = open(buffer, how, target.reduce);
    const without_gil release;
    for (message& m : decode_strict(own ? *own : opened, options, target.out))
      messages.push_back(std::move(m));
  }
  return messages;
}

// ([pixels of the lowest, ..., of the highest], messages)
py::tuple decode_levels_of_buffer(const py::object& data, const level_options& how, unsigned threads,
                                  bool threads_as_fit) {
  const byte_buffer buffer(data);
  const open_codestream opened = open(buffer, how, how.reduce);
  py::list arrays;
  std::vector<level_target> targets;
  for (std::uint32_t reduce = lowest_of(opened.cs, how) + 1; reduce-- != how.reduce;) {
    const image_layout layout = layout_at(opened.cs, reduce);
    py::array array = new_array(layout, dtype_of(layout.type));
    targets.push_back({reduce, mutable_view_of(array)});
    arrays.append(array);
  }
  if (threads_as_fit) threads = threads_that_fit(num_samples(layout_at(opened.cs, how.reduce)), threads);
  return py::make_tuple(arrays, list_of(decode_all(buffer, opened, how, targets, threads)));
}

}  // namespace

void bind_levels(py::module_& m) {
  m.def(
      "decode_levels",
      [](const py::object& data, std::uint32_t reduce, std::optional<std::uint32_t> num_lower,
         bool clamp_to_container, const std::optional<std::uint64_t>& max_pixels,
         const std::optional<std::string>& engine, unsigned threads, bool threads_as_fit) {
        const level_options how{reduce, num_lower, clamp_to_container, limits_of(max_pixels),
                                engine ? engine_of(engine->c_str()) : decode_engine::automatic};
        return decode_levels_of_buffer(data, how, threads, threads_as_fit);
      },
      py::arg("data"), py::arg("reduce"), py::arg("num_lower").none(true), py::arg("clamp_to_container"),
      py::arg("max_pixels").none(true), py::arg("engine").none(true), py::arg("threads"),
      py::arg("threads_as_fit"));
}

}  // namespace htj2k::bindings
