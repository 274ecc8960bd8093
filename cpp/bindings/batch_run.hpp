// A batch: many frames, each of which may fail by itself, on the process's worker threads.
#pragma once

#include <pybind11/pybind11.h>

#include <atomic>
#include <cstddef>
#include <exception>
#include <functional>
#include <vector>

namespace htj2k::bindings {

struct batch_options {
  unsigned threads = 1;    // 1: the calling thread does all
  unsigned pool_size = 1;  // threads of all batches of the process together
  bool stop_at_error = true;
  pybind11::object progress;  // None, or called with (frames done, frames) now and then
};

class batch_run {
public:
  batch_run(std::size_t count, const batch_options& options)
      : options_(options), errors_(count), stop_(count) {}

  // Left out of for_each, as are the frames after it when it ends the batch.
  void fail(std::size_t index, std::exception_ptr error);
  bool has_failed(std::size_t index) const { return errors_[index] != nullptr; }

  // Calls `run` for every frame, without the GIL. Throws, once no frame is being worked on any more, when a
  // signal handler (KeyboardInterrupt) or `progress` has raised.
  void for_each(const std::function<void(std::size_t)>& run);

  // Threads that may work on a frame: several when those after it leave threads without a frame. The pool
  // sees to it that nobody helps while a frame waits, and that not more than the batch's threads work in all.
  unsigned threads_for(std::size_t index) const {
    const std::size_t frames_after = errors_.size() - 1 - index;
    return frames_after < options_.threads ? options_.threads : 1;
  }

  // (index, exception) of each frame that failed, in order; only the first with stop_at_error.
  pybind11::list errors() const;

private:
  void run_item(const std::function<void(std::size_t)>& run, std::size_t index);
  void run_here(const std::function<void(std::size_t)>& run);
  void run_on_pool(const std::function<void(std::size_t)>& run);
  void check_in();

  const batch_options& options_;
  std::vector<std::exception_ptr> errors_;
  std::atomic<std::size_t> done_{0};
  std::atomic<std::size_t> stop_;  // no frame after this one is worth while
};

// The Python exception for what a frame threw. The GIL is held.
pybind11::object exception_of(const std::exception_ptr& thrown);

}  // namespace htj2k::bindings
