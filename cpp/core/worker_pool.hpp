// The threads that batches run on: one set of them in a process, whoever calls.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>

namespace htj2k {

class worker_pool {
public:
  struct job;
  using handle = std::shared_ptr<job>;

  // Never destroyed: its threads sleep until the process ends. A forked child gets one of its own.
  static worker_pool& shared();

  // Has items 0 to count - 1 run, which begin in this order, by up to `threads` threads at a time; all jobs
  // together are run by `pool_size` threads, unless another job asks for more. `run` must not throw. Null,
  // and nothing runs, when there is no thread and the system gives none.
  //
  // From inside an item of another job, what is submitted is a part of that job: both have its threads and
  // its pool together, and the parts get those for which no further item of the whole is left. An item must
  // not wait for its parts to begin.
  handle submit(std::size_t count, unsigned threads, unsigned pool_size,
                std::function<void(std::size_t)> run);
  // True when every item that has begun is done and no further one will begin.
  bool wait(const handle& work, std::chrono::milliseconds timeout);
  // No further item begins.
  void cancel(const handle& work);

private:
  worker_pool() = default;
  class beginning;
  bool add_workers(unsigned pool_size, std::size_t num_items);
  bool add_worker();
  void begin(unsigned number, beginning* start);
  void work(unsigned number);
  handle find_job(unsigned number) const;
  void change_active(job& work, int by);
  void finish_if_done(job& work);
  static void survive_forks();

  std::mutex mutex_;
  std::condition_variable work_arrived_;
  std::condition_variable job_finished_;
  std::deque<handle> jobs_;  // those of which items have yet to begin
  unsigned num_workers_ = 0;
};

}  // namespace htj2k
