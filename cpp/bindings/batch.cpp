// Many frames in one call, on the worker threads of the process.
#include <pybind11/stl.h>

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "batch_run.hpp"
#include "bindings.hpp"
#include "buffer.hpp"
#include "core/codestream_checksums.hpp"
#include "core/native/block_queue.hpp"
#include "core/strict.hpp"
#include "core/worker_pool.hpp"
#include "frames.hpp"
#include "image_array.hpp"

namespace py = pybind11;

namespace htj2k::bindings {
namespace {

// Fails its frame in the batch for whatever `step` throws. The GIL is held.
template <typename Step>
void try_frame(batch_run& batch, std::size_t index, const Step& step) {
  try {
    step();
  } catch (...) {
    batch.fail(index, std::current_exception());
  }
}

// Buffers of all frames; a frame that has none has failed.
std::deque<std::optional<byte_buffer>> buffers_of(const py::list& frames, batch_run& batch) {
  std::deque<std::optional<byte_buffer>> buffers(frames.size());
  for (std::size_t i = 0; i < frames.size(); ++i) try_frame(batch, i, [&] { buffers[i].emplace(frames[i]); });
  return buffers;
}

py::tuple encode_batch(const py::list& frames, const std::vector<encode_options>& options,
                       const batch_options& how) {
  const std::size_t count = frames.size();
  batch_run batch(count, how);
  std::vector<const_image_view> views(count);
  for (std::size_t i = 0; i < count; ++i)
    try_frame(batch, i, [&] { views[i] = view_of(frames[i].cast<py::array>()); });
  std::vector<py::object> results(count, py::none());
  batch.for_each([&](std::size_t i) {
    encoded_image encoded = encode(views[i], options[i], std::nullopt);
    const py::gil_scoped_acquire acquire;
    results[i] = bytes_of(encoded);
  });
  return py::make_tuple(py::cast(results), batch.errors());
}

// Where the frames of a batch are decoded to.
class batch_target {
public:
  batch_target(std::size_t count, std::uint32_t reduce, const std::optional<std::uint64_t>& max_pixels)
      : layouts_(count), reduce_(reduce), bounds_(limits_of(max_pixels)) {}

  void read_header(std::size_t index, byte_span data) {
    layouts_[index] = layout_at(parse_headers(data, bounds_), reduce_);
  }

  // One array for all when they are alike, else one for each frame that has a layout.
  void allocate(batch_run& batch) {
    if (is_uniform()) {
      whole_ = make_whole();
      return slice(batch, *whole_);
    }
    views_.resize(layouts_.size());
    for (std::size_t i = 0; i < layouts_.size(); ++i) {
      arrays_.emplace_back(py::none());
      if (!layouts_[i]) continue;
      try_frame(batch, i, [&] {
        py::array array = new_array(*layouts_[i], dtype_of(layouts_[i]->type));
        views_[i] = mutable_view_of(array);
        arrays_[i] = array;
      });
    }
  }

  // `out` holds a slice for each frame, which must fit it.
  void use(batch_run& batch, const py::array& out) {
    if (out.ndim() < 3 || static_cast<std::size_t>(out.shape(0)) != layouts_.size())
      throw py::value_error("out has shape " + std::string(py::str(out.attr("shape"))) +
                            "; expected one array of " + std::to_string(layouts_.size()) +
                            " frames, (frames, rows, columns[, components])");
    whole_ = out;
    slice(batch, out);
  }

  py::array allocate_one() const { return new_array(*layouts_[0], dtype_of(layouts_[0]->type)); }

  const image_view& view(std::size_t index) const { return views_[index]; }

  py::object result() const { return whole_ ? py::object(*whole_) : py::cast(arrays_); }

private:
  bool is_uniform() const {
    for (const auto& layout : layouts_)
      if (!layout || shape_of(*layout) != shape_of(*layouts_[0]) || layout->type != layouts_[0]->type)
        return false;
    return !layouts_.empty();
  }

  py::array make_whole() const {
    std::vector<py::ssize_t> shape{static_cast<py::ssize_t>(layouts_.size())};
    for (const auto n : shape_of(*layouts_[0])) shape.push_back(static_cast<py::ssize_t>(n));
    return py::array(dtype_of(layouts_[0]->type), shape);
  }

  void slice(batch_run& batch, const py::array& whole) {
    views_.resize(layouts_.size());
    for (std::size_t i = 0; i < layouts_.size(); ++i) {
      if (!layouts_[i]) continue;
      try_frame(batch, i, [&] {
        auto frame = whole[py::int_(i)].cast<py::array>();
        check_out(frame, *layouts_[i], dtype_of(layouts_[i]->type));
        views_[i] = mutable_view_of(frame);
      });
    }
  }

  std::vector<std::optional<image_layout>> layouts_;
  std::uint32_t reduce_;
  limits bounds_;
  std::optional<py::array> whole_;
  std::vector<py::object> arrays_;
  std::vector<image_view> views_;
};

// (one array or a list with an array or None a frame, errors, messages of all frames)
py::tuple decode_batch(const py::list& frames, std::uint32_t reduce, bool clamp_to_container,
                       const std::optional<std::uint64_t>& max_pixels, const std::optional<py::array>& out,
                       const batch_options& how) {
  const std::size_t count = frames.size();
  batch_run batch(count, how);
  const auto buffers = buffers_of(frames, batch);
  batch_target target(count, reduce, max_pixels);
  for (std::size_t i = 0; i < count; ++i)
    if (buffers[i]) try_frame(batch, i, [&] { target.read_header(i, buffers[i]->span()); });
  if (out)
    target.use(batch, *out);
  else
    target.allocate(batch);
  std::vector<std::vector<message>> messages(count);
  batch.for_each([&](std::size_t i) {
    const open_codestream opened = open_strict(buffers[i]->span(), limits_of(max_pixels), reduce);
    decode_options options = options_of(reduce, clamp_to_container);
    options.threads = threads_that_fit(num_samples(layout_at(opened.cs, reduce)), batch.threads_for(i));
    messages[i] = decode_strict(opened, options, target.view(i));
  });
  py::list remarks;
  for (const auto& m : messages) remarks += list_of(m);
  return py::make_tuple(target.result(), batch.errors(), remarks);
}

struct frame_request {
  std::uint32_t reduce = 0;
  checksum_request checksums;
};

// ([(levels, (smallest, largest sample) or None) or None a frame], errors, messages of all frames)
py::tuple checksum_batch(const py::list& frames, const std::vector<frame_request>& requests,
                         bool clamp_to_container, const std::optional<std::uint64_t>& max_pixels,
                         const batch_options& how) {
  const std::size_t count = frames.size();
  batch_run batch(count, how);
  const auto buffers = buffers_of(frames, batch);
  std::vector<codestream_checksums> found(count);
  batch.for_each([&](std::size_t i) {
    const std::uint32_t reduce = requests[i].reduce;
    const open_codestream opened = open_strict(buffers[i]->span(), limits_of(max_pixels), reduce);
    const image_layout layout = layout_at(opened.cs, reduce);
    decode_options options = options_of(reduce, clamp_to_container);
    options.threads = threads_that_fit(num_samples(layout), batch.threads_for(i));
    found[i] = checksum_codestream(opened, options, requests[i].checksums, view_without_memory(layout));
  });
  py::list results, remarks;
  for (const auto& f : found) {
    const py::object range = f.range ? py::object(py::make_tuple(f.range->low, f.range->high)) : py::none();
    results.append(py::make_tuple(list_of(f.resolutions), range));
    remarks += list_of(f.messages);
  }
  return py::make_tuple(results, batch.errors(), remarks);
}

// One frame that is decoded while its caller does something else.
class decode_task {
public:
  decode_task(const py::object& data, std::uint32_t reduce, bool clamp_to_container,
              const std::optional<std::uint64_t>& max_pixels, unsigned pool_size) {
    try {
      start(data, reduce, clamp_to_container, max_pixels, pool_size);
    } catch (...) {
      thrown_ = std::current_exception();
    }
  }
  decode_task(const decode_task&) = delete;
  decode_task& operator=(const decode_task&) = delete;

  // Its memory must outlive what is being written there.
  ~decode_task() {
    if (work_ == nullptr) return;
    const without_gil release;
    worker_pool::shared().cancel(work_);
    while (!worker_pool::shared().wait(work_, interval)) continue;
  }

  // (pixels, exception or None, messages)
  py::tuple result() {
    while (work_ != nullptr && !is_done())
      if (PyErr_CheckSignals() != 0) throw py::error_already_set();
    const py::object exception = thrown_ == nullptr ? py::object(py::none()) : exception_of(thrown_);
    return py::make_tuple(pixels_, exception, list_of(messages_));
  }

private:
  static constexpr std::chrono::milliseconds interval{20};

  void start(const py::object& data, std::uint32_t reduce, bool clamp_to_container,
             const std::optional<std::uint64_t>& max_pixels, unsigned pool_size) {
    buffer_.emplace(data);
    batch_target target(1, reduce, max_pixels);
    target.read_header(0, buffer_->span());
    pixels_ = target.allocate_one();
    const image_view view = mutable_view_of(pixels_);
    const auto decode = [=] {
      try {
        const open_codestream opened = open_strict(buffer_->span(), limits_of(max_pixels), reduce);
        messages_ = decode_strict(opened, options_of(reduce, clamp_to_container), view);
      } catch (...) {
        thrown_ = std::current_exception();
      }
    };
    work_ = worker_pool::shared().submit(1, 1, pool_size, [=](std::size_t) { decode(); });
    if (work_ != nullptr) return;
    const without_gil release;
    decode();
  }

  bool is_done() const {
    const without_gil release;
    return worker_pool::shared().wait(work_, interval);
  }

  std::optional<byte_buffer> buffer_;
  py::array pixels_;
  worker_pool::handle work_;
  std::exception_ptr thrown_;
  std::vector<message> messages_;
};

void bind_requests(py::module_& m) {
  py::class_<batch_options>(m, "BatchOptions")
      .def(py::init([](unsigned threads, unsigned pool_size, bool stop_at_error, py::object progress) {
             return batch_options{threads, pool_size, stop_at_error, std::move(progress)};
           }),
           py::arg("threads"), py::arg("pool_size"), py::arg("stop_at_error"), py::arg("progress"));
  py::class_<frame_request>(m, "FrameRequest")
      .def(py::init(
               [](std::uint32_t reduce, std::uint32_t num_lower, bool decode_each_level, bool wants_range) {
                 return frame_request{reduce, {num_lower, decode_each_level, wants_range}};
               }),
           py::arg("reduce"), py::arg("num_lower"), py::arg("decode_each_level"), py::arg("wants_range"));
}

}  // namespace

void bind_batch(py::module_& m) {
  bind_requests(m);
  m.def("encode_batch", &encode_batch, py::arg("frames"), py::arg("options"), py::arg("how"));
  m.def("decode_batch", &decode_batch, py::arg("frames"), py::arg("reduce"), py::arg("clamp_to_container"),
        py::arg("max_pixels").none(true), py::arg("out").none(true), py::arg("how"));
  py::class_<decode_task>(m, "DecodeTask")
      .def(py::init<const py::object&, std::uint32_t, bool, const std::optional<std::uint64_t>&, unsigned>(),
           py::arg("data"), py::arg("reduce"), py::arg("clamp_to_container"),
           py::arg("max_pixels").none(true), py::arg("pool_size"))
      .def("result", &decode_task::result);
  m.def("blocks_by_helpers", &native::block_queue::num_helped);
  m.def("checksum_batch", &checksum_batch, py::arg("frames"), py::arg("requests"),
        py::arg("clamp_to_container"), py::arg("max_pixels").none(true), py::arg("how"));
}

}  // namespace htj2k::bindings
