#include "batch_run.hpp"

#include <chrono>

#include "bindings.hpp"
#include "core/worker_pool.hpp"

namespace py = pybind11;

namespace htj2k::bindings {
namespace {

// How long a KeyboardInterrupt waits to be seen, besides the frames that are being worked on.
constexpr std::chrono::milliseconds interval{20};

}  // namespace

void batch_run::fail(std::size_t index, std::exception_ptr error) {
  errors_[index] = std::move(error);
  if (!options_.stop_at_error) return;
  std::size_t stop = stop_;
  while (index < stop && !stop_.compare_exchange_weak(stop, index)) continue;
}

void batch_run::for_each(const std::function<void(std::size_t)>& run) {
  const without_gil release;
  if (options_.threads == 1 || errors_.size() == 1)
    run_here(run);
  else
    run_on_pool(run);
  check_in();
}

// Frames before one that has failed are still worked on: which is the first that fails is the same in every
// run.
void batch_run::run_item(const std::function<void(std::size_t)>& run, std::size_t index) {
  if (index <= stop_ && errors_[index] == nullptr) {
    try {
      run(index);
    } catch (...) {
      fail(index, std::current_exception());
    }
  }
  ++done_;
}

void batch_run::run_here(const std::function<void(std::size_t)>& run) {
  auto next_look = std::chrono::steady_clock::now() + interval;
  for (std::size_t i = 0; i < errors_.size(); ++i) {
    run_item(run, i);
    if (std::chrono::steady_clock::now() < next_look) continue;
    check_in();
    next_look = std::chrono::steady_clock::now() + interval;
  }
}

void batch_run::run_on_pool(const std::function<void(std::size_t)>& run) {
  worker_pool& pool = worker_pool::shared();
  const auto work = pool.submit(errors_.size(), options_.threads, options_.pool_size,
                                [&](std::size_t i) { run_item(run, i); });
  if (work == nullptr) return run_here(run);
  try {
    while (!pool.wait(work, interval)) check_in();
  } catch (...) {
    pool.cancel(work);
    while (!pool.wait(work, interval)) continue;
    throw;
  }
}

// Python's turn: signal handlers, and the caller's `progress`.
void batch_run::check_in() {
  const py::gil_scoped_acquire acquire;
  if (PyErr_CheckSignals() != 0) throw py::error_already_set();
  if (!options_.progress.is_none()) options_.progress(done_.load(), errors_.size());
}

py::list batch_run::errors() const {
  py::list result;
  for (std::size_t i = 0; i < errors_.size(); ++i) {
    if (errors_[i] == nullptr) continue;
    result.append(py::make_tuple(i, exception_of(errors_[i])));
    if (options_.stop_at_error) break;
  }
  return result;
}

py::object exception_of(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const error& e) {
    return make_exception(e);
  } catch (const py::error_already_set& e) {
    return e.value();
  } catch (const py::builtin_exception& e) {
    e.set_error();
    return py::error_already_set().value();
  } catch (const std::bad_alloc&) {
    return py::module_::import("builtins").attr("MemoryError")("out of memory");
  } catch (const std::exception& e) {
    return py::module_::import("builtins").attr("RuntimeError")(e.what());
  }
}

}  // namespace htj2k::bindings
